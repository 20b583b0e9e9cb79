//! How the objects are: one look at each, whoever asks.

use chrono::{DateTime, Utc};

use super::{
    family::{Family, whole},
    live::Sources,
};
use crate::{
    crd::{TodoChat, TodoChatStatus},
    names::ObjectKey,
    status,
    world::World,
};

/// What is told of the objects. Each series has the namespace and the name of its object, and goes with it.
pub(super) struct Objects {
    condition: Family,
    last_backup: Family,
    last_verified: Family,
    last_rotation: Family,
}

impl Objects {
    pub(super) fn new() -> prometheus::Result<Self> {
        let of_object = &["namespace", "name"];
        Ok(Self {
            condition: Family::gauge(
                "object_condition",
                "The conditions of the objects",
                &["namespace", "name", "type", "status", "reason"],
            )?,
            last_backup: Family::gauge(
                "backup_last_success_timestamp",
                "When the last backup that succeeded was due",
                of_object,
            )?,
            last_verified: Family::gauge(
                "backup_last_verified_timestamp",
                "When the last trial of a backup that succeeded was due",
                of_object,
            )?,
            last_rotation: Family::gauge(
                "object_last_rotation_timestamp_seconds",
                "When the database login in use took over from another",
                of_object,
            )?,
        })
    }

    pub(super) fn all(&self) -> Vec<&Family> {
        vec![&self.condition, &self.last_backup, &self.last_verified, &self.last_rotation]
    }

    pub(super) fn read(&self, sources: &Sources) {
        for key in sources.store.keys() {
            let stored = sources.store.object(&key);
            let Some(object) = stored.and_then(|stored| stored.parse::<TodoChat>().ok()) else {
                continue;
            };
            self.read_object(&key, &object, &sources.store.world(&key));
        }
    }

    fn read_object(&self, key: &ObjectKey, object: &TodoChat, world: &World) {
        let labels = [&*key.namespace, &*key.name];
        if let Some(status) = &object.status {
            self.read_status(labels, status);
        }
        if object.spec.database.backup.is_some() {
            let told = |family: &Family, at: Option<DateTime<Utc>>| {
                if let Some(at) = at {
                    family.add(&labels, whole(at.timestamp()));
                }
            };
            told(&self.last_backup, status::last_backup(world, &key.name));
            told(&self.last_verified, status::last_verified(world, &key.name));
        }
    }

    fn read_status(&self, [namespace, name]: [&str; 2], status: &TodoChatStatus) {
        for condition in &status.conditions {
            let holds = format!("{:?}", condition.status);
            let labels = [namespace, name, &condition.kind, &holds, &condition.reason];
            self.condition.add(&labels, 1.0);
        }
        let last = status.database.as_ref().and_then(|database| database.last_rotation.as_deref());
        if let Some(at) = last.and_then(|at| at.parse::<DateTime<Utc>>().ok()) {
            self.last_rotation.add(&[namespace, name], whole(at.timestamp()));
        }
    }
}
