//! The life of a turn: the one place where a responder's events are kept, hidden or passed on.
//!
//! ```text
//! Responder ── events ──▶ keep.rs ── Store        done, replaced, removed, changed thread
//!                            │  └──── pending.rs  added and updated: what is not done yet
//!                            ▼                       └─ checkpoint.rs ── Store, each second
//!                         Outlet ──▶ readers      everything but hidden items
//!
//! aside.rs   what happens meanwhile: a reader goes or comes back, the server stops, the lease is lost
//! end.rs     whichever way it ends: pending text and workflows are closed and kept
//! live.rs    the turns of this process;  keeper.rs  renews their leases, ends those of dead servers
//! resume.rs  a reader that comes back, here or on another server
//! ```
//!
//! A turn runs in a task of its own and outlives its reader as [`OnDisconnect`](crate::OnDisconnect) allows. It writes with
//! the lease that began it, so that nothing of it is kept once it was taken away.

mod aside;
mod checkpoint;
mod end;
mod keep;
mod keeper;
mod live;
mod pending;
mod resume;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, CatchUnwind};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

pub use self::end::interrupted;
pub use self::keeper::LEASE;
pub(crate) use self::keeper::ensure as look_after;
pub(crate) use self::live::Live;
pub(crate) use self::resume::{rejoin, repeat};

use self::aside::{Aside, News};
use self::checkpoint::Due;
use self::end::Ending;
use self::keep::Held;
use self::pending::Pending;
use crate::protocol::{
    CustomAction, ThreadMetadata, ThreadStreamEvent as Event, UserMessageItem, WidgetItem,
};
use crate::server::Inner;
use crate::stream::{self, Manners, Outlet};
use crate::{
    ActionTurn, Cause, EventStream, Options, RespondError, Responder, Stamps, Store, Turn,
    TurnLease,
};

/// Events taken from a responder that always has one ready before anything else is looked at.
const IN_A_ROW: u32 = 64;

/// A responder's events; a panic is one of them.
type Events = CatchUnwind<AssertUnwindSafe<BoxStream<'static, Result<Event, RespondError>>>>;

/// What a turn starts from; all of it is kept already.
pub(crate) struct Opening<C> {
    /// The conversation.
    pub(crate) thread: ThreadMetadata,
    /// Whether it begins with this turn.
    pub(crate) is_new: bool,
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
        Self { thread, is_new: false, asked, context, before: Vec::new(), after: Vec::new() }
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
pub(crate) fn refused(reason: Event) -> EventStream {
    stream::told("", vec![reason])
}

/// Starts a turn that the store has begun. Its first events can be read at once, before the
/// responder has been asked.
pub(crate) fn start<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    lease: TurnLease,
    opening: Opening<S::Context>,
) -> EventStream {
    let Opening { thread, is_new, asked, context, before, after } = opening;
    let options = &server.options;
    let (mut outlet, stream) = stream::channel(&lease.turn_id, manners(options));
    let stream_options = server.responder.stream_options(&thread, &context);
    let told = before.into_iter().chain([Event::StreamOptions { stream_options }]).chain(after);
    told.for_each(|event| outlet.push(event));
    outlet.try_flush();
    look_after(server);
    // No child of the server's own: a responder that ends when it is cancelled has not said all.
    let cancel = CancellationToken::new();
    let stamps = Stamps::of_server(server);
    let given = Given { turn_id: lease.turn_id.clone(), is_new, cancel: cancel.clone(), stamps };
    let work = Work::new(asked, thread.clone(), context.clone(), given);
    let seat = server.live.enter(lease);
    let watch = aside::watch(server, &context, &seat, outlet.presence());
    let running = Running {
        server: Arc::clone(server),
        context,
        thread,
        lease: seat.lease.clone(),
        pending: Pending::default(),
        held: Held::default(),
        hidden: Vec::new(),
        checkpointed: Vec::new(),
        outlet,
        aside: Aside::new(watch, seat),
    };
    options.tracker.spawn(running.run(work, cancel).in_current_span());
    stream
}

fn manners(options: &Options) -> Manners {
    Manners { patience: options.reader_patience, keepalive: options.keepalive }
}

