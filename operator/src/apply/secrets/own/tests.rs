use std::collections::BTreeMap;

use kube::core::ObjectMeta;
use serde_json::json;

use super::*;

/// A live Secret in which the operator has the entries of `ours`.
fn live(data: &Value, ours: &[&str]) -> Value {
    let fields: serde_json::Map<_, _> =
        ours.iter().map(|key| (format!("f:{key}"), json!({}))).collect();
    json!({
        "metadata": {"uid": "u", "resourceVersion": "7", "managedFields": [
            {"manager": "todochat-operator", "operation": "Update", "fieldsV1": {"f:data": fields}},
        ]},
        "data": data,
    })
}

fn plan() -> SecretPlan {
    let entries = [
        ("password".to_owned(), Entry::Random(24)),
        ("jwks.json".to_owned(), Entry::PublicKeys { of: "keys.json" }),
    ];
    SecretPlan { metadata: ObjectMeta::default(), entries: BTreeMap::from(entries) }
}

fn known() -> Own {
    let live =
        live(&json!({"password": "aHVudGVyMg==", "jwks.json": "YXBw"}), &["password", "jwks.json"]);
    Own::agreeing(&live, &plan(), 1)
}

#[test]
fn what_can_be_made_again_is_kept_as_a_hash() {
    let known = known();
    assert_eq!(known.value("password").and_then(Hidden::as_str), Some("hunter2"));
    assert_eq!(known.value("jwks.json"), None);
    assert!(known.agrees(1) && !known.agrees(2) && known.whole().is_none());
    assert!(!format!("{known:?}").contains("hunter2"));
}

#[test]
fn a_change_by_somebody_else_is_passed_over() {
    let edited = live(&json!({"password": "dHdv", "jwks.json": "YXBw"}), &["jwks.json"]);
    let own = Own::read(&edited, Some(&known()));
    assert!(own.is_drifted() && !own.agrees(1));
    assert_eq!(own.hash(), known().hash(), "its digest does not move, so no pod is replaced");
    let content = own.content(&Content::of(&edited));
    assert_eq!(content.get("password").and_then(Hidden::as_str), Some("hunter2"));
    assert_eq!(content.get("jwks.json").and_then(Hidden::as_str), Some("app"));
}

#[test]
fn an_entry_that_was_taken_away_is_remembered() {
    let emptied = live(&json!({}), &[]);
    let own = Own::read(&emptied, Some(&known()));
    assert!(own.is_drifted());
    let content = own.content(&Content::of(&emptied));
    assert_eq!(content.get("password").and_then(Hidden::as_str), Some("hunter2"));
    assert_eq!(content.get("jwks.json"), None, "that is made again");
}

#[test]
fn what_another_operator_wrote_is_believed() {
    let rotated =
        live(&json!({"password": "dHdv", "jwks.json": "YXBw"}), &["password", "jwks.json"]);
    let own = Own::read(&rotated, Some(&known()));
    assert!(!own.is_drifted() && !own.agrees(1));
    assert_eq!(own.value("password").and_then(Hidden::as_str), Some("two"));
}

#[test]
fn another_secret_of_the_same_name_is_another_secret() {
    let mut other = live(&json!({"password": "dHdv"}), &[]);
    other["metadata"]["uid"] = json!("v");
    let own = Own::read(&other, Some(&known()));
    assert!(!own.is_drifted());
    assert_eq!(own.value("password").and_then(Hidden::as_str), Some("two"));
}

#[test]
fn a_version_that_moved_for_another_reason_agrees_as_before() {
    let mut labelled =
        live(&json!({"password": "aHVudGVyMg==", "jwks.json": "YXBw"}), &["password"]);
    labelled["metadata"]["resourceVersion"] = json!("8");
    let own = Own::read(&labelled, Some(&known()));
    assert!(own.agrees(1) && own.is_at("8"));
    let own = own.agreed(&plan(), 2);
    assert!(own.agrees(2) && own.value("jwks.json").is_none());
}

#[test]
fn what_is_there_for_the_time_of_a_turn_is_not_missed_when_it_is_over() {
    let turning = live(
        &json!({"password": "aHVudGVyMg==", "next-password": "dHdv", "rotation": "e30="}),
        &["password", "next-password", "rotation"],
    );
    let known = Own::read(&turning, None);
    let after = live(&json!({"password": "aHVudGVyMg=="}), &["password"]);
    let own = Own::read(&after, Some(&known));
    assert!(!own.is_drifted());
    assert_eq!(own.value("next-password"), None);
    assert_eq!(own.hash_in_use(), known.hash_in_use(), "it is none of what is in use");
    assert_ne!(own.hash(), known.hash());
}
