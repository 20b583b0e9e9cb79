//! Lists whose items server-side apply tells apart by some of their members (`x-kubernetes-list-map-keys`). All others
//! belong to one manager as a whole.

use serde_json::{Map, Value, json};

use crate::{apply::path::FieldPath, kinds::Kind};

/// The members that tell the items of the list at `at` apart, in alphabetical order.
pub(super) fn merge_keys(kind: Kind, at: &FieldPath) -> Option<&'static [&'static str]> {
    match at.last_two() {
        ("metadata", "ownerReferences") => Some(&["uid"]),
        _ if kind.is_optional() => None,
        ("spec", "containers" | "initContainers" | "volumes" | "imagePullSecrets") => {
            Some(&["name"])
        }
        ("containers" | "initContainers", "env") => Some(&["name"]),
        ("containers" | "initContainers", "ports") => Some(&["containerPort", "protocol"]),
        ("containers" | "initContainers", "volumeMounts") => Some(&["mountPath"]),
        ("containers" | "initContainers", "volumeDevices") => Some(&["devicePath"]),
        ("spec", "ports") => Some(&["port", "protocol"]),
        ("spec", "topologySpreadConstraints") => Some(&["topologyKey", "whenUnsatisfiable"]),
        ("spec", "hostAliases") => Some(&["ip"]),
        _ => None,
    }
}

/// The keys of an item, defaults filled in.
pub(super) fn keys_of(item: &Value, keys: &[&str]) -> Value {
    let key = |key: &&str| match &item[key] {
        Value::Null if *key == "protocol" => ((*key).to_owned(), json!("TCP")),
        value => ((*key).to_owned(), value.clone()),
    };
    Value::Object(keys.iter().map(key).collect::<Map<_, _>>())
}

/// Whether a live item has these keys.
pub(super) fn has_keys(live: &Value, keys: &Value) -> bool {
    let keys = keys.as_object().into_iter().flatten();
    keys.into_iter().all(|(key, value)| live[key] == *value)
}
