//! Whether the watches live: an operator that runs but sees nothing is not healthy.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::watched::Watched;

/// A watch that was not heard for this many idle limits makes the process unhealthy.
const PATIENCE: u32 = 4;

/// The cause of an end: the right is missing.
pub(super) const FORBIDDEN: &str = "forbidden";

/// How the watches are.
pub struct Health {
    idle_limit: Duration,
    streams: Mutex<BTreeMap<(Watched, Option<String>), StreamHealth>>,
}

/// How one watch is.
#[derive(Clone, Debug)]
pub struct StreamHealth {
    /// When it was last heard, or expected first.
    pub last_heard: Instant,
    /// Whether its list has come, at least once.
    pub listed: bool,
    /// Whether the API server has last said that the operator may not see it.
    pub forbidden: bool,
    /// How often it has begun anew, by cause.
    pub ended: BTreeMap<&'static str, u64>,
}

impl Health {
    pub(super) fn new(idle_limit: Duration) -> Self {
        Self { idle_limit, streams: Mutex::default() }
    }

    fn streams(&self) -> MutexGuard<'_, BTreeMap<(Watched, Option<String>), StreamHealth>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn expect(&self, watched: Watched, namespace: Option<&str>) {
        let health = StreamHealth {
            last_heard: Instant::now(),
            listed: false,
            forbidden: false,
            ended: BTreeMap::new(),
        };
        self.streams().entry((watched, namespace.map(str::to_owned))).or_insert(health);
    }

    pub(super) fn forget(&self, watched: Watched) {
        self.streams().retain(|(known, _), _| *known != watched);
    }

    /// Notes a sign of life; says whether this was the list that completes the picture.
    pub(super) fn heard(&self, watched: Watched, namespace: Option<&str>, listed: bool) -> bool {
        let mut streams = self.streams();
        let Some(stream) = streams.get_mut(&(watched, namespace.map(str::to_owned))) else {
            return false;
        };
        stream.last_heard = Instant::now();
        let first = listed && !stream.listed;
        stream.listed |= listed;
        stream.forbidden = false;
        first && streams.values().all(|stream| stream.listed)
    }

    pub(super) fn ended(&self, watched: Watched, namespace: Option<&str>, cause: &'static str) {
        if let Some(stream) = self.streams().get_mut(&(watched, namespace.map(str::to_owned))) {
            *stream.ended.entry(cause).or_default() += 1;
            stream.forbidden = cause == FORBIDDEN;
        }
    }

    /// The kinds whose first list has not come. Until there are none, nothing may be taken for absent.
    pub fn unlisted(&self) -> Vec<&'static str> {
        let streams = self.streams();
        streams
            .iter()
            .filter(|(_, stream)| !stream.listed)
            .map(|((watched, _), _)| watched.label())
            .collect()
    }

    /// Whether all lists have come that can come. What may not be seen is read one by one, and nobody else waits for it.
    pub fn may_begin(&self) -> bool {
        self.streams().values().all(|stream| stream.listed || stream.forbidden)
    }

    /// The kinds that were not heard for far too long. Of those that may not be seen nothing is to be heard, and no new
    /// process would hear more.
    pub fn dead(&self) -> Vec<&'static str> {
        let limit = self.idle_limit * PATIENCE;
        let streams = self.streams();
        let dead = streams
            .iter()
            .filter(|(_, stream)| stream.last_heard.elapsed() > limit && !stream.forbidden);
        dead.map(|((watched, _), _)| watched.label()).collect()
    }

    /// Each watch: its kind, its namespace (empty for all), and how it is.
    pub fn streams_now(&self) -> Vec<(Watched, String, StreamHealth)> {
        let streams = self.streams();
        let each = streams.iter();
        each.map(|((watched, namespace), health)| {
            (*watched, namespace.clone().unwrap_or_default(), health.clone())
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Watched = Watched::Objects;
    const UNSEEN: Watched = Watched::ConfigMaps;

    #[tokio::test(start_paused = true)]
    async fn a_kind_that_may_not_be_seen_holds_up_no_other_and_is_not_dead() {
        let health = Health::new(Duration::from_secs(1));
        health.expect(SEEN, None);
        health.expect(UNSEEN, None);
        assert!(!health.heard(SEEN, None, true) && !health.may_begin());
        health.ended(UNSEEN, None, FORBIDDEN);
        assert!(health.may_begin());
        assert_eq!(health.unlisted(), [UNSEEN.label()], "it does not count as ready");
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(health.dead(), [SEEN.label()]);
        assert!(health.heard(UNSEEN, None, true), "with it the picture is complete");
    }

    #[tokio::test(start_paused = true)]
    async fn a_kind_that_fails_otherwise_is_waited_for() {
        let health = Health::new(Duration::from_secs(1));
        health.expect(SEEN, None);
        health.ended(SEEN, None, "failed");
        assert!(!health.may_begin());
    }
}
