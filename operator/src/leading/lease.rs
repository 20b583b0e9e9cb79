//! What stands in the Lease, and how it is watched.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api,
    api::{ObjectMeta, WatchEvent, WatchParams},
};
use tokio::time::Instant;

use super::LEASE;

/// Who has it, if anybody has.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// How long it lives without being renewed, by its own word.
pub(super) fn lives(lease: &Lease, default: Duration) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(default, Duration::from_secs)
}

/// The Lease as `identity` writes it over what it has `seen`, whose version it names. Times are for people to read.
pub(super) fn claim(
    seen: Option<&Lease>,
    identity: &str,
    duration: Duration,
    taken: bool,
) -> Lease {
    let now = MicroTime(Timestamp::now());
    let old = seen.and_then(|lease| lease.spec.clone()).unwrap_or_default();
    let changed_hands = taken && seen.is_some_and(|lease| holder(lease) != Some(identity));
    let spec = LeaseSpec {
        holder_identity: Some(identity.to_owned()),
        lease_duration_seconds: i32::try_from(duration.as_secs()).ok(),
        acquire_time: if taken { Some(now.clone()) } else { old.acquire_time },
        renew_time: Some(now),
        lease_transitions: Some(
            old.lease_transitions.unwrap_or_default() + i32::from(changed_hands),
        ),
        ..LeaseSpec::default()
    };
    let metadata = seen.map_or_else(
        || ObjectMeta { name: Some(LEASE.to_owned()), ..ObjectMeta::default() },
        |lease| ObjectMeta { managed_fields: None, ..lease.metadata.clone() },
    );
    Lease { metadata, spec: Some(spec) }
}

/// The Lease with nobody in it: whoever sees it takes it at once.
pub(super) fn released(mut lease: Lease) -> Lease {
    let spec = lease.spec.get_or_insert_default();
    spec.holder_identity = Some(String::new());
    spec.lease_duration_seconds = Some(1);
    lease.metadata.managed_fields = None;
    lease
}

/// What is heard of the Lease.
#[derive(Debug)]
pub(super) enum Change {
    /// Somebody has written it.
    Written(Box<Lease>),
    /// Somebody has deleted it.
    Gone,
}

/// What happens to the Lease after it was `seen`.
pub(super) async fn changes(
    api: &Api<Lease>,
    seen: &Lease,
) -> Result<BoxStream<'static, Result<Change, kube::Error>>, kube::Error> {
    let parameters = WatchParams::default().fields(&format!("metadata.name={LEASE}")).timeout(3000);
    let version = seen.metadata.resource_version.as_deref().unwrap_or("0");
    let events = api.watch(&parameters, version).await?;
    let changes = events.try_filter_map(async |event| {
        Ok(match event {
            WatchEvent::Added(lease) | WatchEvent::Modified(lease) => {
                Some(Change::Written(Box::new(lease)))
            }
            WatchEvent::Deleted(_) => Some(Change::Gone),
            WatchEvent::Bookmark(_) => None,
            // Too old to go on from: the next look begins with a read.
            WatchEvent::Error(status) => return Err(kube::Error::Api(status)),
        })
    });
    Ok(changes.boxed())
}

/// A Lease that somebody else holds, as a follower sees it.
#[derive(Debug)]
pub(super) struct Rival {
    lease: Lease,
    gone: bool,
    /// How long its holder may act, unless something is heard of it.
    pub(super) until: Instant,
}

impl Rival {
    /// As it was just seen.
    pub(super) fn seen(lease: Lease, default: Duration) -> Self {
        Self { until: Instant::now() + lives(&lease, default), lease, gone: false }
    }

    /// Whether somebody other than `identity` holds it. Who holds one that was deleted does not know that yet.
    pub(super) fn is_held(&self, identity: &str) -> bool {
        self.gone || holder(&self.lease).is_some_and(|holder| holder != identity)
    }

    pub(super) fn take_in(&mut self, change: Change, default: Duration) {
        match change {
            Change::Gone => self.gone = true,
            Change::Written(lease) if self.is_this(&lease) => {}
            Change::Written(lease) => *self = Self::seen(*lease, default),
        }
    }

    fn is_this(&self, lease: &Lease) -> bool {
        !self.gone && lease.metadata.resource_version == self.lease.metadata.resource_version
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// What there is to take over; nothing if it is gone.
    pub(super) fn left(self) -> Option<Lease> {
        (!self.gone).then_some(self.lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DURATION: Duration = Duration::from_secs(8);

    #[test]
    fn a_renewal_keeps_the_time_of_taking_and_the_count() {
        let taken = claim(None, "a", DURATION, true);
        let renewed = claim(Some(&taken), "a", DURATION, false);
        let (taken, renewed) = (taken.spec.unwrap(), renewed.spec.unwrap());
        assert_eq!(renewed.acquire_time, taken.acquire_time);
        assert_eq!(renewed.lease_transitions, Some(0));
    }

    #[test]
    fn a_change_of_hands_is_counted() {
        let first = claim(None, "a", DURATION, true);
        let second = claim(Some(&first), "b", DURATION, true);
        let again = claim(Some(&second), "b", DURATION, true);
        assert_eq!(second.spec.unwrap().lease_transitions, Some(1));
        assert_eq!(again.spec.unwrap().lease_transitions, Some(1));
    }

    #[test]
    fn what_is_written_names_the_version_that_was_seen() {
        let mut seen = claim(None, "a", DURATION, true);
        seen.metadata.resource_version = Some("7".to_owned());
        assert_eq!(
            claim(Some(&seen), "b", DURATION, true).metadata.resource_version.as_deref(),
            Some("7")
        );
    }

    #[test]
    fn a_lease_that_was_given_up_has_no_holder() {
        let lease = released(claim(None, "a", DURATION, true));
        assert_eq!(holder(&lease), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_deleted_is_held_for_as_long_as_it_would_have_lived() {
        let mut rival = Rival::seen(claim(None, "a", DURATION, true), DURATION);
        let until = rival.until;
        tokio::time::advance(Duration::from_secs(3)).await;
        rival.take_in(Change::Gone, DURATION);
        assert!(rival.is_held("b") && rival.until == until);
        assert!(rival.left().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_renewed_lives_on_and_one_that_is_given_up_is_free() {
        let first = claim(None, "a", DURATION, true);
        let mut rival = Rival::seen(first.clone(), DURATION);
        tokio::time::advance(Duration::from_secs(3)).await;
        let mut renewed = claim(Some(&first), "a", DURATION, false);
        renewed.metadata.resource_version = Some("8".to_owned());
        rival.take_in(Change::Written(Box::new(renewed.clone())), DURATION);
        assert_eq!(rival.until, Instant::now() + DURATION);
        let mut freed = released(renewed);
        freed.metadata.resource_version = Some("9".to_owned());
        rival.take_in(Change::Written(Box::new(freed)), DURATION);
        assert!(!rival.is_held("b") && rival.left().is_some());
    }
}
