//! A live object → what is remembered of it. Whatever is missing or of another type than it should be is taken as absent: what
//! stands in the cluster is not ours to refuse.

mod pod;
mod state;

use serde_json::Value;

pub use self::pod::pod_seen;
use crate::{
    apply::shape::{shape, shape_of_metadata},
    kinds::Kind,
    names::{APPLIED_ANNOTATION, RETAINED_LABEL},
    world::{Seen, Word},
};

/// What is remembered of a live object of `kind`. Of a Secret only its metadata is looked at, so that it is the same whether
/// it came from a watch or in an answer.
pub fn seen(kind: Kind, live: &Value) -> Seen {
    let metadata = &live["metadata"];
    Seen {
        uid: word(&metadata["uid"]),
        resource_version: word(&metadata["resourceVersion"]),
        controller: controller(metadata).map(Into::into),
        deleting: !metadata["deletionTimestamp"].is_null(),
        retained: metadata["labels"][RETAINED_LABEL] == "true",
        applied: metadata["annotations"][APPLIED_ANNOTATION].as_str().map(Into::into),
        shape: if kind == Kind::Secret { shape_of_metadata(live) } else { shape(live) },
        state: state::state(kind, live),
    }
}

fn controller(metadata: &Value) -> Option<&str> {
    let owners = metadata["ownerReferences"].as_array()?;
    owners.iter().find(|owner| owner["controller"] == true)?["uid"].as_str()
}

fn word(value: &Value) -> Word {
    value.as_str().unwrap_or_default().into()
}

fn text(value: &Value) -> Box<str> {
    value.as_str().unwrap_or_default().into()
}

fn count(value: &Value) -> i32 {
    value.as_i64().and_then(|count| i32::try_from(count).ok()).unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The condition of this type in a list of conditions.
fn condition<'a>(conditions: &'a Value, kind: &str) -> Option<&'a Value> {
    items(conditions).iter().find(|condition| condition["type"] == kind)
}

/// The condition of this type, if it is true.
fn holds<'a>(conditions: &'a Value, kind: &str) -> Option<&'a Value> {
    condition(conditions, kind).filter(|condition| condition["status"] == "True")
}

/// What a condition says about itself, for people.
fn why(condition: &Value) -> Box<str> {
    ["message", "reason"]
        .into_iter()
        .filter_map(|key| condition[key].as_str())
        .find(|said| !said.is_empty())
        .unwrap_or_default()
        .into()
}

#[cfg(test)]
mod tests;
