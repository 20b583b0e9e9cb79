//! A responder that follows a script.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::protocol::ThreadStreamEvent;
use crate::{RespondError, Responder, Turn};

type Script<C> = dyn Fn(&Turn<C>) -> Vec<Step> + Send + Sync;

/// A responder that follows a script, written anew for each turn, and tells how far it came.
pub struct ScriptedResponder<C> {
    script: Box<Script<C>>,
    taken: watch::Sender<usize>,
    dropped: CancellationToken,
}

/// One step of a script.
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

/// Where a script waits for the test.
#[derive(Clone)]
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

    async fn pass(&self) {
        self.0.acquire().await.expect("it is never closed for good").forget();
    }
}

impl<C> ScriptedResponder<C> {
    /// A responder that follows this script.
    pub fn new(script: impl Fn(&Turn<C>) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            taken: watch::Sender::new(0),
            dropped: CancellationToken::new(),
        }
    }

    /// Steps taken so far, over all turns.
    pub fn taken(&self) -> watch::Receiver<usize> {
        self.taken.subscribe()
    }

    /// Cancelled when a turn's stream has been dropped, at its end or before.
    pub fn dropped(&self) -> CancellationToken {
        self.dropped.clone()
    }
}

impl<C: Clone + Send + Sync + 'static> Responder<C> for ScriptedResponder<C> {
    fn respond(
        &self,
        turn: Turn<C>,
    ) -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>> {
        let guard: DropGuard = self.dropped.clone().drop_guard();
        let taken = self.taken.clone();
        let steps = stream::iter((self.script)(&turn));
        let play = move |step| play(step, taken.clone());
        // The guard lives as long as the stream.
        let guarded = move |event| {
            let _ = &guard;
            event
        };
        steps.then(play).filter_map(std::future::ready).map(guarded).boxed()
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
