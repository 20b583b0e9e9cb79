//! The keys of one external issuer: fetched when first needed, kept fresh, kept through outages.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::{ExternalIssuer, Fetch};
use crate::key_set::VerifyingKey;
use crate::{Algorithm, KeySet, Rejected};

/// How long a set is fresh, whatever its server says.
const FRESH: std::ops::RangeInclusive<Duration> = Duration::from_mins(5)..=Duration::from_hours(1);

/// How long a set is used when no newer one can be had.
const STALE: TimeDelta = TimeDelta::hours(24);

/// At most one fetch in this time, however many tokens name keys that do not exist.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

const MAX_BYTES: usize = 256 * 1024;
const DEADLINE: Duration = Duration::from_secs(10);

/// One issuer's keys and how to get them.
#[derive(Debug)]
pub(crate) struct FetchedKeys {
    url: String,
    algorithms: Vec<Algorithm>,
    fetch: Fetch,
    held: RwLock<Option<Arc<Held>>>,
    /// When we last asked. The lock is held while asking, so that the asking is done once.
    asked: Mutex<Option<DateTime<Utc>>>,
}

#[derive(Debug)]
struct Held {
    keys: KeySet,
    fresh_until: DateTime<Utc>,
    usable_until: DateTime<Utc>,
}

impl FetchedKeys {
    pub(crate) fn new(issuer: &ExternalIssuer, fetch: Fetch) -> Self {
        Self {
            url: issuer.jwks_url.clone(),
            algorithms: issuer.algorithms.clone(),
            fetch,
            held: RwLock::default(),
            asked: Mutex::default(),
        }
    }

    /// The key named `kid`. Waits for a fetch only when there is no usable set or the key is not
    /// in it; a set that is merely old is renewed behind the request's back.
    pub(crate) async fn find(
        self: &Arc<Self>,
        kid: &str,
        now: DateTime<Utc>,
    ) -> Result<VerifyingKey, Rejected> {
        if let Some(held) = self.usable(now)
            && let Some(key) = held.keys.find(kid)
        {
            if held.fresh_until <= now {
                let renewing = Arc::clone(self);
                tokio::spawn(async move { renewing.refresh(now).await });
            }
            return Ok(key.clone());
        }
        self.refresh(now).await;
        let held = self.usable(now).ok_or(Rejected::IssuerUnavailable)?;
        held.keys.find(kid).cloned().ok_or(Rejected::Key)
    }

    fn usable(&self, now: DateTime<Utc>) -> Option<Arc<Held>> {
        let held = self.held.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.clone().filter(|held| now < held.usable_until)
    }

    /// Asks the issuer, unless that was just done. Whoever waits here while another asks finds
    /// the answer when it is let in.
    async fn refresh(&self, now: DateTime<Utc>) {
        let mut asked = self.asked.lock().await;
        // The absolute distance, so that a clock that was set back cannot keep us from asking.
        if asked.is_some_and(|last| (now - last).abs() < PAUSE) {
            return;
        }
        *asked = Some(now);
        match self.ask(now).await {
            Ok(held) => {
                let mut slot = self.held.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                *slot = Some(Arc::new(held));
            }
            Err(reason) => {
                tracing::warn!(jwks.url = %self.url, reason, "The last good keys of {} stay: {reason}", self.url);
            }
        }
    }

    async fn ask(&self, now: DateTime<Utc>) -> Result<Held, String> {
        let fetched = tokio::time::timeout(DEADLINE, self.fetch.get(&self.url))
            .await
            .map_err(|_| "the issuer did not answer in time".to_owned())?
            .map_err(|error| format!("{error}: {}", error.0))?;
        if fetched.body.len() > MAX_BYTES {
            return Err("the answer is too large".to_owned());
        }
        let keys =
            KeySet::parse(&fetched.body, &self.algorithms).map_err(|error| error.to_string())?;
        let fresh = fetched.max_age.unwrap_or(*FRESH.start()).clamp(*FRESH.start(), *FRESH.end());
        Ok(Held { keys, fresh_until: now + fresh, usable_until: now + STALE })
    }
}
