//! Who has changed a field that the operator had set: managed fields tell whose each field is now.

use std::collections::BTreeSet;

use serde_json::Value;

use super::path::FieldPath;
use crate::names::FIELD_MANAGER;

/// The fields of the operator (`fieldsV1`), as it applied them last; `None` if the object does not tell.
pub(super) fn own_fields(live: &Value) -> Option<&Value> {
    let mut own = entries(live).filter(|entry| is_own(entry));
    own.find(|entry| entry["operation"] == "Apply").map(|entry| &entry["fieldsV1"])
}

/// Whether the field is the operator's, whichever way it was written.
pub(super) fn is_ours(path: &FieldPath, live: &Value) -> bool {
    entries(live).any(|entry| is_own(entry) && path.within(&entry["fieldsV1"]).is_some())
}

/// The other managers who have one of these fields now. Nobody has a field that was removed.
pub(super) fn others(paths: &[FieldPath], live: &Value) -> BTreeSet<String> {
    let others = entries(live).filter(|entry| !is_own(entry));
    let takers = others.filter(|entry| {
        let fields = &entry["fieldsV1"];
        paths.iter().any(|path| path.within(fields).is_some())
    });
    takers.filter_map(|entry| entry["manager"].as_str().map(str::to_owned)).collect()
}

fn entries(live: &Value) -> impl Iterator<Item = &Value> {
    live["metadata"]["managedFields"].as_array().into_iter().flatten()
}

fn is_own(entry: &Value) -> bool {
    entry["manager"] == FIELD_MANAGER
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live() -> Value {
        json!({"metadata": {"managedFields": [
            {"manager": "todochat-operator", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {}}}},
            {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status",
             "fieldsV1": {"f:status": {"f:replicas": {}}}},
        ]}})
    }

    fn path(field: &str) -> FieldPath {
        FieldPath::default().field("spec").field(field)
    }

    #[test]
    fn whoever_has_the_field_now_is_named() {
        assert_eq!(
            others(&[path("replicas")], &live()),
            BTreeSet::from(["kubectl-edit".to_owned()])
        );
        assert_eq!(others(&[path("template"), path("gone")], &live()), BTreeSet::new());
        assert_eq!(others(&[path("replicas")], &json!({})), BTreeSet::new());
    }

    #[test]
    fn our_own_fields_are_those_that_were_applied() {
        assert_eq!(own_fields(&live()), Some(&json!({"f:spec": {"f:template": {}}})));
        assert_eq!(own_fields(&json!({"metadata": {}})), None);
        assert!(is_ours(&path("template"), &live()) && !is_ours(&path("replicas"), &live()));
    }
}
