//! Which objects are to be looked at, and when.
//!
//! ```text
//! watches, side tasks ─add─▶ [fresh lane | other lane] ─next─▶ reconcile ─done─▶ (idle | again after a delay)
//! ```
//!
//! An object stands in the queue at most once and is worked on by one worker at a time; what happens to it meanwhile is
//! remembered as one more turn. The queue is thereby bounded by the number of objects. Objects that are new, edited or being
//! deleted go first, so that a mass resync delays nobody who is waiting. An object that fails waits longer each time, by
//! itself: no other one is slowed.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::names::ObjectKey;

/// After this much, an object is looked at again though it was just looked at: a storm of events costs at most 50 looks a second.
const GAP: Duration = Duration::from_millis(20);
/// The first wait of an object that failed, before jitter.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait of an object that fails and fails.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// An event cuts the wait of a failing object down to this: it may be what it waits for.
const EVENT_WAIT: Duration = Duration::from_secs(1);
/// So many void entries may always wait for their time.
const FEW: usize = 64;

/// Which objects go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// New, edited or being deleted.
    Fresh,
    /// Everything else.
    Other,
}

/// How a look at an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well; look again after this, if anything is to come.
    Well(Option<Duration>),
    /// Well as far as it went: look again at once.
    Again,
    /// Badly: look again after a wait that grows, but not before this.
    Badly(Option<Duration>),
}

/// The queue.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    fresh: VecDeque<ObjectKey>,
    other: VecDeque<ObjectKey>,
    entries: HashMap<ObjectKey, Entry>,
    delayed: BinaryHeap<Reverse<(Instant, ObjectKey)>>,
}

#[derive(Default)]
struct Entry {
    place: Place,
    /// Whether its object was no more when it was last asked for.
    gone: bool,
    failures: u32,
    /// Since when it stands in a lane.
    queued: Option<Instant>,
    /// How long it stood there the last time.
    waited: Duration,
    /// When it was last handed out.
    started: Option<Instant>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Idle,
    Queued(Lane),
    Running,
    /// Running, and to be looked at once more.
    Dirty(Lane),
    /// Waiting in `delayed` until then; other entries of it there are void.
    Delayed(Instant),
}

/// How full the queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// In the fresh lane.
    pub fresh: usize,
    /// In the other lane.
    pub other: usize,
    /// Being looked at.
    pub running: usize,
    /// Waiting after a failure.
    pub in_backoff: usize,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `key` looked at soon.
    pub fn add(&self, key: ObjectKey, lane: Lane) {
        self.state().add(key, lane, Instant::now());
        self.wake.notify_one();
    }

    /// The next object, as soon as there is one. It must be given back by [`done`](Self::done).
    pub async fn next(&self) -> ObjectKey {
        loop {
            let (next, due) = self.state().take(Instant::now());
            if let Some(key) = next {
                // There may be more than one: whoever else waits shall look too.
                self.wake.notify_one();
                return key;
            }
            match due {
                Some(due) => drop(tokio::time::timeout_at(due, self.wake.notified()).await),
                None => self.wake.notified().await,
            }
        }
    }

    /// How long `key`, which was handed out, has stood in the queue. What it waited before, after a failure, does not count.
    pub fn waited(&self, key: &ObjectKey) -> Duration {
        self.state().entries.get(key).map(|entry| entry.waited).unwrap_or_default()
    }

    /// The look at `key` has ended.
    pub fn done(&self, key: &ObjectKey, ended: Ended) {
        self.state().done(key, ended, Instant::now(), rand::random::<f64>());
        self.wake.notify_one();
    }

    /// `key` is no more. One that is looked at is forgotten when the look has ended, unless something has happened to it by then.
    pub fn forget(&self, key: &ObjectKey) {
        self.state().forget(key);
    }

    /// How full it is.
    pub fn depth(&self) -> Depth {
        let state = self.state();
        let count =
            |test: fn(&Entry) -> bool| state.entries.values().filter(|entry| test(entry)).count();
        Depth {
            fresh: state.fresh.len(),
            other: state.other.len(),
            running: count(|entry| matches!(entry.place, Place::Running | Place::Dirty(_))),
            in_backoff: count(|entry| {
                entry.failures > 0 && matches!(entry.place, Place::Delayed(_))
            }),
        }
    }
}

impl State {
    fn place(&self, key: &ObjectKey) -> Place {
        self.entries.get(key).map_or(Place::Idle, |entry| entry.place)
    }

