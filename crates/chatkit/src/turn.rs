//! The life of a turn: the one place where a responder's events are kept, hidden or passed on.
//!
//! ```text
//! Responder ── events ──▶ keep.rs ── Store        done, replaced, removed, changed thread
//!                            │  └──── pending.rs  added and updated: what is not done yet
//!                            ▼
//!                         Outlet ──▶ reader       everything but hidden items
//!
//! end.rs  whichever way it ends: pending text and workflows are closed and kept
//! ```
//!
//! A turn runs in a task of its own and outlives its reader as [`OnDisconnect`] allows.

mod end;
mod keep;
mod pending;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::stream::{BoxStream, CatchUnwind};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::end::Ending;
use self::pending::Pending;
use crate::protocol::{
    CustomAction, ThreadMetadata, ThreadStreamEvent as Event, UserMessageItem, WidgetItem,
};
use crate::server::Inner;
use crate::stream::{self, Outlet};
use crate::{
    ActionTurn, Cause, EventStream, OnDisconnect, RespondError, Responder, Stamps, Store, Turn,
};

/// Events taken from a responder that always has one ready before anything else is looked at.
const IN_A_ROW: u32 = 64;

/// A responder's events; a panic is one of them.
type Events = CatchUnwind<AssertUnwindSafe<BoxStream<'static, Result<Event, RespondError>>>>;

/// What a turn starts from; all of it is kept already.
pub(crate) struct Opening<C> {
    /// The conversation.
    pub(crate) thread: ThreadMetadata,
    /// What the responder is asked for.
    pub(crate) asked: Asked,
    /// Who is calling.
    pub(crate) context: C,
    /// What the client is told first.
    pub(crate) before: Vec<Event>,
    /// What it is told once it knows the stream's options.
    pub(crate) after: Vec<Event>,
}

impl<C> Opening<C> {
    /// A turn of which the client is told nothing but the stream's options at first.
    pub(crate) fn new(thread: ThreadMetadata, asked: Asked, context: C) -> Self {
        Self { thread, asked, context, before: Vec::new(), after: Vec::new() }
    }
}

/// What a responder is asked for.
pub(crate) enum Asked {
    /// An answer, perhaps to a message.
    Answer { input: Option<UserMessageItem>, cause: Cause },
    /// What comes of an action.
    Action { action: CustomAction, sender: Option<WidgetItem> },
}

/// The stream of a turn that does not take place, with the reason and nothing else.
pub(crate) async fn refused<S: Store, R>(server: &Inner<S, R>, reason: Event) -> EventStream {
    let options = &server.options;
    let (mut outlet, stream) = stream::channel(options.reader_patience, options.keepalive);
    outlet.push(reason);
    outlet.finish().await;
    stream
}

/// Starts a turn. Its first events can be read at once, before the responder has been asked.
pub(crate) fn start<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    opening: Opening<S::Context>,
) -> EventStream {
    let Opening { thread, asked, context, before, after } = opening;
    let options = &server.options;
    let (mut outlet, stream) = stream::channel(options.reader_patience, options.keepalive);
    let stream_options = server.responder.stream_options(&thread, &context);
    let told = before.into_iter().chain([Event::StreamOptions { stream_options }]).chain(after);
    told.for_each(|event| outlet.push(event));
    outlet.try_flush();
    let cancel = options.hard_stop.child_token();
    let stamps = Stamps::of_server(server);
    let work = Work::new(asked, thread.clone(), context.clone(), cancel.clone(), stamps);
    let running = Running {
        server: Arc::clone(server),
        context,
        thread,
        pending: Pending::default(),
        hidden: Vec::new(),
        outlet,
    };
    options.tracker.spawn(running.run(work, cancel).in_current_span());
    stream
}

/// What a responder is given.
enum Work<C> {
    Answer(Turn<C>),
    Action(ActionTurn<C>),
}

