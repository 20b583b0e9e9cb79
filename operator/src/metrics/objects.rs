//! How the objects are: one look at each, whoever asks.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    credentials::Credentials,
    family::{Family, whole},
    live::Sources,
    tools::Tools,
};
use crate::{
    crd::{TodoChat, TodoChatStatus},
    names::ObjectKey,
    status,
    watching::Watched,
    world::World,
};

/// What is told of the objects. A series has the namespace and the name of its object, and goes with it.
pub(super) struct Objects {
    condition: Family,
    info: Family,
    malformed: Family,
    schema_version: Family,
    migration_duration: Family,
    last_backup: Family,
    last_verified: Family,
    credentials: Credentials,
    tools: Tools,
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
            info: Family::gauge(
                "object_info",
                "The release that an object is as, its database, and by what it is exposed",
                &["namespace", "name", "version", "database", "exposure"],
            )?,
            malformed: Family::gauge(
                "store_malformed",
                "Objects that are kept and cannot be read",
                &["kind"],
            )?,
            schema_version: Family::gauge(
                "schema_version",
                "The release whose schema the database has",
                &["namespace", "name", "version"],
            )?,
            migration_duration: Family::gauge(
                "migration_duration_seconds",
                "How long the last migration took, while its Job is there",
                of_object,
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
            credentials: Credentials::new()?,
            tools: Tools::new()?,
        })
    }

    pub(super) fn all(&self) -> Vec<&Family> {
        let own = [
            &self.condition,
            &self.info,
            &self.malformed,
            &self.schema_version,
            &self.migration_duration,
            &self.last_backup,
            &self.last_verified,
        ];
        own.into_iter().chain(self.credentials.all()).chain(self.tools.all()).collect()
    }

    pub(super) fn read(&self, sources: &Sources) {
        let mut malformed = 0_usize;
        for key in sources.store.keys() {
            let Some(stored) = sources.store.object(&key) else { continue };
            match stored.parse::<TodoChat>() {
                Ok(object) => self.read_object(&key, &object, sources),
                Err(_) => malformed += 1,
            }
        }
        self.malformed.add(&[Watched::Objects.label()], whole(malformed));
    }

    fn read_object(&self, key: &ObjectKey, object: &TodoChat, sources: &Sources) {
        self.read_info(key, object);
        if let Some(seconds) = sources.store.migration_seconds(key) {
            self.migration_duration.add(&[&*key.namespace, &*key.name], f64::from(seconds));
        }
        if object.spec.database.backup.is_some() {
            self.read_backup(key, &sources.store.world(key));
        }
        self.credentials.read(key, object, &sources.secrets.records(key), sources.clock.now());
        self.tools.read(key, object, &sources.prober.durations(key));
    }

    /// What stands in the object itself.
    pub(super) fn read_info(&self, key: &ObjectKey, object: &TodoChat) {
        let place = [&*key.namespace, &*key.name];
        let status = object.status.as_ref();
        let version = status.and_then(|status| status.operator_version.as_deref());
        let (database, exposure) =
            (word(object.spec.database.mode), word(object.spec.exposure.kind));
        let labels = [place[0], place[1], version.unwrap_or_default(), &database, &exposure];
        self.info.add(&labels, 1.0);
        if let Some(status) = status {
            self.read_status(place, status);
        }
    }

    fn read_status(&self, [namespace, name]: [&str; 2], status: &TodoChatStatus) {
        for condition in &status.conditions {
            let holds = format!("{:?}", condition.status);
            let labels = [namespace, name, &condition.kind, &holds, &condition.reason];
            self.condition.add(&labels, 1.0);
        }
        let database = status.database.as_ref();
        if let Some(version) = database.and_then(|database| database.schema_version.as_deref()) {
            self.schema_version.add(&[namespace, name, version], 1.0);
        }
    }

    fn read_backup(&self, key: &ObjectKey, world: &World) {
        let told = |family: &Family, at: Option<DateTime<Utc>>| {
            if let Some(at) = at {
                family.add(&[&*key.namespace, &*key.name], whole(at.timestamp()));
            }
        };
        told(&self.last_backup, status::last_backup(world, &key.name));
        told(&self.last_verified, status::last_verified(world, &key.name));
    }
}

/// A choice of the spec as it stands there.
fn word(choice: impl Serialize) -> String {
    let value = serde_json::to_value(choice).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
