//! The turns that this process runs: who may still write, and the door for readers that come back.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{EventStream, TurnLease};

/// Readers that wait to be let in, at most.
const WAITING: usize = 16;

/// The turns that this process runs.
#[derive(Default)]
pub(crate) struct Live {
    turns: Mutex<HashMap<String, Entry>>,
    /// Whether somebody looks after them already.
    pub(super) is_kept: AtomicBool,
}

struct Entry {
    lease: TurnLease,
    began: Instant,
    lost: CancellationToken,
    door: mpsc::Sender<Knock>,
}

/// A reader that comes back.
pub(super) struct Knock {
    /// The number of the last event it has seen.
    pub(super) after: Option<u64>,
    /// Where it waits.
    pub(super) answer: oneshot::Sender<Attached>,
}

/// A reader that was let in.
pub(super) struct Attached {
    pub(super) events: EventStream,
    /// Whether it is told all that it missed, rather than what there is.
    pub(super) exact: bool,
    /// The items that it is told of because they are not done.
    pub(super) open: Vec<String>,
}

/// A running turn's place among the others; it is given up when this is dropped.
pub(super) struct Seat {
    live: Arc<Live>,
    pub(super) lease: TurnLease,
    /// Cancelled when another server may have taken the turn.
    pub(super) lost: CancellationToken,
    pub(super) door: mpsc::Receiver<Knock>,
}

impl Live {
    pub(super) fn enter(self: &Arc<Self>, lease: TurnLease) -> Seat {
        let (door, knocks) = mpsc::channel(WAITING);
        let lost = CancellationToken::new();
        let entry = Entry { lease: lease.clone(), began: Instant::now(), lost: lost.clone(), door };
        self.turns().insert(lease.turn_id.clone(), entry);
        Seat { live: Arc::clone(self), lease, lost, door: knocks }
    }

    /// Lets a reader in, if the turn runs here.
    pub(super) async fn attach(&self, turn_id: &str, after: Option<u64>) -> Option<Attached> {
        let door = self.turns().get(turn_id)?.door.clone();
        let (answer, answered) = oneshot::channel();
        door.send(Knock { after, answer }).await.ok()?;
        answered.await.ok()
    }

    pub(super) fn leases(&self) -> Vec<TurnLease> {
        self.turns().values().map(|entry| entry.lease.clone()).collect()
    }

    /// These belong to somebody else now.
    pub(super) fn lose(&self, turn_ids: &[String]) {
        let turns = self.turns();
        turn_ids.iter().filter_map(|id| turns.get(id)).for_each(|entry| entry.lost.cancel());
    }

    /// What runs in a conversation has lost its place there to another turn.
    pub(crate) fn supersede(&self, thread_id: &str) {
        let turns = self.turns();
        let here = turns.values().filter(|entry| entry.lease.thread_id == thread_id);
        here.for_each(|entry| entry.lost.cancel());
    }

    /// So do all that have begun before this.
    pub(super) fn lose_older_than(&self, time: Instant) {
        let turns = self.turns();
        turns.values().filter(|entry| entry.began < time).for_each(|entry| entry.lost.cancel());
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.live.turns().remove(&self.lease.turn_id);
    }
}
