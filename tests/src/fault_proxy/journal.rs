//! Every call that came, with its numbers and its answer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};

use super::Call;

/// One call that came.
#[derive(Clone, Debug)]
pub struct Note {
    /// What was asked.
    pub call: Call,
    /// Its number among all calls, from 1; Leases and Events have none.
    pub number: Option<usize>,
    /// Its number among all writes, from 1.
    pub write: Option<usize>,
    /// When it came.
    pub at: Instant,
    /// The status it was answered with; nothing as long as it was not, and when its connection broke.
    pub status: Option<u16>,
    /// It met a fault.
    pub faulty: bool,
}

/// How many of each, by [`Call::what`].
pub fn tally<'a>(notes: impl IntoIterator<Item = &'a Note>) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for note in notes {
        *tally.entry(note.call.what()).or_default() += 1;
    }
    tally
}

/// Where they are noted.
#[derive(Default)]
pub(super) struct Journal {
    notes: Mutex<Notes>,
    changed: Notify,
}

#[derive(Default)]
struct Notes {
    all: Vec<Note>,
    calls: usize,
    writes: usize,
}

impl Journal {
    /// Numbers a call and notes it; `faulty` is asked whether it meets a fault while no other can come
    /// in between. Tells its place in the journal.
    pub(super) fn arrived(&self, call: Call, faulty: impl FnOnce(&Note) -> bool) -> (usize, Note) {
        let mut notes = self.notes();
        let counts = !call.is_by_the_clock();
        let mut note = Note {
            number: counts.then(|| next(&mut notes.calls)),
            write: (counts && call.is_write()).then(|| next(&mut notes.writes)),
            call,
            at: Instant::now(),
            status: None,
            faulty: false,
        };
        note.faulty = faulty(&note);
        notes.all.push(note.clone());
        let place = notes.all.len() - 1;
        drop(notes);
        self.changed.notify_waiters();
        (place, note)
    }

    pub(super) fn answered(&self, place: usize, status: u16) {
        self.notes().all[place].status = Some(status);
        self.changed.notify_waiters();
    }

    pub(super) fn since(&self, count: usize) -> Vec<Note> {
        self.notes().all.iter().skip(count).cloned().collect()
    }

    pub(super) fn count(&self) -> usize {
        self.notes().all.len()
    }

    pub(super) async fn until(&self, test: impl Fn(&[Note]) -> bool) {
        loop {
            // Listens before it looks, so that nothing is missed between the two.
            let changed = self.changed.notified();
            if test(&self.notes().all) {
                return;
            }
            changed.await;
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn call(method: &str, path: &str) -> Call {
        Call::read(&method.parse().unwrap(), &path.parse().unwrap(), &HeaderMap::new())
    }

    #[test]
    fn writes_have_numbers_of_their_own_and_leases_have_none() {
        let journal = Journal::default();
        let calls = [
            call("GET", "/api/v1/pods"),
            call("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/b"),
            call("POST", "/api/v1/namespaces/a/secrets"),
            call("DELETE", "/api/v1/namespaces/a/secrets/b"),
        ];
        let arrived = calls.map(|call| journal.arrived(call, |_| false).1);
        assert_eq!(arrived.each_ref().map(|note| note.number), [Some(1), None, Some(2), Some(3)]);
        assert_eq!(arrived.each_ref().map(|note| note.write), [None, None, Some(1), Some(2)]);
        assert_eq!(tally(&journal.since(1))["create secrets"], 1);
    }
}
