//! The life of a turn: the one place where a responder's events are kept, hidden or passed on.
//!
//! ```text
//! Responder ── events ──▶ handle ── Store           done, replaced, removed, changed thread
//!                           │  └──── pending.rs     added and updated: what is not done yet
//!                           ▼
//!                        Outlet ──▶ reader          everything but hidden items
//!
//! the end, whichever it is: pending text and workflows are closed and kept
//! ```
//!
//! A turn runs in a task of its own and outlives its reader as [`OnDisconnect`] allows.

mod pending;

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;

use self::pending::Pending;
use crate::protocol::{
    ErrorCode, ErrorEvent, SdkHiddenContextItem, Thread, ThreadItem, ThreadMetadata,
    ThreadStreamEvent as Event, UserMessageItem,
};
use crate::server::Inner;
use crate::store::chain;
use crate::stream::{self, Outlet};
use crate::{EventStream, IdKind, OnDisconnect, RespondError, Responder, Store, StoreError, Turn};

/// What the model is told after the user stopped an answer; the reference server's words.
const CANCELLED: &str = "The user cancelled the stream. Stop responding to the prior request.";

/// Events taken from a responder that always has one ready before anything else is looked at.
const IN_A_ROW: u32 = 64;

/// How long a server that stops waits for a reader to take the last events.
const LAST_WORD: Duration = Duration::from_secs(1);

type Events = BoxStream<'static, Result<Event, RespondError>>;

/// What a turn starts from; all of it is kept already.
pub(crate) struct Opening<C> {
    /// The conversation.
    pub(crate) thread: ThreadMetadata,
    /// The message to answer, if any.
    pub(crate) input: Option<UserMessageItem>,
    /// Who is calling.
    pub(crate) context: C,
    /// What the client is told first.
    pub(crate) events: Vec<Event>,
}

/// Starts a turn. Its first events can be read at once, before the responder has been asked.
pub(crate) fn start<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    opening: Opening<S::Context>,
) -> EventStream {
    let Opening { thread, input, context, events } = opening;
    let options = &server.options;
    let (mut outlet, stream) = stream::channel(options.reader_patience, options.keepalive);
    let stream_options = server.responder.stream_options(&thread, &context);
    for event in events.into_iter().chain([Event::StreamOptions { stream_options }]) {
        outlet.push(event);
    }
    outlet.try_flush();
    let turn = Turn {
        thread: thread.clone(),
        input,
        context: context.clone(),
        cancel: options.hard_stop.child_token(),
    };
    let running = Running {
        server: Arc::clone(server),
        context,
        thread,
        pending: Pending::default(),
        hidden: Vec::new(),
        outlet,
    };
    options.tracker.spawn(running.run(turn));
    stream
}

/// A turn that is running.
struct Running<S: Store, R> {
    server: Arc<Inner<S, R>>,
    context: S::Context,
    /// As the store has it.
    thread: ThreadMetadata,
    pending: Pending,
    /// Items of this turn that the client must not hear of.
    hidden: Vec<String>,
    outlet: Outlet,
}

/// How a responder's part came to its end.
enum Ending {
    /// It said all.
    Finished,
    /// It, or the store, gave up.
    Failed(ErrorEvent),
    /// Nobody wants the answer any more.
    Cancelled,
    /// The server stops.
    Stopped,
}

/// What there is to do next.
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation per event")]
enum Step {
    Event(Option<Result<Event, RespondError>>),
    MakeRoom,
    End(Ending),
}

impl<S: Store, R: Responder<S::Context>> Running<S, R> {
    async fn run(mut self, turn: Turn<S::Context>) {
        let cancel = turn.cancel.clone();
        let ending = match self.events(turn) {
            Ok(events) => self.follow(events).await,
            Err(panic) => Ending::Failed(panicked(&*panic)),
        };
        cancel.cancel();
        self.close(ending).await;
        self.outlet.finish().await;
    }

    fn events(&self, turn: Turn<S::Context>) -> Result<Events, Box<dyn Any + Send>> {
        catch_unwind(AssertUnwindSafe(|| self.server.responder.respond(turn)))
    }

