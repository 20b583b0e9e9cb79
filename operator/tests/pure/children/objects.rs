//! Every object: its name, its labels, its owner; and nothing that is not meant.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};
use todochat_operator::kinds::Kind;

use super::{Sent, items, name, texts};

pub(super) fn check(sent: &Sent<'_>) {
    for (kind, object) in &sent.objects {
        check_metadata(sent, &object["metadata"]);
        let longest = if *kind == Kind::CronJob { 52 } else { 63 };
        assert!(name(object).len() <= longest, "{} is too long", name(object));
        assert_meant(object, &mut vec![kind.as_str()]);
        assert!(object.get("status").is_none(), "{} tells its status", name(object));
    }
    for plan in &sent.children.secrets {
        check_metadata(sent, &json!(plan.metadata));
        assert!(!plan.entries.is_empty());
    }
    names_are_unique(sent);
    check_replicas(sent);
}

fn check_metadata(sent: &Sent<'_>, metadata: &Value) {
    let owner = &sent.validated.owner;
    let read: ObjectMeta = serde_json::from_value(metadata.clone()).unwrap();
    let name = read.name.expect("it has a name");
    assert!(name.len() <= 63 && is_label(&name), "{name} is no DNS label");
    assert!(name.starts_with(&owner.name), "{name} does not begin with its object's name");
    assert_eq!(read.namespace.as_ref(), Some(&owner.namespace));
    let reference = json!([{
        "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "name": owner.name, "uid": owner.uid,
        "controller": true, "blockOwnerDeletion": true,
    }]);
    assert_eq!(metadata["ownerReferences"], reference);
    let labels = texts(&metadata["labels"]);
    assert_eq!(labels["app.kubernetes.io/managed-by"], "todochat-operator");
    assert_eq!(labels["app.kubernetes.io/instance"], owner.name);
    assert_eq!(labels["todochat.dev/object"], owner.name);
    assert!(labels.contains_key("app.kubernetes.io/component"));
    assert!(labels.values().all(|value| value.len() <= 63), "{labels:?}");
}

fn is_label(name: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.chars().all(inside) && !name.starts_with('-') && !name.ends_with('-')
}

/// Nothing null or empty is sent: with server-side apply it would become the operator's. What is empty in a policy means
/// everything there is.
fn assert_meant<'a>(value: &'a Value, path: &mut Vec<&'a str>) {
    let everything =
        matches!(path.last(), Some(&("podSelector" | "namespaceSelector" | "egress[]")));
    let empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty() && !everything,
        Value::Bool(_) | Value::Number(_) => false,
    };
    assert!(!empty, "{} is sent empty", path.join("."));
    for item in items(value) {
        path.push(if path.last() == Some(&"egress") { "egress[]" } else { "[]" });
        assert_meant(item, path);
        path.pop();
    }
    for (key, member) in value.as_object().into_iter().flatten() {
        path.push(key);
        assert_meant(member, path);
        path.pop();
    }
}

fn names_are_unique(sent: &Sent<'_>) {
    let secrets = sent.children.secrets.len();
    let ids = sent.children.ids();
    assert_eq!(ids.len(), sent.objects.len() + secrets, "two objects have one name");
    let held = &sent.children.held;
    assert!(ids.is_disjoint(held), "what is held is not built");
}

/// What an autoscaler drives has no number of its own, and where nothing shall run it is nought.
fn check_replicas(sent: &Sent<'_>) {
    for (kind, object) in &sent.objects {
        let replicas = &object["spec"]["replicas"];
        let is_chat = name(object) == format!("{}-chat", sent.owner());
        match kind {
            Kind::Deployment | Kind::StatefulSet if sent.validated.suspended => {
                assert_eq!(replicas, 0);
            }
            Kind::Deployment if is_chat && sent.validated.chat.autoscaling.is_some() => {
                assert!(replicas.is_null(), "the autoscaler would be fought");
            }
            Kind::Deployment | Kind::StatefulSet => assert!(replicas.is_number()),
            Kind::CronJob => {
                // While data is brought back, none is kept or tried.
                let rests = sent.validated.suspended || sent.validated.restore.is_some();
                assert_eq!(object["spec"]["suspend"] == true, rests);
            }
            Kind::Job => assert!(!sent.validated.suspended),
            _ => {}
        }
    }
}
