//! Who answers: the application's side of a turn.

use std::error::Error as StdError;

use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;

use crate::protocol::{
    ErrorCode, StreamOptions, ThreadMetadata, ThreadStreamEvent, UserMessageItem,
};

/// Answers the user, as a stream of events.
///
/// The server keeps finished items, hides hidden ones, turns a failure into an `error` event and
/// closes what is left open; a responder only yields. Yielding `thread.updated` with a changed
/// thread keeps the change. Dropping the stream stops the work.
pub trait Responder<C>: Send + Sync + 'static {
    /// Answers one turn. It is called when the user's item has been kept.
    fn respond(&self, turn: Turn<C>)
    -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>>;

    /// What the client is told of the stream before anything else.
    fn stream_options(&self, _thread: &ThreadMetadata, _context: &C) -> StreamOptions {
        StreamOptions::default()
    }
}

/// One turn: what a responder is given.
#[derive(Clone, Debug)]
pub struct Turn<C> {
    /// The conversation as it was when the turn began.
    pub thread: ThreadMetadata,
    /// The user's message that is to be answered, if the turn answers one.
    pub input: Option<UserMessageItem>,
    /// Who is calling.
    pub context: C,
    /// Cancelled when nobody wants the answer any more. The stream is dropped right after, so
    /// only work that outlives the stream needs to look at it.
    pub cancel: CancellationToken,
}

/// Why a responder gave up; becomes an `error` event.
#[derive(Debug, thiserror::Error)]
#[error("{}", message.as_deref().unwrap_or("the responder failed"))]
pub struct RespondError {
    /// Whose words the client shows.
    pub code: ErrorCode,
    /// The words, for [`ErrorCode::Custom`].
    pub message: Option<String>,
    /// Whether the client offers to try again.
    pub allow_retry: bool,
    /// What caused it; for the log only.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl RespondError {
    /// An error that the client puts into its own words and offers to retry.
    pub fn failed(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::StreamError,
            message: None,
            allow_retry: true,
            source: Some(source.into()),
        }
    }

    /// An error in the application's words.
    pub fn custom(message: impl Into<String>, allow_retry: bool) -> Self {
        Self { code: ErrorCode::Custom, message: Some(message.into()), allow_retry, source: None }
    }
}
