//! Who is spoken to when, and what came of it. Pure: times and chance are handed in.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    probe::{Handshake, Probe, ProbeError},
    target::Target,
};
use crate::names::ObjectKey;

/// How soon at the latest.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// How often in a row something that may pass by itself must fail before it is told.
const PATIENCE: u32 = 3;

/// How often a server is spoken to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How long after it has answered.
    pub(super) interval: Duration,
    /// How long after it has failed for the first time; twice as long each time.
    pub(super) retry: Duration,
}

impl Pace {
    pub(super) const fn every(interval: Duration) -> Self {
        Self { interval, retry: Duration::from_secs(1) }
    }

    fn wait(self, failures: u32) -> Duration {
        match failures.checked_sub(1) {
            None => self.interval,
            Some(before) => self.retry.saturating_mul(1 << before.min(8)).min(LAST_RETRY),
        }
    }
}

/// Who is spoken to when.
pub(super) struct Schedule {
    pace: Pace,
    objects: HashMap<ObjectKey, Vec<Watched>>,
    /// When whom; an entry is void once its ticket is no longer that of a server.
    due: BinaryHeap<Reverse<(Instant, u64, ObjectKey)>>,
    tickets: u64,
    /// Most servers offer what others offer too: it is kept once.
    offers: HashSet<Arc<Handshake>>,
}

/// One tool server of one object.
struct Watched {
    target: Arc<Target>,
    ticket: u64,
    failures: u32,
    probe: Option<Probe>,
    /// How long the last handshake took.
    took: Option<Duration>,
}

/// A handshake that is to take place now.
pub(super) struct Appointment {
    pub(super) key: ObjectKey,
    pub(super) target: Arc<Target>,
    ticket: u64,
    began: Instant,
}

impl Schedule {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            objects: HashMap::new(),
            due: BinaryHeap::new(),
            tickets: 0,
            offers: HashSet::new(),
        }
    }

    pub(super) fn watch(&mut self, key: &ObjectKey, targets: Vec<Target>, now: Instant) {
        let mut before = self.objects.remove(key).unwrap_or_default();
        let watched: Vec<Watched> = targets
            .into_iter()
            .map(|target| {
                let known = before.iter().position(|known| known.target.is_same_server(&target));
                let known = known.map(|at| before.swap_remove(at));
                self.watch_one(key, target, known, now)
            })
            .collect();
        if !watched.is_empty() {
            self.objects.insert(key.clone(), watched);
        }
    }

    fn watch_one(
        &mut self,
        key: &ObjectKey,
        target: Target,
        known: Option<Watched>,
        now: Instant,
    ) -> Watched {
        match known {
            Some(known) if *known.target == target => known,
            known => {
                self.tickets += 1;
                self.due.push(Reverse((now, self.tickets, key.clone())));
                Watched {
                    target: Arc::new(target),
                    ticket: self.tickets,
                    failures: 0,
                    took: known.as_ref().and_then(|known| known.took),
                    probe: known.and_then(|known| known.probe),
                }
            }
        }
    }

    pub(super) fn forget(&mut self, key: &ObjectKey) {
        self.objects.remove(key);
    }

    pub(super) fn results(&self, key: &ObjectKey) -> BTreeMap<String, Probe> {
        let watched = self.objects.get(key).into_iter().flatten();
        watched
            .filter_map(|server| Some((server.target.server.clone(), server.probe.clone()?)))
            .collect()
    }

    pub(super) fn durations(&self, key: &ObjectKey) -> Vec<(String, Duration)> {
        let watched = self.objects.get(key).into_iter().flatten();
        watched.filter_map(|server| Some((server.target.server.clone(), server.took?))).collect()
    }

    /// The next handshake if one is due, or else when one will be.
    pub(super) fn take(&mut self, now: Instant) -> Result<Appointment, Option<Instant>> {
        loop {
            match self.due.peek() {
                None => return Err(None),
                Some(Reverse((at, ..))) if *at > now => return Err(Some(*at)),
                Some(_) => {}
            }
            let Some(Reverse((_, ticket, key))) = self.due.pop() else { return Err(None) };
            if let Some(server) = self.server(&key, ticket) {
                let target = server.target.clone();
                return Ok(Appointment { key, target, ticket, began: now });
            }
        }
    }

    fn server(&mut self, key: &ObjectKey, ticket: u64) -> Option<&mut Watched> {
        self.objects.get_mut(key)?.iter_mut().find(|server| server.ticket == ticket)
    }

    /// What a handshake came to. Says whether that is news. `jitter` is about 1.
    pub(super) fn finished(
        &mut self,
        appointment: &Appointment,
        outcome: Result<Handshake, ProbeError>,
        now: Instant,
        jitter: f64,
    ) -> bool {
        let outcome = outcome.map(|offer| self.shared(offer));
        let pace = self.pace;
        let Appointment { key, ticket, began, .. } = appointment;
        let Some(server) = self.server(key, *ticket) else { return false };
        server.took = Some(now.saturating_duration_since(*began));
        let news = server.take(outcome);
        let wait = pace.wait(server.failures);
        self.due.push(Reverse((now + wait.mul_f64(jitter), *ticket, key.clone())));
        news
    }

    fn shared(&mut self, offer: Handshake) -> Arc<Handshake> {
        if let Some(known) = self.offers.get(&offer) {
            return known.clone();
        }
        self.offers.retain(|offer| Arc::strong_count(offer) > 1);
        let offer = Arc::new(offer);
        self.offers.insert(offer.clone());
        offer
    }
}

impl Watched {
    /// Takes a result; says whether it is news.
    fn take(&mut self, outcome: Result<Arc<Handshake>, ProbeError>) -> bool {
        let error = outcome.as_ref().err().copied();
        self.failures = if error.is_some() { self.failures.saturating_add(1) } else { 0 };
        if error.is_some_and(ProbeError::may_pass) && self.failures < PATIENCE {
            return false;
        }
        let probe = Some(Probe { outcome });
        let news = self.probe != probe;
        self.probe = probe;
        news
    }
}

#[cfg(test)]
mod tests;
