//! How many objects have their pods replaced at once when the operator itself has changed: another release, another flag.
//!
//! ```text
//! nobody edited the object, and yet its pods would be replaced ─▶ is a turn free?
//!      yes ─▶ it takes the turn, and is brought about as ever
//!      no  ─▶ nothing of it is touched; it is woken when a turn is over
//! a turn is over when the object is Ready again
//! ```
//!
//! An object that was Ready and does not become it again keeps its turn. So a release that breaks what it touches breaks a few,
//! and then the rest waits: on the release that works. What people ask for never waits: an edit, a Secret or ConfigMap of
//! theirs, a rotation; nor does an object of which something is missing, or that serves nobody.
//!
//! All of it is in memory. An operator that starts anew hands out its turns anew.

mod due;

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

pub use self::due::is_due;
use crate::{
    crd::TodoChatStatus,
    names::ObjectKey,
    status::is_ready,
    world::{State, World},
};

/// Hands out turns.
#[derive(Debug)]
pub struct Pacing {
    /// How many at once; 0 is as many as there are.
    most: usize,
    state: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    /// Whose turn it is, and whether it was Ready before.
    turns: BTreeMap<ObjectKey, bool>,
    /// Who waits, in the order in which they asked.
    waiting: VecDeque<ObjectKey>,
    /// Who was edited and is not Ready yet.
    edited: HashSet<ObjectKey>,
}

/// How an object is, after a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is Ready.
    pub ready: bool,
    /// Whether its pods are those that it shall have, or have given up on becoming that.
    pub settled: bool,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// Objects whose turn it is.
    pub taken: usize,
    /// Objects that wait for theirs.
    pub waiting: usize,
}

impl Standing {
    /// What was just judged of an object, and the world that it was judged from.
    pub fn of(status: &TodoChatStatus, world: &World) -> Self {
        let settled = world.children.values().all(|child| match &child.state {
            State::Workload(workload) => workload.settled() || workload.stuck,
            _ => true,
        });
        Self { ready: is_ready(status), settled }
    }
}

impl Pacing {
    /// Hands out `most` turns at a time; 0 is no limit.
    pub fn new(most: usize) -> Self {
        Self { most, state: Mutex::default() }
    }

    /// Whether the object's pods may be replaced now, although nobody asked for it; else it waits for its turn.
    pub fn takes_turn(&self, key: &ObjectKey, is_ready: bool) -> bool {
        let mut state = self.state();
        if state.edited.contains(key) || state.turns.contains_key(key) {
            return true;
        }
        if self.most == 0 || state.turns.len() < self.most {
            state.waiting.retain(|waiting| waiting != key);
            state.turns.insert(key.clone(), is_ready);
            return true;
        }
        if !state.waiting.contains(key) {
            state.waiting.push_back(key.clone());
        }
        false
    }

    /// Somebody edited the object: until it is Ready it waits for nothing, and it is not the operator's doing if it fails.
    pub fn edited(&self, key: &ObjectKey) -> Option<ObjectKey> {
        let mut state = self.state();
        state.edited.insert(key.clone());
        state.turns.remove(key);
        self.next_without(&mut state, key)
    }

    /// The object need not wait: nothing is to be replaced, or somebody asked for it.
    pub fn need_not_wait(&self, key: &ObjectKey) -> Option<ObjectKey> {
        self.next_without(&mut self.state(), key)
    }

    /// How the object is after a look that brought it about; perhaps its turn is over.
    pub fn judged(&self, key: &ObjectKey, standing: Standing) -> Option<ObjectKey> {
        let mut state = self.state();
        if standing.ready {
            state.edited.remove(key);
        }
        // One that was not Ready before need not become it: something else is wrong with it.
        let was_ready = *state.turns.get(key)?;
        if !standing.settled || (was_ready && !standing.ready) {
            return None;
        }
        state.turns.remove(key);
        self.next_without(&mut state, key)
    }

    /// The object is gone.
    pub fn forget(&self, key: &ObjectKey) -> Option<ObjectKey> {
        let mut state = self.state();
        state.edited.remove(key);
        state.turns.remove(key);
        self.next_without(&mut state, key)
    }

    /// Who is to be woken, if a turn is free: the first of those who wait, `key` not among them. Whoever is woken asks again.
    fn next_without(&self, state: &mut Line, key: &ObjectKey) -> Option<ObjectKey> {
        state.waiting.retain(|waiting| waiting != key);
        if state.turns.len() < self.most { state.waiting.pop_front() } else { None }
    }

    /// How many there are.
    pub fn turns(&self) -> Turns {
        let state = self.state();
        Turns { taken: state.turns.len(), waiting: state.waiting.len() }
    }

    fn state(&self) -> MutexGuard<'_, Line> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
