//! The states of the process, read when somebody asks.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use prometheus::{
    GaugeVec, IntGaugeVec, Opts, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use super::name;
use crate::{
    crd::TodoChat,
    kinds::Kind,
    leading::Fence,
    names::ObjectKey,
    queue::Queue,
    status,
    watching::{Health, Store, Watched},
};

/// Where the states are.
pub struct Sources {
    /// The queue.
    pub queue: Arc<Queue>,
    /// What the watches have seen.
    pub store: Arc<Store>,
    /// How the watches are.
    pub health: Arc<Health>,
    /// Whether this process leads.
    pub fence: Fence,
    /// Whether there is a metric for each condition of each object.
    pub objects: bool,
}

/// Reads the states.
pub struct Live {
    sources: Sources,
    gauges: Gauges,
}

struct Gauges {
    queue_depth: IntGaugeVec,
    in_flight: IntGaugeVec,
    watch_last_event: GaugeVec,
    watch_restarts: IntGaugeVec,
    store_objects: IntGaugeVec,
    api_group_available: IntGaugeVec,
    leader: IntGaugeVec,
    lease_renew_age: GaugeVec,
    object_condition: IntGaugeVec,
    last_backup: IntGaugeVec,
    last_verified: IntGaugeVec,
    last_rotation: IntGaugeVec,
    build_info: IntGaugeVec,
}

impl Live {
    /// Registers it.
    pub fn register(registry: &Registry, sources: Sources) -> prometheus::Result<()> {
        registry.register(Box::new(Self { sources, gauges: Gauges::new()? }))
    }

    fn read(&self) {
        self.read_queue();
        self.read_watches();
        self.read_lease();
        self.read_objects();
    }

    fn read_queue(&self) {
        let depth = self.sources.queue.depth();
        let set = |gauge: &IntGaugeVec, label: &str, value: usize| {
            gauge.with_label_values(&[label]).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.gauges.queue_depth, "fresh", depth.fresh);
        set(&self.gauges.queue_depth, "other", depth.other);
        set(&self.gauges.in_flight, "running", depth.running);
        set(&self.gauges.in_flight, "backoff", depth.in_backoff);
    }

    fn read_watches(&self) {
        let Gauges { watch_last_event, watch_restarts, store_objects, api_group_available, .. } =
            &self.gauges;
        for (watched, namespace, health) in self.sources.health.streams_now() {
            let labels = [watched.label(), namespace.as_str()];
            watch_last_event
                .with_label_values(&labels)
                .set(health.last_heard.elapsed().as_secs_f64());
            for (cause, count) in &health.ended {
                let labels = [watched.label(), namespace.as_str(), cause];
                watch_restarts
                    .with_label_values(&labels)
                    .set(i64::try_from(*count).unwrap_or(i64::MAX));
            }
            let kept = i64::try_from(self.sources.store.count(watched)).unwrap_or(i64::MAX);
            store_objects.with_label_values(&[watched.label()]).set(kept);
        }
        let available = self.sources.store.available();
        for kind in Kind::all().filter(|kind| kind.is_optional()) {
            let there = i64::from(available.contains(&kind));
            api_group_available.with_label_values(&[kind.group()]).set(there);
        }
        let objects = i64::try_from(self.sources.store.count(Watched::Objects)).unwrap_or(i64::MAX);
        store_objects.with_label_values(&[Watched::Objects.label()]).set(objects);
    }

    fn read_lease(&self) {
        let fence = &self.sources.fence;
        self.gauges.leader.with_label_values::<&str>(&[]).set(i64::from(fence.is_open()));
        let age = fence.renewed_at().elapsed().as_secs_f64();
        self.gauges.lease_renew_age.with_label_values::<&str>(&[]).set(age);
    }

