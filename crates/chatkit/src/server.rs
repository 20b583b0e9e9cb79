//! The endpoint: a request and a caller in, one JSON value or a stream of events out.
//!
//! ```text
//! streaming.rs ─▶ message.rs, client_tool_output.rs, structured_input.rs, retry.rs, action.rs
//!                    what can be refused is; one commit; then turn::start
//! plain.rs     ─▶ threads and items here; action.rs, feedback.rs, attachments.rs, transcribe.rs
//! ```

mod action;
mod attachments;
mod client_tool_output;
mod feedback;
mod input;
mod message;
mod plain;
mod retry;
mod streaming;
mod structured_input;
#[cfg(test)]
mod tests;
mod transcribe;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::protocol::{Operation, Request};
use crate::{
    AttachmentStore, Error, EventStream, OnDisconnect, Responder, Store, Transcriber, body,
};

/// The endpoint. Cheap to clone.
pub struct Server<S: Store, R> {
    inner: Arc<Inner<S, R>>,
    attachments: Option<Arc<dyn AttachmentStore<S::Context>>>,
    transcriber: Option<Arc<dyn Transcriber<S::Context>>>,
}

pub(crate) struct Inner<S, R> {
    pub(crate) store: S,
    pub(crate) responder: R,
    pub(crate) options: Options,
}

/// How the endpoint behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a client may ask at most.
    pub limits: Limits,
    /// What happens to a turn whose reader went away.
    pub on_disconnect: OnDisconnect,
    /// How often an idle stream says that it lives; `None` for never.
    pub keepalive: Option<Duration>,
    /// How long a reader may take nothing while a turn waits for it before it counts as gone.
    pub reader_patience: Duration,
    /// Every turn is a task of this tracker, so that a server can wait for them to end.
    pub tracker: TaskTracker,
    /// Ends every turn at once, with what there is of its answer kept and an `error` event.
    pub hard_stop: CancellationToken,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            on_disconnect: OnDisconnect::Grace(Duration::from_secs(5)),
            keepalive: Some(Duration::from_secs(15)),
            reader_patience: Duration::from_secs(30),
            tracker: TaskTracker::new(),
            hard_stop: CancellationToken::new(),
        }
    }
}

/// What a client may ask at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request; a recording is in one.
    pub max_request_bytes: usize,
    /// Characters of a message, or of all answers to a set of questions.
    pub max_message_chars: usize,
    /// Files of a message.
    pub max_attachments: usize,
    /// Characters of a conversation's title.
    pub max_title_chars: usize,
    /// Items on the first page, which comes with the conversation.
    pub first_page: u32,
    /// Entries on any page.
    pub max_page: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_bytes: 16 * 1024 * 1024,
            max_message_chars: 32_000,
            max_attachments: 100,
            max_title_chars: 1_000,
            first_page: 20,
            max_page: 10_000,
        }
    }
}

/// What is answered.
pub enum Response {
    /// `application/json`: one value.
    Json(Bytes),
    /// `text/event-stream`: a turn that is running.
    Stream(EventStream),
}

impl<S: Store, R: Responder<S::Context>> Server<S, R> {
    /// An endpoint over a store and a responder.
    pub fn new(store: S, responder: R, options: Options) -> Self {
        let inner = Arc::new(Inner { store, responder, options });
        Self { inner, attachments: None, transcriber: None }
    }

    /// The same, for files too. Without this, `attachments.*` answer 501.
    #[must_use]
    pub fn with_attachments(mut self, attachments: impl AttachmentStore<S::Context>) -> Self {
        self.attachments = Some(Arc::new(attachments));
        self
    }

    /// The same, for speech too. Without this, `input.transcribe` answers 501.
    #[must_use]
    pub fn with_transcriber(mut self, transcriber: impl Transcriber<S::Context>) -> Self {
        self.transcriber = Some(Arc::new(transcriber));
        self
    }

    /// The store it was made with.
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// The responder it was made with.
    pub fn responder(&self) -> &R {
        &self.inner.responder
    }

    /// The options it was made with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Reads a request. Whatever the bytes are, the answer is a request or an error with status 400,
    /// or 413 when there are too many of them.
    pub fn parse(&self, body: &[u8]) -> Result<Request, Error> {
        if body.len() > self.options().limits.max_request_bytes {
            return Err(Error::new(413, "too_large", "the request is too large"));
        }
        body::parse(body)
    }

    /// Reads a request and does what is asked: all that an endpoint of any HTTP framework has to call.
    pub async fn process_bytes(
        &self,
        body: &[u8],
        context: S::Context,
    ) -> Result<Response, Error> {
        self.process(self.parse(body)?, context).await
    }

    /// Does what is asked. When it answers with a stream, the user's message has been kept.
    ///
    /// Has to be called within a tokio runtime, on which the turn then runs.
    pub async fn process(&self, request: Request, context: S::Context) -> Result<Response, Error> {
        match request.operation {
            Operation::Streaming(operation) => {
                streaming::process(self, operation, context).await.map(Response::Stream)
            }
            Operation::Plain(operation) => {
                plain::process(self, operation, context).await.map(Response::Json)
            }
        }
    }
}

impl<S: Store, R> Clone for Server<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            attachments: self.attachments.clone(),
            transcriber: self.transcriber.clone(),
        }
    }
}

fn json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("the wire types have text keys only").into()
}
