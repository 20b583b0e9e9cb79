//! The hash of a desired object: it stands in the annotation `todochat.dev/applied` of the live one, and tells whether what
//! was sent last is what would be sent now.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// How many bytes of SHA-256 are kept: none of them is a secret, and nobody gains by a collision in his own object.
const LENGTH: usize = 16;

/// The hash of a value, as 32 hexadecimal digits. The order of members does not matter, absent and `null` are the same.
pub fn hash(value: &Value) -> String {
    let mut text = Vec::with_capacity(2048);
    write(value, &mut text);
    hex(&Sha256::digest(&text)[..LENGTH])
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}

fn write(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Array(items) => write_items(items, text),
        Value::Object(object) => write_members(object, text),
        scalar => {
            serde_json::to_writer(text, scalar).expect("a vector takes all that is written to it");
        }
    }
}

fn write_items(items: &[Value], text: &mut Vec<u8>) {
    text.push(b'[');
    for item in items {
        write(item, text);
        text.push(b',');
    }
    text.push(b']');
}

fn write_members(object: &Map<String, Value>, text: &mut Vec<u8>) {
    let mut members: Vec<_> = object.iter().filter(|(_, value)| !value.is_null()).collect();
    members.sort_unstable_by_key(|(key, _)| *key);
    text.push(b'{');
    for (key, value) in members {
        serde_json::to_writer(&mut *text, key).expect("a vector takes all that is written to it");
        text.push(b':');
        write(value, text);
        text.push(b',');
    }
    text.push(b'}');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_members_and_nulls_do_not_matter() {
        let one = json!({"a": [1, {"b": true, "c": null}], "d": "x"});
        let other: Value =
            serde_json::from_str(r#"{"d":"x","e":null,"a":[1,{"b":true}]}"#).unwrap();
        assert_eq!(hash(&one), hash(&other));
    }

    #[test]
    fn every_other_difference_does() {
        let values = [
            json!({}),
            json!([]),
            json!({"a": []}),
            json!({"a": [1, 2]}),
            json!({"a": [2, 1]}),
            json!({"a": [12]}),
            json!({"a": ["12"]}),
            json!({"a": {"b": 1}}),
            json!({"a\":1,\"b": 1}),
            json!({"a": 1, "b": 1}),
        ];
        let hashes: std::collections::BTreeSet<_> = values.iter().map(hash).collect();
        assert_eq!(hashes.len(), values.len());
    }

    #[test]
    fn the_hash_never_changes_between_releases() {
        // It is stored in people's clusters: another hash would write every object anew.
        assert_eq!(hash(&json!({"a": 1})), hex(&Sha256::digest(br#"{"a":1,}"#)[..LENGTH]));
        assert_eq!(hash(&json!({"a": 1})).len(), 32);
    }
}