impl<C> Work<C> {
    fn new(
        asked: Asked,
        thread: ThreadMetadata,
        context: C,
        cancel: CancellationToken,
        stamps: Stamps,
    ) -> Self {
        match asked {
            Asked::Answer { input, cause } => {
                Self::Answer(Turn { thread, input, cause, context, cancel, stamps })
            }
            Asked::Action { action, sender } => {
                Self::Action(ActionTurn { thread, action, sender, context, cancel, stamps })
            }
        }
    }
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

/// What there is to do next.
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation per event")]
enum Step {
    Event(Option<Result<Event, RespondError>>),
    MakeRoom,
    End(Ending),
}

impl<S: Store, R: Responder<S::Context>> Running<S, R> {
    async fn run(mut self, work: Work<S::Context>, cancel: CancellationToken) {
        let ending = match self.events(work) {
            Ok(mut events) => {
                let ending = self.follow(&mut events).await;
                if !matches!(ending, Ending::Finished) {
                    cancel.cancel();
                }
                // Stops whatever stands behind it, before the rest is put in order.
                drop(events);
                ending
            }
            Err(panic) => Ending::panicked(&*panic),
        };
        self.close(ending).await;
        self.outlet.finish().await;
    }

    fn events(&self, work: Work<S::Context>) -> Result<Events, Box<dyn Any + Send>> {
        let responder = &self.server.responder;
        let respond = || match work {
            Work::Answer(turn) => responder.respond(turn),
            Work::Action(action) => responder.act(action),
        };
        let events = catch_unwind(AssertUnwindSafe(respond))?;
        Ok(AssertUnwindSafe(events).catch_unwind())
    }

    /// Takes the responder's events until there are no more or none are wanted.
    async fn follow(&mut self, events: &mut Events) -> Ending {
        let mut interrupted = self.interruption();
        let mut in_a_row = 0;
        loop {
            match self.next(events, &mut interrupted, &mut in_a_row).await {
                Step::Event(Some(Ok(event))) => {
                    if let Err(error) = self.handle(event).await {
                        return Ending::lost(&error);
                    }
                }
                Step::Event(Some(Err(error))) => return Ending::failed(error),
                Step::Event(None) => return Ending::Finished,
                Step::MakeRoom => tokio::select! {
                    biased;
                    () = self.outlet.flush() => {}
                    ending = &mut interrupted => return ending,
                },
                Step::End(ending) => return ending,
            }
        }
    }

    /// The responder's next event. What it had ready at once leaves in one batch, when it has no
    /// more; only then, or after many in a row, is the interruption looked at, which costs a lock.
    fn next(
        &mut self,
        events: &mut Events,
        interrupted: &mut Interruption,
        in_a_row: &mut u32,
    ) -> impl Future<Output = Step> {
        poll_fn(move |context| {
            if *in_a_row == IN_A_ROW {
                *in_a_row = 0;
                if let Poll::Ready(ending) = interrupted.poll_unpin(context) {
                    return Poll::Ready(Step::End(ending));
                }
            }
            if self.outlet.is_full() && !self.outlet.try_flush() {
                return Poll::Ready(Step::MakeRoom);
            }
            if let Poll::Ready(event) = events.poll_next_unpin(context) {
                *in_a_row += 1;
                let event = event.map(|event| {
                    event.unwrap_or_else(|panic| Err(RespondError::from_panic(&*panic)))
                });
                return Poll::Ready(Step::Event(event));
            }
            *in_a_row = 0;
            if !self.outlet.try_flush() {
                return Poll::Ready(Step::MakeRoom);
            }
            interrupted.poll_unpin(context).map(Step::End)
        })
    }

    /// Resolves when the turn is not to go on: the server stops, or the reader went away and the
    /// policy says so.
    fn interruption(&self) -> Interruption {
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

    fn store(&self) -> &S {
        &self.server.store
    }
}

/// Resolves when a turn is not to go on.
type Interruption = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// Resolves when a turn whose reader went away is to end.
async fn abandoned(reader_gone: CancellationToken, policy: OnDisconnect) {
    reader_gone.cancelled_owned().await;
    match policy {
        OnDisconnect::Cancel => {}
        OnDisconnect::Grace(time) => tokio::time::sleep(time).await,
        OnDisconnect::Continue => std::future::pending().await,
    }
}