    /// Takes the responder's events until there are no more or none are wanted. The stream is
    /// dropped on the way out, which stops whatever stands behind it.
    async fn follow(&mut self, events: Events) -> Ending {
        let mut events = AssertUnwindSafe(events).catch_unwind();
        let mut interrupted = self.interruption();
        let mut in_a_row = 0;
        loop {
            let outlet = &mut self.outlet;
            let step = poll_fn(|context| {
                if in_a_row == IN_A_ROW {
                    in_a_row = 0;
                    if let Poll::Ready(ending) = interrupted.poll_unpin(context) {
                        return Poll::Ready(Step::End(ending));
                    }
                }
                if outlet.is_full() && !outlet.try_flush() {
                    return Poll::Ready(Step::MakeRoom);
                }
                if let Poll::Ready(event) = events.poll_next_unpin(context) {
                    in_a_row += 1;
                    let event = event.map(|event| {
                        event.unwrap_or_else(|panic| Err(RespondError::from_panic(&*panic)))
                    });
                    return Poll::Ready(Step::Event(event));
                }
                in_a_row = 0;
                if !outlet.try_flush() {
                    return Poll::Ready(Step::MakeRoom);
                }
                interrupted.poll_unpin(context).map(Step::End)
            });
            let ending = match step.await {
                Step::Event(Some(Ok(event))) => match self.handle(event).await {
                    Ok(()) => continue,
                    Err(error) => Ending::Failed(lost(&error)),
                },
                Step::Event(Some(Err(error))) => Ending::Failed(failed(error)),
                Step::Event(None) => Ending::Finished,
                Step::MakeRoom => tokio::select! {
                    biased;
                    () = self.outlet.flush() => continue,
                    ending = &mut interrupted => ending,
                },
                Step::End(ending) => ending,
            };
            return ending;
        }
    }

    /// Resolves when the turn is not to go on: the server stops, or the reader went away and the
    /// policy says so.
    fn interruption(&self) -> Pin<Box<dyn Future<Output = Ending> + Send>> {
        let hard_stop = self.server.options.hard_stop.clone();
        let policy = self.server.options.on_disconnect;
        let reader_gone = self.outlet.reader_gone();
        Box::pin(async move {
            tokio::select! {
                biased;
                () = hard_stop.cancelled_owned() => Ending::Stopped,
                () = abandoned(reader_gone, policy) => Ending::Cancelled,
            }
        })
    }

    /// One event of the responder: kept before it is passed on, and passed on only if the client
    /// may see it.
    async fn handle(&mut self, event: Event) -> Result<(), StoreError> {
        let visible = match &event {
            Event::ThreadItemUpdated { item_id, update } => {
                self.pending.apply(item_id, update);
                !self.is_hidden(item_id)
            }
            Event::ThreadItemAdded { item } => {
                self.pending.add(item);
                self.note(item)
            }
            Event::ThreadItemDone { item } => {
                self.outlet.try_flush();
                self.store().add_item(&self.context, &self.thread.id, item).await?;
                self.pending.remove(item.id());
                self.note(item)
            }
            Event::ThreadItemReplaced { item } => {
                self.outlet.try_flush();
                self.store().save_item(&self.context, &self.thread.id, item).await?;
                self.pending.remove(item.id());
                self.note(item)
            }
            Event::ThreadItemRemoved { item_id } => {
                self.outlet.try_flush();
                self.store().delete_item(&self.context, &self.thread.id, item_id).await?;
                self.pending.remove(item_id);
                !self.is_hidden(item_id)
            }
            Event::ThreadUpdated { thread } => {
                self.outlet.try_flush();
                return self.thread_changed(thread.thread.clone()).await;
            }
            _ => true,
        };
        if visible {
            self.outlet.push(event);
        }
        Ok(())
    }

    async fn thread_changed(&mut self, thread: ThreadMetadata) -> Result<(), StoreError> {
        if thread != self.thread {
            self.store().save_thread(&self.context, &thread).await?;
            self.thread = thread.clone();
        }
        self.outlet.push(Event::ThreadUpdated { thread: Thread::from(thread) });
        Ok(())
    }