    fn read_objects(&self) {
        self.gauges.object_condition.reset();
        self.gauges.last_backup.reset();
        self.gauges.last_verified.reset();
        self.gauges.last_rotation.reset();
        if !self.sources.objects {
            return;
        }
        for key in self.sources.store.keys() {
            let stored = self.sources.store.object(&key);
            let Some(object) = stored.and_then(|stored| stored.parse::<TodoChat>().ok()) else {
                continue;
            };
            for condition in object.status.iter().flat_map(|status| &status.conditions) {
                let status = format!("{:?}", condition.status);
                let labels =
                    [&*key.namespace, &*key.name, &condition.kind, &status, &condition.reason];
                self.gauges.object_condition.with_label_values(&labels).set(1);
            }
            self.read_rotation(&key, &object);
            if object.spec.database.backup.is_some() {
                self.read_backup(&key);
            }
        }
    }

    fn read_rotation(&self, key: &ObjectKey, object: &TodoChat) {
        let database = object.status.as_ref().and_then(|status| status.database.as_ref());
        let last = database.and_then(|database| database.last_rotation.as_deref());
        if let Some(at) = last.and_then(|at| at.parse::<DateTime<Utc>>().ok()) {
            let labels = [&*key.namespace, &*key.name];
            self.gauges.last_rotation.with_label_values(&labels).set(at.timestamp());
        }
    }

    fn read_backup(&self, key: &ObjectKey) {
        let world = self.sources.store.world(key);
        let labels = [&*key.namespace, &*key.name];
        if let Some(at) = status::last_backup(&world, &key.name) {
            self.gauges.last_backup.with_label_values(&labels).set(at.timestamp());
        }
        if let Some(at) = status::last_verified(&world, &key.name) {
            self.gauges.last_verified.with_label_values(&labels).set(at.timestamp());
        }
    }
}

impl Gauges {
    fn new() -> prometheus::Result<Self> {
        let gauges = |short: &str, help: &str, labels: &[&str]| {
            IntGaugeVec::new(Opts::new(name(short), help), labels)
        };
        let seconds = |short: &str, help: &str, labels: &[&str]| {
            GaugeVec::new(Opts::new(name(short), help), labels)
        };
        let build_info = gauges("build_info", "This release", &["version"])?;
        build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Self {
            queue_depth: gauges("queue_depth", "Objects in the queue", &["lane"])?,
            in_flight: gauges(
                "objects_in",
                "Objects being looked at, or waiting after a failure",
                &["state"],
            )?,
            watch_last_event: seconds(
                "watch_last_event_seconds",
                "Since when a watch was not heard",
                &["kind", "namespace"],
            )?,
            watch_restarts: gauges(
                "watch_restarts",
                "How often a watch began anew",
                &["kind", "namespace", "cause"],
            )?,
            store_objects: gauges("store_objects", "Objects that are kept", &["kind"])?,
            api_group_available: gauges(
                "api_group_available",
                "Whether the cluster has an optional group",
                &["group"],
            )?,
            leader: gauges("leader", "Whether this process leads", &[])?,
            lease_renew_age: seconds(
                "lease_renew_age_seconds",
                "Since when the lease was not renewed",
                &[],
            )?,
            object_condition: gauges(
                "object_condition",
                "The conditions of the objects",
                &["namespace", "name", "type", "status", "reason"],
            )?,
            last_backup: gauges(
                "object_last_backup_timestamp_seconds",
                "When the last backup that succeeded was due",
                &["namespace", "name"],
            )?,
            last_rotation: gauges(
                "object_last_rotation_timestamp_seconds",
                "When the database login in use took over from another",
                &["namespace", "name"],
            )?,
            last_verified: gauges(
                "object_last_verified_backup_timestamp_seconds",
                "When the last trial of a backup that succeeded was due",
                &["namespace", "name"],
            )?,
            build_info,
        })
    }

    fn all(&self) -> [&dyn Collector; 13] {
        let Self {
            queue_depth,
            in_flight,
            watch_last_event,
            watch_restarts,
            store_objects,
            api_group_available,
            leader,
            lease_renew_age,
            object_condition,
            last_backup,
            last_verified,
            last_rotation,
            build_info,
        } = self;
        [
            queue_depth,
            in_flight,
            watch_last_event,
            watch_restarts,
            store_objects,
            api_group_available,
            leader,
            lease_renew_age,
            object_condition,
            last_backup,
            last_verified,
            last_rotation,
            build_info,
        ]
    }
}

impl Collector for Live {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.gauges.all().into_iter().flat_map(Collector::collect).collect()
    }
}
