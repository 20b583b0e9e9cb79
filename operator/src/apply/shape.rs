//! A hash of all that somebody could change about an object and that we would have to look at.
//!
//! ```text
//! live object ─▶ labels, annotations, owners, and all but status and bookkeeping ─▶ u64
//! ```
//!
//! Every event of every watch is hashed, most of them for nothing but a new status; so the object is walked once and nothing
//! is allocated. The hash is the same in every process: after a restart it is compared with the one in the inventory.

use serde_json::{Map, Value};

/// Annotations that controllers move on their own.
const MOVING: &[&str] = &["deployment.kubernetes.io/revision"];

/// Members of an object that say nothing about what is wanted. In a list, items come without the first two.
const ASIDE: &[&str] = &["apiVersion", "kind", "metadata", "status"];

/// The hash of a live object. Equal means that nobody has changed it: neither the order of members nor anything that the API
/// server or a controller keeps books with (status, managed fields, versions, timestamps, finalizers) bears on it.
pub fn shape(live: &Value) -> u64 {
    let body = live.as_object().map_or(0, |object| members(object, |key| !ASIDE.contains(&key)));
    mix(body, shape_of_metadata(live))
}

/// The hash of what a metadata watch shows too: for Secrets, whose content is not watched.
pub fn shape_of_metadata(live: &Value) -> u64 {
    let metadata = &live["metadata"];
    let annotations = metadata["annotations"].as_object();
    let annotations = annotations.map_or(0, |all| members(all, |key| !MOVING.contains(&key)));
    let labels = metadata["labels"].as_object().map_or(0, |all| members(all, |_| true));
    mix(mix(labels, annotations), hash(&metadata["ownerReferences"]))
}

fn hash(value: &Value) -> u64 {
    match value {
        Value::Null => 1,
        Value::Bool(flag) => mix(2, u64::from(*flag)),
        Value::Number(number) => mix(3, number_bits(number)),
        Value::String(text) => mix(4, bytes(text.as_bytes())),
        Value::Array(items) => items.iter().fold(5, |sum, item| mix(sum, hash(item))),
        Value::Object(object) => mix(6, members(object, |_| true)),
    }
}

/// A sum over the members, so that their order does not matter.
fn members(object: &Map<String, Value>, counts: impl Fn(&str) -> bool) -> u64 {
    object
        .iter()
        .filter(|(key, _)| counts(key))
        .map(|(key, value)| mix(bytes(key.as_bytes()), hash(value)))
        .fold(7, u64::wrapping_add)
}

fn number_bits(number: &serde_json::Number) -> u64 {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => whole.cast_unsigned(),
        (None, Some(float)) => float.to_bits(),
        (None, None) => 0,
    }
}

fn bytes(text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let sum = words.iter().fold(text.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(sum, u64::from_le_bytes(last))
}

/// Folds two words into one: the two halves of a product, which every bit of both has a say in (as wyhash does it).
#[expect(clippy::cast_possible_truncation, reason = "each half of the product is taken by itself")]
fn mix(a: u64, b: u64) -> u64 {
    const ODD: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
    let product = u128::from(a ^ ODD[0]) * u128::from(b.rotate_left(32) ^ ODD[1]);
    let (low, high) = (product as u64, (product >> 64) as u64);
    // The sums keep a word that met its own constant, and made the product zero, from being lost.
    low ^ high ^ a.rotate_left(17).wrapping_add(b)
}

#[cfg(test)]
mod tests;
