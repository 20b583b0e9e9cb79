//! The entries of a Secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A value that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(Box<[u8]>);

impl Hidden {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Its SHA-256: as secret as itself, where the value can be guessed.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The entries of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::apply) struct Content(BTreeMap<String, Hidden>);

impl Content {
    /// The entries of a live Secret.
    pub(in crate::apply) fn of(live: &Value) -> Self {
        let entries = live["data"].as_object().into_iter().flatten();
        let decoded = entries.filter_map(|(key, value)| {
            let bytes = STANDARD.decode(value.as_str()?).ok()?;
            Some((key.clone(), Hidden(bytes.into())))
        });
        Self(decoded.collect())
    }

    /// As `data` of a Secret.
    pub(in crate::apply) fn to_data(&self) -> Value {
        let encoded =
            self.0.iter().map(|(key, value)| (key.clone(), STANDARD.encode(value.bytes()).into()));
        Value::Object(encoded.collect::<Map<_, _>>())
    }

    pub(in crate::apply) fn get(&self, key: &str) -> Option<&Hidden> {
        self.0.get(key)
    }

    pub(super) fn insert(&mut self, key: &str, value: Hidden) {
        self.0.insert(key.to_owned(), value);
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Hidden)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The keys of the entries in which `other` lacks something or has it otherwise.
    pub(in crate::apply) fn missing_in<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = &'a str> {
        self.entries().filter(|(key, value)| other.get(key) != Some(*value)).map(|(key, _)| key)
    }

    /// The keys of the entries that are text and not empty.
    pub(super) fn texts(&self) -> BTreeSet<String> {
        let texts =
            self.0.iter().filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()));
        texts.map(|(key, _)| key.clone()).collect()
    }

    /// A hash of all of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        hash_of(self.entries().map(|(key, value)| (key, value.hash())))
    }
}

/// A hash of entries of which only the hashes are known.
pub(super) fn hash_of<'a>(entries: impl Iterator<Item = (&'a str, [u8; 32])>) -> [u8; 32] {
    let mut all = Sha256::new();
    for (key, value) in entries {
        all.update(key.len().to_be_bytes());
        all.update(key);
        all.update(value);
    }
    all.finalize().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let live = json!({"data": {"a": "c2VjcmV0", "empty": "", "raw": "/w==", "bad": "%"}});
        let content = Content::of(&live);
        assert_eq!(content.get("a").unwrap().as_str(), Some("secret"));
        assert_eq!(content.texts(), BTreeSet::from(["a".to_owned()]));
        assert_eq!(content.to_data(), json!({"a": "c2VjcmV0", "empty": "", "raw": "/w=="}));
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let content = Content::of(&json!({"data": {"a": "c2VjcmV0"}}));
        assert_eq!(format!("{content:?}"), r#"Content({"a": …})"#);
    }

    #[test]
    fn the_hash_is_of_keys_and_values() {
        let hash = |data: Value| Content::of(&json!({ "data": data })).hash();
        let hashes = [
            hash(json!({})),
            hash(json!({"a": ""})),
            hash(json!({"a": "YQ=="})),
            hash(json!({"b": "YQ=="})),
            hash(json!({"a": "YQ==", "b": "YQ=="})),
        ];
        assert_eq!(BTreeSet::from(hashes).len(), hashes.len());
    }
}
