//! Fields of a `TodoChat` that its definition does not have. serde passes over them; the API server refuses them when it is
//! asked strictly, as `kubectl apply` asks.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::crd;

/// The schema of the spec.
static SPEC: LazyLock<Value> = LazyLock::new(|| {
    let mut definition = serde_json::to_value(crd::definition()).expect("a definition is JSON");
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].take()
});

/// The paths of the fields that the definition does not have, e.g. `spec.chat.replica`. The status and the metadata are the
/// server's own business.
pub fn unknown_fields(document: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        match name.as_str() {
            "apiVersion" | "kind" | "metadata" | "status" => {}
            "spec" => find(&SPEC, value, name, &mut unknown),
            _ => unknown.push(name.clone()),
        }
    }
    unknown
}

/// Adds what is unknown in the value at `path`.
fn find(schema: &Value, value: &Value, path: &str, unknown: &mut Vec<String>) {
    match (value, known_fields(schema)) {
        (Value::Object(members), Some(known)) => {
            for (name, value) in members {
                let path = format!("{path}.{name}");
                match known.get(name) {
                    Some(schema) => find(schema, value, &path, unknown),
                    None => unknown.push(path),
                }
            }
        }
        (Value::Array(items), _) => {
            for (index, item) in items.iter().enumerate() {
                find(&schema["items"], item, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// The fields that an object may have, unless it may have any.
fn known_fields(schema: &Value) -> Option<&Map<String, Value>> {
    let any = schema["x-kubernetes-preserve-unknown-fields"] == true
        || schema.get("additionalProperties").is_some();
    schema["properties"].as_object().filter(|_| !any)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_definition_does_not_have_is_named_by_its_path() {
        let document = json!({
            "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "specs": {},
            "spec": {
                "chat": {"replica": 3, "auth": {"signup": "Open", "issuer": "x"}},
                "toolServers": [{"name": "todo"}, {"name": "wiki", "sorce": {}}],
            },
        });
        let mut unknown = unknown_fields(&document);
        unknown.sort();
        let paths =
            ["spec.chat.auth.issuer", "spec.chat.replica", "spec.toolServers[1].sorce", "specs"];
        assert_eq!(unknown, paths);
    }

    #[test]
    fn what_may_have_any_field_is_not_looked_into() {
        let pod = json!({
            "affinity": {"anything": {"goes": 1}}, "tolerations": [{"anything": "goes"}],
            "labels": {"anything": "goes"}, "nodeSelector": {"example.com/anything": "goes"},
        });
        let document = json!({
            "metadata": {"anything": 1}, "status": {"anything": 1}, "spec": {"chat": {"pod": pod}},
        });
        assert!(unknown_fields(&document).is_empty());
    }

    #[test]
    fn what_is_of_another_type_is_left_to_whoever_reads_it() {
        for spec in [json!(null), json!("text"), json!([{"a": 1}]), json!({"chat": 1})] {
            assert!(unknown_fields(&json!({ "spec": spec })).is_empty(), "{spec}");
        }
        assert!(unknown_fields(&json!(1)).is_empty());
        let replicas = json!({"spec": {"chat": {"replicas": {"a": 1}, "auth": [{"a": 1}]}}});
        assert!(unknown_fields(&replicas).is_empty());
    }
}
