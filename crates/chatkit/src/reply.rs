//! Writing an answer from top to bottom, as an async function.
//!
//! ```text
//! async fn(Turn, Reply) ── Reply::message, workflow, widget, … ──▶ queue.rs ──▶ stream of events
//!        ▲                                                     bounded             │
//!        └──────────────── polled when the stream is read, in its task ────────────┘
//!
//! message.rs   text, with citations          workflow.rs  badges, and thoughts
//! widget.rs    a widget that changes         picture.rs   a picture while it is made
//! whole.rs     items that come all at once   beside.rs    progress, notices, effects, the thread
//! function.rs  functions as a Responder
//! ```
//!
//! Whoever writes waits while the reader is behind, and nothing runs that nobody reads.

mod beside;
mod function;
mod message;
mod picture;
mod queue;
#[cfg(test)]
mod tests;
mod whole;
mod widget;
mod workflow;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

pub use function::{FnResponder, responder};
pub use message::MessageWriter;
pub use picture::PictureWriter;
pub use widget::WidgetWriter;
pub use workflow::{TaskWriter, WorkflowWriter};

use self::queue::Queue;
use crate::protocol::{ThreadMetadata, ThreadStreamEvent};
use crate::{ActionTurn, IdKind, RespondError, Stamps, Turn};

/// Where an answer is written to. Cheap to clone; clones write to the same answer, also from other
/// tasks.
///
/// Each function returns when there was room for what it writes. When the answer has ended, what is
/// written goes nowhere. What is begun and not `done` when the answer ends is closed by the server
/// as it stands: text and badges are kept, anything else is taken back.
#[derive(Clone, Debug)]
pub struct Reply(Arc<Answer>);

#[derive(Debug)]
struct Answer {
    queue: Arc<Queue>,
    stamps: Stamps,
    thread_id: String,
    thread: Mutex<ThreadMetadata>,
}

/// The answer that an async function writes, as a [`Responder`](crate::Responder) returns it from
/// `respond`.
///
/// ```
/// # use chatkit_server::{Responder, RespondError, Turn, protocol::ThreadStreamEvent, reply_to};
/// # use futures_util::stream::BoxStream;
/// struct Greeter(String);
///
/// impl<C: Send + 'static> Responder<C> for Greeter {
///     fn respond(
///         &self,
///         turn: Turn<C>,
///     ) -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>> {
///         let greeting = self.0.clone();
///         reply_to(turn, async move |_, reply| {
///             reply.say(greeting).await;
///             Ok(())
///         })
///     }
/// }
/// ```
pub fn reply_to<C, F, W>(
    turn: Turn<C>,
    work: F,
) -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>>
where
    F: FnOnce(Turn<C>, Reply) -> W,
    W: Future<Output = Result<(), RespondError>> + Send + 'static,
{
    let (reply, queue) = Reply::new(turn.thread.clone(), turn.stamps.clone());
    queue.stream(work(turn, reply)).boxed()
}

/// The answer that an async function writes, as a [`Responder`](crate::Responder) returns it from
/// `act`.
pub fn reply_to_action<C, F, W>(
    action: ActionTurn<C>,
    work: F,
) -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>>
where
    F: FnOnce(ActionTurn<C>, Reply) -> W,
    W: Future<Output = Result<(), RespondError>> + Send + 'static,
{
    let (reply, queue) = Reply::new(action.thread.clone(), action.stamps.clone());
    queue.stream(work(action, reply)).boxed()
}

impl Reply {
    fn new(thread: ThreadMetadata, stamps: Stamps) -> (Self, Arc<Queue>) {
        let queue = Arc::new(Queue::default());
        let thread_id = thread.id.clone();
        let thread = Mutex::new(thread);
        let answer = Answer { queue: Arc::clone(&queue), stamps, thread_id, thread };
        (Self(Arc::new(answer)), queue)
    }

    /// Writes any event. The other functions are made of this one.
    pub async fn send(&self, event: ThreadStreamEvent) {
        self.write(|| event).await;
    }

    /// Writes an event that is made once there is room for it, so that whoever changes something
    /// first is heard first.
    async fn write(&self, event: impl FnOnce() -> ThreadStreamEvent) {
        self.0.queue.push(|| Some(event())).await;
    }

    /// The same, for what may turn out to be nothing.
    async fn write_some(&self, event: impl FnOnce() -> Option<ThreadStreamEvent>) {
        self.0.queue.push(event).await;
    }

    /// The conversation's id.
    pub fn thread_id(&self) -> &str {
        &self.0.thread_id
    }

    /// The conversation, with what this answer has changed in it.
    pub fn thread(&self) -> ThreadMetadata {
        self.lock_thread().clone()
    }

    /// A new id.
    pub fn new_id(&self, kind: IdKind) -> String {
        self.0.stamps.new_id(kind)
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.stamps.now()
    }

    fn lock_thread(&self) -> MutexGuard<'_, ThreadMetadata> {
        self.0.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
