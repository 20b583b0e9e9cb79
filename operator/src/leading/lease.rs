//! What stands in the Lease, and how it is watched.

use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api,
    api::{ObjectMeta, WatchEvent, WatchParams},
};

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

/// Waits until the Lease is another than `seen`; `None` when it is gone.
pub(super) async fn watch_change(
    api: &Api<Lease>,
    seen: &Lease,
) -> Result<Option<Lease>, kube::Error> {
    let parameters = WatchParams::default().fields(&format!("metadata.name={LEASE}")).timeout(3000);
    let version = seen.metadata.resource_version.as_deref().unwrap_or("0");
    let events = api.watch(&parameters, version).await?;
    pin_mut!(events);
    while let Some(event) = events.next().await {
        match event? {
            WatchEvent::Added(lease) | WatchEvent::Modified(lease) => return Ok(Some(lease)),
            WatchEvent::Deleted(_) => return Ok(None),
            WatchEvent::Bookmark(_) => {}
            // Too old to go on from: the next look begins with a read.
            WatchEvent::Error(status) => return Err(kube::Error::Api(status)),
        }
    }
    api.get_opt(LEASE).await
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
}
