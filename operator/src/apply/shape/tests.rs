use serde_json::json;

use super::*;

fn live() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "team-chat", "uid": "u", "resourceVersion": "7", "generation": 2,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "todochat-operator"}],
            "labels": {"a": "1", "b": "2"},
            "annotations": {"deployment.kubernetes.io/revision": "1", "todochat.dev/applied": "x"},
            "ownerReferences": [{"uid": "o", "controller": true}],
        },
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "chat", "image": "i:1"}]}}},
        "status": {"replicas": 2},
    })
}

fn changed(pointer: &str, to: Value) -> u64 {
    let mut live = live();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    live.pointer_mut(parent).unwrap()[key.replace("~1", "/")] = to;
    shape(&live)
}

#[test]
fn bookkeeping_does_not_show() {
    for (pointer, to) in [
        ("/status/replicas", json!(1)),
        ("/metadata/resourceVersion", json!("8")),
        ("/metadata/generation", json!(3)),
        ("/metadata/managedFields", json!([])),
        ("/metadata/creationTimestamp", json!("2027-01-01T00:00:00Z")),
        ("/metadata/deletionTimestamp", json!("2027-01-01T00:00:00Z")),
        ("/metadata/finalizers", json!(["foregroundDeletion"])),
        ("/metadata/annotations/deployment.kubernetes.io~1revision", json!("2")),
        ("/kind", Value::Null),
    ] {
        assert_eq!(changed(pointer, to), shape(&live()), "{pointer}");
    }
}

#[test]
fn whatever_somebody_changes_shows() {
    let mut shapes = std::collections::BTreeSet::from([shape(&live())]);
    let changes = [
        ("/metadata/labels/a", json!("2")),
        ("/metadata/labels/c", json!("1")),
        ("/metadata/labels", Value::Null),
        ("/metadata/annotations/todochat.dev~1applied", json!("y")),
        ("/metadata/annotations/other", json!("")),
        ("/metadata/ownerReferences", json!([])),
        ("/metadata/ownerReferences/0/controller", json!(false)),
        ("/spec/replicas", json!(3)),
        ("/spec/replicas", json!("2")),
        ("/spec/paused", json!(true)),
        ("/spec/template", json!({})),
        ("/data", json!({"a": "b"})),
    ];
    for (pointer, to) in &changes {
        assert!(shapes.insert(changed(pointer, to.clone())), "{pointer}");
    }
}

#[test]
fn the_order_of_items_shows_and_that_of_members_does_not() {
    assert_ne!(hash(&json!(["a", "b"])), hash(&json!(["b", "a"])));
    let [one, other] = [r#"{"a":{"x":1,"y":2},"b":3}"#, r#"{"b":3,"a":{"y":2,"x":1}}"#]
        .map(|text| hash(&serde_json::from_str(text).unwrap()));
    assert_eq!(one, other);
}

#[test]
fn values_do_not_pass_from_one_member_to_another() {
    assert_ne!(hash(&json!({"a": 1, "b": 2})), hash(&json!({"a": 2, "b": 1})));
    assert_ne!(hash(&json!({"a": {"b": 1}})), hash(&json!({"a": {}, "b": 1})));
    assert_ne!(hash(&json!({"ab": "c"})), hash(&json!({"a": "bc"})));
}

#[test]
fn texts_of_all_lengths_are_told_apart() {
    let shapes: std::collections::BTreeSet<_> =
        (0..40).flat_map(|n| ["a", "b", "\0"].map(|c| hash(&json!(c.repeat(n))))).collect();
    assert_eq!(shapes.len(), 3 * 39 + 1);
}

#[test]
fn it_is_the_same_in_every_process() {
    // The inventory in the status has it: another hash would cost a read of every object after an upgrade.
    assert_eq!(
        shape(&json!({"spec": {"replicas": 1}})),
        shape(&json!({"spec": {"replicas": 1}, "kind": "X"}))
    );
    assert_eq!(format!("{:016x}", hash(&json!("todochat"))), "aecec0d59705596b");
}

#[test]
fn a_secret_seen_by_its_metadata_has_the_shape_of_the_whole() {
    let whole = json!({"metadata": {"labels": {"a": "1"}}, "data": {"password": "eA=="}});
    let metadata = json!({"kind": "PartialObjectMetadata", "metadata": {"labels": {"a": "1"}}});
    assert_eq!(shape_of_metadata(&whole), shape_of_metadata(&metadata));
}
