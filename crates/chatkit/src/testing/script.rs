//! A responder that follows a script.

use std::fmt;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::protocol::{ThreadItem, ThreadStreamEvent};
use crate::{ActionTurn, Error, Feedback, RespondError, Responder, SyncAction, Turn};

type Script<T> = dyn Fn(&T) -> Vec<Step> + Send + Sync;
type Reply<T, R> = dyn Fn(T) -> Result<R, Error> + Send + Sync;
type Events = BoxStream<'static, Result<ThreadStreamEvent, RespondError>>;

/// A responder that follows a script, written anew for each turn, and tells how far it came.
pub struct ScriptedResponder<C> {
    script: Box<Script<Turn<C>>>,
    action: Box<Script<ActionTurn<C>>>,
    sync_action: Box<Reply<SyncAction<C>, Option<ThreadItem>>>,
    feedback: Box<Reply<Feedback<C>, ()>>,
    taken: watch::Sender<usize>,
    dropped: CancellationToken,
}

/// One step of a script.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a script is short, and a test reads better so")]
pub enum Step {
    /// Yield this.
    Event(ThreadStreamEvent),
    /// Wait until the test lets one through.
    Wait(Gate),
    /// Give up like this.
    Fail(RespondError),
    /// Panic with these words.
    Panic(&'static str),
    /// Never go on.
    Hang,
}

impl From<ThreadStreamEvent> for Step {
    fn from(event: ThreadStreamEvent) -> Self {
        Self::Event(event)
    }
}

/// Where a script, or the store, waits for the test.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A gate that lets nothing through yet.
    pub fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets one through.
    pub fn open(&self) {
        self.0.add_permits(1);
    }

    pub(super) async fn pass(&self) {
        self.0.acquire().await.expect("it is never closed for good").forget();
    }
}

impl<C> ScriptedResponder<C> {
    /// A responder that follows this script.
    pub fn new(script: impl Fn(&Turn<C>) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            action: Box::new(|_| Vec::new()),
            sync_action: Box::new(|_| Ok(None)),
            feedback: Box::new(|_| Ok(())),
            taken: watch::Sender::new(0),
            dropped: CancellationToken::new(),
        }
    }

    /// The same, with a script for actions.
    #[must_use]
    pub fn acting(
        mut self,
        script: impl Fn(&ActionTurn<C>) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        self.action = Box::new(script);
        self
    }

    /// The same, with an answer to actions that are answered at once.
    #[must_use]
    pub fn acting_at_once(
        mut self,
        answer: impl Fn(SyncAction<C>) -> Result<Option<ThreadItem>, Error> + Send + Sync + 'static,
    ) -> Self {
        self.sync_action = Box::new(answer);
        self
    }

    /// The same, with something that is done with feedback.
    #[must_use]
    pub fn hearing(
        mut self,
        hear: impl Fn(Feedback<C>) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        self.feedback = Box::new(hear);
        self
    }

    /// Steps taken so far, over all turns.
    pub fn taken(&self) -> watch::Receiver<usize> {
        self.taken.subscribe()
    }

    /// Cancelled when a turn's stream has been dropped, at its end or before.
    pub fn dropped(&self) -> CancellationToken {
        self.dropped.clone()
    }

    fn follow(&self, steps: Vec<Step>) -> Events {
        let guard: DropGuard = self.dropped.clone().drop_guard();
        let taken = self.taken.clone();
        let play = move |step| play(step, taken.clone());
        // The guard lives as long as the stream.
        let guarded = move |event| {
            let _ = &guard;
            event
        };
        stream::iter(steps).then(play).filter_map(std::future::ready).map(guarded).boxed()
    }
}

impl<C: Clone + Send + Sync + 'static> Responder<C> for ScriptedResponder<C> {
    fn respond(&self, turn: Turn<C>) -> Events {
        self.follow((self.script)(&turn))
    }

    fn act(&self, action: ActionTurn<C>) -> Events {
        self.follow((self.action)(&action))
    }

    fn act_sync(&self, action: SyncAction<C>) -> BoxFuture<'_, Result<Option<ThreadItem>, Error>> {
        Box::pin(std::future::ready((self.sync_action)(action)))
    }

    fn feedback(&self, feedback: Feedback<C>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready((self.feedback)(feedback)))
    }
}

impl<C> fmt::Debug for ScriptedResponder<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScriptedResponder").finish_non_exhaustive()
    }
}

async fn play(
    step: Step,
    taken: watch::Sender<usize>,
) -> Option<Result<ThreadStreamEvent, RespondError>> {
    taken.send_modify(|taken| *taken += 1);
    match step {
        Step::Event(event) => Some(Ok(event)),
        Step::Wait(gate) => {
            gate.pass().await;
            None
        }
        Step::Fail(error) => Some(Err(error)),
        Step::Panic(words) => panic!("{words}"),
        Step::Hang => std::future::pending().await,
    }
}
