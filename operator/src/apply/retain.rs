//! Data that outlives its object: it loses its owner, so that the garbage collector leaves it, and is labelled, so that
//! people, and a later object of the same name, find it.

use serde_json::{Value, json};

use super::{Applier, ApplyError};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, ObjectKey, Part, RETAINED_LABEL},
    world::World,
};

/// What outlives its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its volumes or the cluster that has them, and what its database is opened with.
    Data,
    /// The volume of its backups.
    Backups,
}

impl Applier {
    /// Keeps what outlives the object. Says what was not kept before; done again, it does nothing.
    pub async fn retain(
        &self,
        world: &World,
        key: &ObjectKey,
        uid: &str,
        what: Kept,
    ) -> Result<Vec<ChildId>, ApplyError> {
        let mut kept = Vec::new();
        let is_kept = |id: &ChildId| match what {
            Kept::Data => is_data(&key.name, id),
            Kept::Backups => is_backup(key, id),
        };
        let data = world.children.iter().filter(|(id, found)| !found.deleting && is_kept(id));
        for (id, found) in data {
            let is_kept = found.retained && !found.is_controlled_by(uid);
            if !is_kept && self.keep(key, id, uid).await? {
                kept.push(id.clone());
            }
        }
        Ok(kept)
    }

    /// Keeps one; says whether it was there to be kept.
    async fn keep(&self, key: &ObjectKey, id: &ChildId, uid: &str) -> Result<bool, ApplyError> {
        let read = |error| ApplyError::Read(id.clone(), error);
        let live = self.writer.get_metadata(id.kind, &key.namespace, &id.name).await;
        let Some(live) = live.map_err(read)? else { return Ok(false) };
        let body = without_owner(&live["metadata"], uid);
        let written = self.writer.merge(id.kind, &key.namespace, &id.name, &body).await;
        written.map(|_| true).map_err(|error| ApplyError::Write(id.clone(), error))
    }
}

/// A merge patch of precisely this version: lists are replaced as a whole.
fn without_owner(metadata: &Value, uid: &str) -> Value {
    let owners = metadata["ownerReferences"].as_array().into_iter().flatten();
    let others: Vec<&Value> = owners.filter(|owner| owner["uid"] != uid).collect();
    json!({ "metadata": {
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
        "labels": { RETAINED_LABEL: "true" },
        "ownerReferences": if others.is_empty() { Value::Null } else { json!(others) },
    }})
}

/// Whether it is data of the object: its volumes or the cluster that has them, or what its database is opened with.
pub fn is_data(object: &str, id: &ChildId) -> bool {
    let logins = names::database_secrets(object);
    match id.kind {
        Kind::PersistentVolumeClaim | Kind::CnpgCluster => true,
        Kind::Secret => logins.iter().any(|login| **login == *id.name),
        _ => false,
    }
}

fn is_backup(key: &ObjectKey, id: &ChildId) -> bool {
    id.kind == Kind::PersistentVolumeClaim && *id.name == *Part::Backup.name(&key.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_reference_goes() {
        let metadata = json!({
            "uid": "s", "resourceVersion": "7", "ownerReferences": [{"uid": "ours"}, {"uid": "theirs"}],
        });
        let patch = without_owner(&metadata, "ours");
        assert_eq!(patch["metadata"]["ownerReferences"], json!([{"uid": "theirs"}]));
        assert_eq!(patch["metadata"]["resourceVersion"], "7");
        let patch = without_owner(&json!({"ownerReferences": [{"uid": "ours"}]}), "ours");
        assert_eq!(patch["metadata"]["ownerReferences"], Value::Null);
    }

    #[test]
    fn volumes_and_logins_are_data() {
        let is = |kind, name: &str| is_data("team", &ChildId::new(kind, name));
        assert!(is(Kind::PersistentVolumeClaim, "team-db") && is(Kind::CnpgCluster, "team-db"));
        for login in ["team-db", "team-db-login", "team-db-migrator"] {
            assert!(is(Kind::Secret, login), "{login}");
        }
        assert!(!is(Kind::Secret, "team-signing-keys") && !is(Kind::ConfigMap, "team-db"));
    }
}