/// What a responder is given.
enum Work<C> {
    Answer(Turn<C>),
    Action(ActionTurn<C>),
}

/// What every responder is given besides the question.
struct Given {
    turn_id: String,
    is_new: bool,
    cancel: CancellationToken,
    stamps: Stamps,
}

impl<C> Work<C> {
    fn new(asked: Asked, thread: ThreadMetadata, context: C, given: Given) -> Self {
        let Given { turn_id, is_new, cancel, stamps } = given;
        match asked {
            Asked::Answer { input, cause } => Self::Answer(Turn {
                turn_id,
                thread,
                is_new,
                input,
                cause,
                context,
                cancel,
                stamps,
            }),
            Asked::Action { action, sender } => Self::Action(ActionTurn {
                turn_id,
                thread,
                action,
                sender,
                context,
                cancel,
                stamps,
            }),
        }
    }
}

/// A turn that is running.
struct Running<S: Store, R> {
    server: Arc<Inner<S, R>>,
    context: S::Context,
    /// As the store has it, or will with what is held.
    thread: ThreadMetadata,
    lease: TurnLease,
    pending: Pending,
    /// What is to be kept next, and told after that.
    held: Held,
    /// Items of this turn that the client must not hear of.
    hidden: Vec<String>,
    /// Items that were kept before they were done.
    checkpointed: Vec<String>,
    outlet: Outlet,
    aside: Aside,
}

/// What there is to do next.
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation per event")]
enum Step {
    Event(Option<Result<Event, RespondError>>),
    Keep,
    MakeRoom,
    Hear(News),
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
        let mut in_a_row = 0;
        loop {
            let done = match self.next(events, &mut in_a_row).await {
                Step::Event(Some(Ok(event))) => {
                    self.handle(event);
                    Ok(())
                }
                Step::Event(Some(Err(error))) => Err(Ending::failed(error)),
                Step::Event(None) => Err(Ending::Finished),
                Step::Keep => self.keep_held().await,
                Step::MakeRoom => self.make_room().await,
                Step::Hear(news) => self.hear(news).await,
            };
            if let Err(ending) = done {
                return ending;
            }
        }
    }

    /// The responder's next event. What it had ready at once is kept in one commit and leaves in one
    /// batch, when it has no more; only then, or after many in a row, is anything else looked at,
    /// which costs a lock.
    fn next(&mut self, events: &mut Events, in_a_row: &mut u32) -> impl Future<Output = Step> {
        poll_fn(move |context| {
            if *in_a_row == IN_A_ROW {
                *in_a_row = 0;
                if !self.held.is_empty() {
                    return Poll::Ready(Step::Keep);
                }
                if let Poll::Ready(news) = self.aside.poll(context) {
                    return Poll::Ready(Step::Hear(news));
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
            if !self.held.is_empty() {
                return Poll::Ready(Step::Keep);
            }
            if !self.outlet.try_flush() {
                return Poll::Ready(Step::MakeRoom);
            }
            self.aside.poll(context).map(Step::Hear)
        })
    }

    /// Waits for the reader, or for news.
    async fn make_room(&mut self) -> Result<(), Ending> {
        let Self { outlet, aside, .. } = self;
        let news = tokio::select! {
            biased;
            () = outlet.flush() => return Ok(()),
            news = poll_fn(|context| aside.poll(context)) => news,
        };
        self.hear(news).await
    }

    async fn hear(&mut self, news: News) -> Result<(), Ending> {
        match news {
            News::End(ending) => Err(ending),
            News::Knock(knock) => {
                // A reader that comes back sees what is kept; what is held is told after that.
                self.keep_held().await?;
                let open = self.pending.ids();
                let (events, exact) = self.outlet.attach(knock.after, || self.pending.told());
                // It may have gone again.
                let _ = knock.answer.send(live::Attached { events, exact, open });
                Ok(())
            }
            News::Checkpoint(Due::Begin) => {
                self.checkpoint();
                Ok(())
            }
            News::Checkpoint(Due::Failed(error)) => self.checkpoint_failed(&error),
        }
    }

    fn store(&self) -> &S {
        &self.server.store
    }
}