    /// Remembers an item that must not be seen; says whether it may be.
    fn note(&mut self, item: &ThreadItem) -> bool {
        if item.is_hidden() && !self.is_hidden(item.id()) {
            self.hidden.push(item.id().to_owned());
        }
        !item.is_hidden()
    }

    fn is_hidden(&self, item_id: &str) -> bool {
        !self.hidden.is_empty() && self.hidden.iter().any(|hidden| hidden == item_id)
    }

    fn store(&self) -> &S {
        &self.server.store
    }

    /// Keeps what is left open, and says how the turn ended.
    async fn close(&mut self, ending: Ending) {
        self.outlet.try_flush();
        self.close_pending().await;
        match ending {
            Ending::Finished => {}
            Ending::Failed(error) => self.outlet.push(Event::Error(error)),
            Ending::Stopped => {
                self.outlet.limit_patience(LAST_WORD);
                self.outlet.push(Event::Error(retryable()));
            }
            Ending::Cancelled => self.keep_cancelled().await,
        }
    }

    /// Text and workflows that have something to show are closed and kept; anything else that was
    /// begun is taken back. Either way the client is told, so that it shows what a reload would.
    async fn close_pending(&mut self) {
        let now = self.store().now();
        for item in self.pending.take() {
            let item_id = item.id().to_owned();
            let event = match pending::closed(item, now) {
                Some(item) => Event::done(item),
                None => Event::ThreadItemRemoved { item_id },
            };
            if let Event::ThreadItemDone { item } = &event {
                let kept = self.store().add_item(&self.context, &self.thread.id, item).await;
                if let Err(error) = kept {
                    log_unkept(&error);
                    continue;
                }
            }
            self.outlet.push(event);
        }
    }

    /// Lets the model know, the next time it reads the conversation.
    async fn keep_cancelled(&mut self) {
        let item = ThreadItem::SdkHiddenContext(SdkHiddenContextItem {
            id: self.store().new_id(IdKind::SdkHiddenContext),
            thread_id: self.thread.id.clone(),
            created_at: self.store().now(),
            content: CANCELLED.to_owned(),
        });
        let kept = self.store().add_item(&self.context, &self.thread.id, &item).await;
        if let Err(error) = kept {
            log_unkept(&error);
        }
    }
}

/// Resolves when a turn whose reader went away is to end.
async fn abandoned(reader_gone: CancellationToken, policy: OnDisconnect) {
    reader_gone.cancelled_owned().await;
    match policy {
        OnDisconnect::Cancel => {}
        OnDisconnect::Grace(time) => tokio::time::sleep(time).await,
        OnDisconnect::Continue => std::future::pending().await,
    }
}

/// What the client is told when a responder gave up. The cause goes to the log.
fn failed(error: RespondError) -> ErrorEvent {
    if let Some(source) = &error.source {
        tracing::warn!(error = %chain(&**source), "The responder failed");
    }
    ErrorEvent { code: error.code, message: error.message, allow_retry: error.allow_retry }
}

fn panicked(panic: &(dyn Any + Send)) -> ErrorEvent {
    failed(RespondError::from_panic(panic))
}

/// What the client is told when the store gave up in the middle of a turn.
fn lost(error: &StoreError) -> ErrorEvent {
    if matches!(error, StoreError::NotFound) {
        return ErrorEvent {
            code: ErrorCode::Custom,
            message: Some("This conversation no longer exists.".to_owned()),
            allow_retry: false,
        };
    }
    tracing::error!(error = %chain(error), "The store failed during a turn");
    retryable()
}

/// A failure in the client's own words, with a way to try again.
fn retryable() -> ErrorEvent {
    ErrorEvent { code: ErrorCode::StreamError, message: None, allow_retry: true }
}

fn log_unkept(error: &StoreError) {
    // A conversation that was deleted while it was being answered has nowhere to keep it.
    if !matches!(error, StoreError::NotFound) {
        tracing::error!(error = %chain(error), "An item of a turn that ended could not be kept");
    }
}

impl RespondError {
    fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let words = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self::failed(format!("the responder panicked: {words}"))
    }
}