    fn forget(&mut self, key: &ObjectKey) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.gone = entry.place == Place::Running;
        if entry.place == Place::Idle {
            self.entries.remove(key);
        }
    }

    /// Void entries go when their time comes, which may be hours; before that, when they are most of it.
    fn sweep(&mut self) {
        if self.delayed.len() > 2 * self.entries.len() + FEW {
            let entries = &self.entries;
            self.delayed.retain(|Reverse((due, key))| {
                entries.get(key).is_some_and(|entry| entry.place == Place::Delayed(*due))
            });
        }
    }

    fn add(&mut self, key: ObjectKey, lane: Lane, now: Instant) {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.gone = false;
        if lane == Lane::Fresh {
            entry.failures = 0;
        }
        match entry.place {
            Place::Running | Place::Dirty(Lane::Other) => entry.place = Place::Dirty(lane),
            Place::Queued(Lane::Other) if lane == Lane::Fresh => self.enqueue(key, lane, now),
            Place::Queued(_) | Place::Dirty(Lane::Fresh) => {}
            Place::Idle | Place::Delayed(_) => self.start_or_wait(key, lane, now),
        }
    }

    /// At once, unless it was looked at just now or is failing.
    fn start_or_wait(&mut self, key: ObjectKey, lane: Lane, now: Instant) {
        let entry = &self.entries[&key];
        let gap = entry.started.map(|started| started + GAP).filter(|_| lane == Lane::Other);
        let wait = (entry.failures > 0).then_some(now + EVENT_WAIT);
        let earliest = gap.max(wait).filter(|earliest| *earliest > now);
        match (earliest, entry.place) {
            (None, _) => self.enqueue(key, lane, now),
            (Some(earliest), Place::Delayed(due)) if due <= earliest => {}
            (Some(earliest), _) => self.delay(&key, earliest),
        }
    }

    /// An earlier standing of the same object in the other lane is passed over when its turn comes.
    fn enqueue(&mut self, key: ObjectKey, lane: Lane, now: Instant) {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.place = Place::Queued(lane);
        entry.queued.get_or_insert(now);
        match lane {
            Lane::Fresh => self.fresh.push_back(key),
            Lane::Other => self.other.push_back(key),
        }
    }

    fn delay(&mut self, key: &ObjectKey, due: Instant) {
        self.entries.entry(key.clone()).or_default().place = Place::Delayed(due);
        self.delayed.push(Reverse((due, key.clone())));
        self.sweep();
    }

    /// The next object, or when there will be one.
    fn take(&mut self, now: Instant) -> (Option<ObjectKey>, Option<Instant>) {
        while let Some(Reverse((due, _))) = self.delayed.peek() {
            if *due > now {
                break;
            }
            if let Some(Reverse((due, key))) = self.delayed.pop()
                && self.place(&key) == Place::Delayed(due)
            {
                self.enqueue(key, Lane::Other, due);
            }
        }
        let key = Self::pop(&mut self.fresh, &self.entries, Lane::Fresh)
            .or_else(|| Self::pop(&mut self.other, &self.entries, Lane::Other));
        if let Some(key) = &key {
            let entry = self.entries.entry(key.clone()).or_default();
            entry.place = Place::Running;
            entry.waited = entry.queued.take().map(|queued| now - queued).unwrap_or_default();
            entry.started = Some(now);
        }
        (key, self.delayed.peek().map(|Reverse((due, _))| *due))
    }

    fn pop(
        lane: &mut VecDeque<ObjectKey>,
        entries: &HashMap<ObjectKey, Entry>,
        which: Lane,
    ) -> Option<ObjectKey> {
        loop {
            let key = lane.pop_front()?;
            if entries.get(&key).is_some_and(|entry| entry.place == Place::Queued(which)) {
                return Some(key);
            }
        }
    }

    fn done(&mut self, key: &ObjectKey, ended: Ended, now: Instant, chance: f64) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        if entry.gone {
            self.entries.remove(key);
            self.sweep();
            return;
        }
        let dirty = match entry.place {
            Place::Dirty(lane) => Some(lane),
            _ => None,
        };
        entry.place = Place::Idle;
        entry.failures = match ended {
            Ended::Badly(_) => entry.failures.saturating_add(1),
            Ended::Well(_) | Ended::Again => 0,
        };
        let failures = entry.failures;
        match (ended, dirty) {
            (Ended::Badly(_), Some(Lane::Fresh)) | (Ended::Again, _) => {
                self.enqueue(key.clone(), dirty.unwrap_or(Lane::Fresh), now);
            }
            (Ended::Well(_), Some(lane)) => self.start_or_wait(key.clone(), lane, now),
            (Ended::Badly(least), _) => {
                let wait = backoff(failures, chance).max(least.unwrap_or_default());
                self.delay(key, now + wait);
            }
            (Ended::Well(Some(wait)), None) => self.delay(key, now + wait),
            (Ended::Well(None), None) => {}
        }
    }
}

/// Doubles with each failure; half of it is left to chance, so that those who failed together do not come back together.
fn backoff(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests;
