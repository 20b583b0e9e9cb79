//! The endpoint: a request and a caller in, one JSON value or a stream of events out.
//!
//! ```text
//! streaming.rs ─▶ message.rs, client_tool_output.rs, structured_input.rs, retry.rs, action.rs
//!                    what can be refused is; one commit; then turn::start
//!                    begin.rs waits while another turn runs
//!                    unbroken.rs: a client that hangs up meanwhile
//! plain.rs     ─▶ threads and items here; action.rs, feedback.rs, attachments.rs, transcribe.rs
//! ```

mod action;
mod attachments;
mod begin;
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
mod unbroken;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::begin::WhenBusy;
use self::unbroken::{Hold, Unbroken};
use crate::protocol::{Operation, Request};
use crate::turn::{self, Live};
use crate::{
    AttachmentStore, Error, EventStream, IdempotencyKey, OnDisconnect, Responder, Store,
    Transcriber, body,
};

/// The endpoint. Cheap to clone.
pub struct Server<S: Store, R> {
    inner: Arc<Inner<S, R>>,
    attachments: Option<Arc<dyn AttachmentStore<S::Context>>>,
    transcriber: Option<Arc<dyn Transcriber<S::Context>>>,
    /// What the client calls the request that is being answered.
    key: Option<Arc<IdempotencyKey>>,
    /// Whether that request may be broken off.
    hold: Hold,
}

pub(crate) struct Inner<S, R> {
    pub(crate) store: S,
    pub(crate) responder: R,
    pub(crate) options: Options,
    pub(crate) live: Arc<Live>,
}

/// How the endpoint behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a client may ask at most.
    pub limits: Limits,
    /// What happens to a turn whose reader went away.
    pub on_disconnect: OnDisconnect,
    /// What happens to a message while the last one is being answered.
    pub when_busy: WhenBusy,
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
            when_busy: WhenBusy::Queue(Duration::from_mins(1)),
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
#[derive(Debug)]
pub enum Response {
    /// `application/json`: one value.
    Json(Bytes),
    /// `text/event-stream`: a turn that is running.
    Stream(EventStream),
}

impl<S: Store, R: Responder<S::Context>> Server<S, R> {
    /// An endpoint over a store and a responder.
    pub fn new(store: S, responder: R, options: Options) -> Self {
        let inner = Arc::new(Inner { store, responder, options, live: Arc::default() });
        Self { inner, attachments: None, transcriber: None, key: None, hold: Hold::default() }
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
    /// When it answers with a stream, the user's message has been kept. Dropped before that, it keeps
    /// nothing, unless the store is about to begin the turn: then that takes place, without a reader.
    ///
    /// Has to be called within a tokio runtime, on which the turn then runs.
    pub async fn process(&self, body: &[u8], context: S::Context) -> Result<Response, Error> {
        self.process_request(self.parse(body)?, context).await
    }

    /// The same for a client that names its request, as far as it begins a turn: for a day, the
    /// same request is answered with that turn and begins no other.
    pub async fn process_once(
        &self,
        body: &[u8],
        context: S::Context,
        key: Option<IdempotencyKey>,
    ) -> Result<Response, Error> {
        self.process_request_once(self.parse(body)?, context, key).await
    }

    /// [`Server::process`] for a request that has been read.
    pub async fn process_request(
        &self,
        request: Request,
        context: S::Context,
    ) -> Result<Response, Error> {
        match request.operation {
            Operation::Streaming(operation) => {
                let server = Self { hold: Hold::default(), ..self.clone() };
                let hold = server.hold.clone();
                let work = async move { streaming::process(&server, operation, context).await };
                let tracker = self.options().tracker.clone();
                Unbroken::new(work, hold, tracker).await.map(Response::Stream)
            }
            Operation::Plain(operation) => {
                plain::process(self, operation, context).await.map(Response::Json)
            }
        }
    }

    /// [`Server::process_once`] for a request that has been read.
    pub async fn process_request_once(
        &self,
        request: Request,
        context: S::Context,
        key: Option<IdempotencyKey>,
    ) -> Result<Response, Error> {
        let (Operation::Streaming(_), Some(key)) = (&request.operation, key) else {
            return self.process_request(request, context).await;
        };
        if let Some(turn_id) = self.store().turn_of_key(&context, &key).await? {
            return self.repeat(context, &turn_id).await;
        }
        let keyed = Self { key: Some(Arc::new(key)), ..self.clone() };
        let answer = keyed.process_request(request, context.clone()).await;
        match answer.as_ref().err().and_then(Error::repeats) {
            // Somebody was faster by a moment.
            Some(turn_id) => self.repeat(context, turn_id).await,
            None => answer,
        }
    }

    async fn repeat(&self, context: S::Context, turn_id: &str) -> Result<Response, Error> {
        Box::pin(turn::repeat(&self.inner, context, turn_id)).await.map(Response::Stream)
    }

    /// The events of a turn for a client that comes back; `after` is the number of the last one it
    /// has seen (`Last-Event-ID`).
    ///
    /// On the server that runs the turn they are the very events, from there on, if they are not too
    /// many; otherwise, and anywhere else, what there is of its items, and then what changes. They
    /// are as a client sees them: without a thread's metadata.
    pub async fn turn_events(
        &self,
        context: S::Context,
        turn_id: &str,
        after: Option<u64>,
    ) -> Result<EventStream, Error> {
        nameable(turn_id)?;
        turn::rejoin(&self.inner, context, turn_id, after).await
    }

    /// The turn that runs in a conversation.
    pub async fn running_turn(
        &self,
        context: &S::Context,
        thread_id: &str,
    ) -> Result<String, Error> {
        nameable(thread_id)?;
        let running = self.store().running_turn(context, thread_id).await?;
        running.ok_or_else(Error::not_found)
    }

    /// Begins to renew the leases of this server's turns and to end the turns of servers that died,
    /// for as long as it lives. The first turn does it too; a server that has none yet may still be
    /// wanted for those of others.
    ///
    /// Has to be called within a tokio runtime.
    pub fn look_after_turns(&self) {
        turn::look_after(&self.inner);
    }
}

/// Nothing is called by a name that databases cannot keep, so nobody is asked for it.
fn nameable(id: &str) -> Result<(), Error> {
    if id.contains('\0') { Err(Error::not_found()) } else { Ok(()) }
}

impl<S: Store, R> Clone for Server<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            attachments: self.attachments.clone(),
            transcriber: self.transcriber.clone(),
            key: self.key.clone(),
            hold: self.hold.clone(),
        }
    }
}

impl<S: Store, R> fmt::Debug for Server<S, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").finish_non_exhaustive()
    }
}

fn json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("the wire types have text keys only").into()
}
