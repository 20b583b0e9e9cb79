//! Who answers: the application's side of a turn.

use std::error::Error as StdError;
use std::future::ready;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use tokio_util::sync::CancellationToken;

use crate::protocol::{
    ClientToolCallItem, CustomAction, ErrorCode, FeedbackKind, StreamOptions, StructuredInputItem,
    ThreadItem, ThreadMetadata, ThreadStreamEvent, UserMessageItem, WidgetItem,
};
use crate::{Error, Stamps};

/// Answers the user, as a stream of events.
///
/// The server keeps finished items, hides hidden ones, turns a failure into an `error` event and
/// closes what is left open; a responder only yields. Yielding `thread.updated` with a changed
/// thread keeps the change. Dropping the stream stops the work.
pub trait Responder<C>: Send + Sync + 'static {
    /// Answers one turn. It is called when the user's item has been kept.
    fn respond(&self, turn: Turn<C>)
    -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>>;

    /// Answers something that was done to a widget. An application without such actions says so.
    fn act(
        &self,
        _action: ActionTurn<C>,
    ) -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>> {
        let unknown = RespondError::custom("This action is not available.", false);
        Box::pin(stream::once(ready(Err(unknown))))
    }

    /// Answers something that was done to a widget with the item as it is now, or nothing. The
    /// server does not keep the item: that is this function's part.
    fn act_sync(&self, _action: SyncAction<C>) -> BoxFuture<'_, Result<Option<ThreadItem>, Error>> {
        Box::pin(ready(Err(Error::not_configured())))
    }

    /// Takes note of a thumb up or down.
    fn feedback(&self, _feedback: Feedback<C>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(ready(Ok(())))
    }

    /// What the client is told of the stream before anything else.
    fn stream_options(&self, _thread: &ThreadMetadata, _context: &C) -> StreamOptions {
        StreamOptions::default()
    }
}

/// One turn: what a responder is given.
#[derive(Clone, Debug)]
pub struct Turn<C> {
    /// Its id, `trn_…`: one for all that is done in it, such as calls of tools.
    pub turn_id: String,
    /// The conversation as it was when the turn began.
    pub thread: ThreadMetadata,
    /// Whether it begins with this turn: nothing is kept of it but [`input`](Self::input).
    pub is_new: bool,
    /// The user's message that is to be answered, if the turn answers one.
    pub input: Option<UserMessageItem>,
    /// What the turn goes back to.
    pub cause: Cause,
    /// Who is calling.
    pub context: C,
    /// Cancelled when nobody wants the answer any more. The stream is dropped right after, so
    /// only work that outlives the stream needs to look at it.
    pub cancel: CancellationToken,
    /// Ids and times for what is answered.
    pub stamps: Stamps,
}

impl<C> Turn<C> {
    /// The words that are to be answered; none if the turn does not go back to a message.
    pub fn text(&self) -> String {
        self.input.as_ref().map(UserMessageItem::text).unwrap_or_default()
    }
}

/// What a turn goes back to. What the user sent has been kept already.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cause {
    /// The user sent a message: [`Turn::input`].
    #[default]
    Message,
    /// The browser ran a call; this is it, with its output.
    ClientToolOutput(ClientToolCallItem),
    /// The user answered questions; these are they, with the answers.
    StructuredInput(StructuredInputItem),
    /// [`Turn::input`] is to be answered again. What came after it is gone.
    Retry,
}

/// Something that was done to a widget, to be answered with a stream.
#[derive(Clone, Debug)]
pub struct ActionTurn<C> {
    /// As in [`Turn::turn_id`].
    pub turn_id: String,
    /// The conversation as it was when the turn began.
    pub thread: ThreadMetadata,
    /// What was done. Its payload comes from the client and is never to be trusted.
    pub action: CustomAction,
    /// The widget it was done to, if any.
    pub sender: Option<WidgetItem>,
    /// Who is calling.
    pub context: C,
    /// As in [`Turn::cancel`].
    pub cancel: CancellationToken,
    /// Ids and times for what is answered.
    pub stamps: Stamps,
}

/// Something that was done to a widget, to be answered at once.
#[derive(Clone, Debug)]
pub struct SyncAction<C> {
    /// The conversation.
    pub thread: ThreadMetadata,
    /// What was done. Its payload comes from the client and is never to be trusted.
    pub action: CustomAction,
    /// The widget it was done to, if any.
    pub sender: Option<WidgetItem>,
    /// Who is calling.
    pub context: C,
}

/// A thumb up or down.
#[derive(Clone, Debug)]
pub struct Feedback<C> {
    /// The conversation.
    pub thread: ThreadMetadata,
    /// The items it is about, as the client names them: stock clients send those of a whole turn.
    pub item_ids: Vec<String>,
    /// Up or down.
    pub kind: FeedbackKind,
    /// Who is calling.
    pub context: C,
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
