//! How the process is: its queue, its watches and what they have brought, its Lease, its budget of writes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    family::{Family, whole},
    live::Sources,
};
use crate::{
    kinds::Kind,
    leading::{Fence, Transitions},
    queue::Queue,
    watching::{Health, Store, Watched},
};

/// What is told of the process.
pub(super) struct Process {
    queue_depth: Family,
    in_flight: Family,
    in_backoff: Family,
    write_budget: Family,
    watch_last_event: Family,
    watch_restarts: Family,
    store_objects: Family,
    api_group_available: Family,
    leader: Family,
    lease_transitions: Family,
    lease_renew_age: Family,
    build_info: Family,
}

impl Process {
    pub(super) fn new() -> prometheus::Result<Self> {
        Ok(Self {
            queue_depth: Family::gauge("queue_depth", "Objects in the queue", &["lane"])?,
            in_flight: Family::gauge("in_flight", "Objects being looked at", &[])?,
            in_backoff: Family::gauge("in_backoff", "Objects waiting after a failure", &[])?,
            write_budget: Family::gauge(
                "write_budget_remaining",
                "Writes that could go at once; none is told where there is no limit",
                &[],
            )?,
            watch_last_event: Family::gauge(
                "watch_last_event_seconds",
                "Since when a watch was not heard",
                &["kind", "namespace"],
            )?,
            watch_restarts: Family::counter(
                "watch_restarts_total",
                "How often a watch began anew",
                &["kind", "namespace", "cause"],
            )?,
            store_objects: Family::gauge("store_objects", "Objects that are kept", &["kind"])?,
            api_group_available: Family::gauge(
                "api_group_available",
                "Whether the cluster has an optional group",
                &["group"],
            )?,
            leader: Family::gauge("leader", "Whether this process leads", &[])?,
            lease_transitions: Family::counter(
                "lease_transitions_total",
                "How often the lease has changed hands, by its own word",
                &[],
            )?,
            lease_renew_age: Family::gauge(
                "lease_renew_age_seconds",
                "Since when the lease was not renewed",
                &[],
            )?,
            build_info: Family::gauge("build_info", "This release", &["version"])?,
        })
    }

    pub(super) fn all(&self) -> Vec<&Family> {
        vec![
            &self.queue_depth,
            &self.in_flight,
            &self.in_backoff,
            &self.write_budget,
            &self.watch_last_event,
            &self.watch_restarts,
            &self.store_objects,
            &self.api_group_available,
            &self.leader,
            &self.lease_transitions,
            &self.lease_renew_age,
            &self.build_info,
        ]
    }

    pub(super) fn read(&self, sources: &Sources) {
        self.read_queue(&sources.queue);
        self.read_watches(&sources.health);
        self.read_store(&sources.store, &sources.health);
        self.read_lease(&sources.fence, &sources.transitions);
        if let Some(writes) = sources.writer.budget_remaining() {
            self.write_budget.add(&[], f64::from(writes));
        }
        self.build_info.add(&[env!("CARGO_PKG_VERSION")], 1.0);
    }

    fn read_queue(&self, queue: &Queue) {
        let depth = queue.depth();
        self.queue_depth.add(&["fresh"], whole(depth.fresh));
        self.queue_depth.add(&["other"], whole(depth.other));
        self.in_flight.add(&[], whole(depth.running));
        self.in_backoff.add(&[], whole(depth.in_backoff));
    }

    fn read_watches(&self, health: &Health) {
        for (watched, namespace, stream) in health.streams_now() {
            let labels = [watched.label(), namespace.as_str()];
            self.watch_last_event.add(&labels, stream.last_heard.elapsed().as_secs_f64());
            for (cause, times) in &stream.ended {
                let labels = [watched.label(), namespace.as_str(), cause];
                self.watch_restarts.add(&labels, whole(*times));
            }
        }
    }

    /// There may be several watches of a kind, each in its namespace; what they bring is kept together.
    fn read_store(&self, store: &Store, health: &Health) {
        let streams = health.streams_now().into_iter().map(|(watched, ..)| watched);
        let watched: BTreeSet<Watched> = streams.chain([Watched::Objects]).collect();
        for watched in watched {
            self.store_objects.add(&[watched.label()], whole(store.count(watched)));
        }
        let available = store.available();
        let mut groups = BTreeMap::new();
        for kind in Kind::all().filter(|kind| kind.is_optional()) {
            *groups.entry(kind.group()).or_insert(false) |= available.contains(&kind);
        }
        for (group, is_there) in groups {
            self.api_group_available.add(&[group], f64::from(is_there));
        }
    }

    fn read_lease(&self, fence: &Fence, transitions: &Transitions) {
        self.leader.add(&[], f64::from(fence.is_open()));
        self.lease_renew_age.add(&[], fence.renewed_at().elapsed().as_secs_f64());
        if let Some(times) = transitions.seen() {
            self.lease_transitions.add(&[], f64::from(times));
        }
    }
}
