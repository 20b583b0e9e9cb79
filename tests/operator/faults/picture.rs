//! Objects without what differs from run to run, so that two lives can be held against each other.

use std::{collections::BTreeMap, fmt::Write as _};

use kube::api::DynamicObject;
use serde_json::{Map, Value, json};

use super::{life::NAME, mirror::Seen};

/// Members of metadata that say nothing about what is wanted.
const BOOKS: [&str; 6] =
    ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "namespace"];

/// Labels and annotations that are made of uids and of random values.
const MADE: [&str; 5] = [
    "todochat.dev/applied",
    "todochat.dev/inputs",
    "todochat.dev/made-of",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
];

/// All objects of a life, by `Kind/name`.
pub(super) type Picture = BTreeMap<String, String>;

/// One object.
pub(super) fn normal(kind: &str, object: &DynamicObject) -> String {
    let mut object = serde_json::to_value(object).expect("an object is JSON");
    // Items of a list come without these.
    for name in ["apiVersion", "kind"] {
        remove(&mut object, name);
    }
    for book in BOOKS {
        remove(&mut object["metadata"], book);
    }
    strip(&mut object["metadata"]);
    if object["metadata"]["deletionTimestamp"].is_string() {
        object["metadata"]["deletionTimestamp"] = "then".into();
    }
    match kind {
        "TodoChat" => object["status"] = status(&object["status"]),
        "Secret" => object["data"] = keys(&object["data"]),
        _ => remove(&mut object, "status"),
    }
    match kind {
        "Service" => {
            remove(&mut object["spec"], "clusterIP");
            remove(&mut object["spec"], "clusterIPs");
        }
        "Job" => remove(&mut object["spec"], "selector"),
        _ => {}
    }
    for path in ["/spec/template/metadata", "/spec/jobTemplate/spec/template/metadata"] {
        object.pointer_mut(path).into_iter().for_each(strip);
    }
    object.to_string()
}

fn strip(metadata: &mut Value) {
    for group in ["labels", "annotations"] {
        if let Some(group) = metadata.get_mut(group) {
            for name in MADE {
                remove(group, name);
            }
        }
    }
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().and_then(|object| object.remove(name));
}

fn keys(data: &Value) -> Value {
    let keys = data.as_object().into_iter().flatten().map(|(key, _)| (key.clone(), json!("…")));
    keys.collect::<Map<_, _>>().into()
}

/// Without times and hashes.
fn status(status: &Value) -> Value {
    let mut status = status.clone();
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        remove(condition, "lastTransitionTime");
    }
    for item in status["inventory"].as_array_mut().into_iter().flatten() {
        remove(item, "hash");
    }
    remove(&mut status, "configHash");
    if let Some(database) = status.get_mut("database") {
        remove(database, "loginsHash");
    }
    status
}

/// The picture of a life, in words that are the same for all lives.
pub(super) fn picture(namespace: &str, seen: &Seen) -> Picture {
    let uid = if seen.uid.is_empty() { "(no uid)" } else { &seen.uid };
    let same = |text: &String| text.replace(uid, "UID").replace(namespace, "NAMESPACE");
    seen.objects.iter().map(|(id, object)| (id.clone(), same(object))).collect()
}

/// What differs, for people.
pub(super) fn difference(expected: &Picture, found: &Picture) -> String {
    let mut told = String::new();
    for (id, object) in expected {
        match found.get(id) {
            None => _ = writeln!(told, "  {id} is missing"),
            Some(found) if found != object => {
                _ = writeln!(told, "  {id} is\n    {found}\n  and should be\n    {object}");
            }
            Some(_) => {}
        }
    }
    for (id, object) in found.iter().filter(|(id, _)| !expected.contains_key(*id)) {
        _ = writeln!(told, "  {id} should not be there: {object}");
    }
    told
}

/// Whether every object belongs to the `TodoChat` that is gone, and will be collected, or was left on purpose.
pub(super) fn orphans(seen: &Seen) -> Vec<String> {
    let belongs = |object: &Value| {
        let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
        let mut owners =
            owners.filter(|owner| owner["kind"] == "TodoChat" && owner["name"] == NAME);
        owners.any(|owner| owner["uid"] == *seen.uid)
    };
    let retained = |object: &Value| object["metadata"]["labels"]["todochat.dev/retained"] == "true";
    let objects = seen.objects.iter().filter(|(id, _)| !id.starts_with("TodoChat/"));
    let lost = objects.filter(|(_, object)| {
        let object = serde_json::from_str(object).expect("it was written as JSON");
        !belongs(&object) && !retained(&object)
    });
    lost.map(|(id, _)| id.clone()).collect()
}
