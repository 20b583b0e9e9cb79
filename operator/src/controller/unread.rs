//! The end of an object that is stored and cannot be read: whatever is wrong with it, it must not stay for that.

use kube::core::ObjectMeta;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Controller,
    finalizing::{is_held, not_taken},
    look_error::LookError,
    looked::Looked,
};
use crate::{
    crd::{DeletionPolicy, TodoChat, TodoChatSpec},
    names::ObjectKey,
    watching::Stored,
};

impl Controller {
    /// The object is being deleted, and this is all that could be read of it: too little for a last backup.
    pub(super) async fn finalize_unread(
        &self,
        key: &ObjectKey,
        mut object: TodoChat,
    ) -> Result<Looked, LookError> {
        if object.spec.deletion_policy == DeletionPolicy::Snapshot && is_held(&object) {
            object.spec.deletion_policy = DeletionPolicy::Retain;
            self.tell_notice(key, &object, not_taken("the object cannot be read"));
        }
        Box::pin(self.finalize(key, object)).await
    }
}

/// What an object's end needs of it, if it is being deleted. What cannot be read of how its data is to be kept is taken as not
/// said, and then it is kept.
pub(super) fn remains(stored: &Stored) -> Option<TodoChat> {
    remains_of(&stored.parse::<Value>().ok()?)
}

fn remains_of(object: &Value) -> Option<TodoChat> {
    let metadata: ObjectMeta = read(&object["metadata"])?;
    metadata.deletion_timestamp.as_ref()?;
    let said = &object["spec"];
    let mut spec: TodoChatSpec = read(&json!({})).expect("nothing in a spec must be said");
    spec.deletion_policy = read(&said["deletionPolicy"]).unwrap_or_default();
    spec.database.mode = read(&said["database"]["mode"]).unwrap_or_default();
    Some(TodoChat { metadata, spec, status: read(&object["status"]) })
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use kube::ResourceExt as _;

    use super::*;
    use crate::crd::DatabaseMode;

    fn going(spec: &Value) -> Value {
        json!({
            "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat",
            "metadata": {
                "namespace": "people", "name": "team", "uid": "u", "resourceVersion": "7",
                "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["todochat.dev/data"],
            },
            "spec": spec,
        })
    }

    #[test]
    fn data_is_kept_unless_it_can_be_read_that_it_shall_not_be() {
        for (spec, expected) in [
            (json!({"deletionPolicy": "Delete", "chat": 7}), DeletionPolicy::Delete),
            (json!({"deletionPolicy": "Snapshot", "toolServers": {}}), DeletionPolicy::Snapshot),
            (json!({"deletionPolicy": "Burn"}), DeletionPolicy::Retain),
            (json!({"deletionPolicy": ["Delete"]}), DeletionPolicy::Retain),
            (json!({"chat": {"streaming": 1}}), DeletionPolicy::Retain),
            (json!("Delete"), DeletionPolicy::Retain),
            (Value::Null, DeletionPolicy::Retain),
        ] {
            let object = remains_of(&going(&spec)).unwrap();
            assert_eq!(object.spec.deletion_policy, expected, "{spec}");
            assert_eq!(object.finalizers(), ["todochat.dev/data"]);
            assert_eq!(object.uid().as_deref(), Some("u"));
        }
    }

    #[test]
    fn whose_the_data_is_and_what_was_said_is_read_where_it_can_be() {
        let mut object = going(&json!({"database": {"mode": "CNPG", "cnpg": 1}}));
        object["status"] = json!({"observedGeneration": 3});
        let read = remains_of(&object).unwrap();
        assert_eq!(read.spec.database.mode, DatabaseMode::Cnpg);
        assert_eq!(read.status.unwrap().observed_generation, Some(3));
        object["status"] = json!({"conditions": 3});
        assert_eq!(remains_of(&object).unwrap().status, None);
    }

    #[test]
    fn an_object_that_stays_is_not_taken_for_one_that_goes() {
        let mut object = going(&json!({}));
        object["metadata"].as_object_mut().unwrap().remove("deletionTimestamp");
        assert_eq!(remains_of(&object), None);
    }
}
