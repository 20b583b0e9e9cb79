//! Nothing of a Secret stands anywhere else: in no other object, no event, no log, no metric.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::ByteString;
use serde_json::Value;

use super::everything::Everything;
use crate::scene::Scene;

/// Shorter values stand in other places by chance.
const SHORTEST: usize = 8;
/// Entries that everybody may know.
const PUBLIC: [&str; 8] = [
    "username",
    "next-username",
    "rotation",
    "jwks.json",
    "base-url",
    "ca.crt",
    "tls.crt",
    "namespace",
];
/// Members of a key that are to be kept to oneself (RFC 7517).
const PRIVATE: [&str; 2] = ["d", "k"];

/// What of a Secret stands where it should not. The values themselves are not told.
pub(super) async fn leaks(scene: &Scene<'_>, everything: &Everything) -> Vec<String> {
    let values = values(everything);
    let objects = everything.objects.iter().filter(|((kind, _), _)| kind != "Secret");
    let mut places: Vec<(String, String)> = objects
        .map(|((kind, name), found)| (format!("{kind} {name}"), found.json.to_string()))
        .collect();
    places.push(("the operator's log".to_owned(), scene.operator().log()));
    places.push(("/metrics".to_owned(), scene.operator().metrics().await));
    // A Secret's metadata is for everybody who may list.
    places.extend(everything.all("Secret").map(|secret| {
        let metadata = serde_json::to_string(&secret.metadata).expect("metadata is JSON");
        ("a Secret's metadata".to_owned(), metadata)
    }));
    let mut leaks = Vec::new();
    for (place, text) in places {
        let found = values.iter().filter(|(_, value)| text.contains(value.as_str()));
        leaks.extend(found.map(|(whose, _)| format!("{place} holds {whose}")));
    }
    leaks
}

/// Each value with its place, plain and in base64.
fn values(everything: &Everything) -> BTreeSet<(String, String)> {
    let mut values = BTreeSet::new();
    for secret in everything.all("Secret") {
        let name = secret.metadata.name.as_deref().unwrap_or_default();
        let data = secret.json.get("data").cloned().unwrap_or_default();
        let data: Option<BTreeMap<String, ByteString>> =
            serde_json::from_value(data).expect("data are base64");
        let secret = data.into_iter().flatten().filter(|(key, _)| !PUBLIC.contains(&key.as_str()));
        for (key, value) in secret {
            let whose = format!("{key} of the Secret {name}");
            for text in texts(&String::from_utf8_lossy(&value.0)) {
                values.insert((whose.clone(), in_base64(&text)));
                values.insert((whose.clone(), text));
            }
        }
    }
    values.retain(|(_, value)| value.len() >= SHORTEST);
    values
}

fn in_base64(text: &str) -> String {
    let encoded = serde_json::to_value(ByteString(text.into())).expect("bytes are base64 in JSON");
    encoded.as_str().unwrap_or_default().to_owned()
}

/// A value, and what is secret within it.
fn texts(value: &str) -> Vec<String> {
    let mut texts = vec![value.to_owned()];
    if let Ok(json) = serde_json::from_str(value) {
        private(&json, &mut texts);
    }
    let lines = value.lines().filter(|line| !line.starts_with("-----"));
    texts.extend(lines.map(str::to_owned));
    texts
}

fn private(json: &Value, texts: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str().filter(|_| PRIVATE.contains(&key.as_str())) {
                    Some(value) => texts.push(value.to_owned()),
                    None => private(value, texts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| private(item, texts)),
        _ => {}
    }
}
