//! A `TodoChat` as it stands in the API.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    names::{OBJECT_LABEL, ObjectKey},
    world::Word,
};

/// A `TodoChat` as it stands in the API.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The whole object without its managed fields, as JSON, compressed: most of it is what all statuses say.
    packed: Arc<[u8]>,
    /// Its version. Those of one server can be compared (Kubernetes 1.35 says so officially; etcd always did).
    pub resource_version: Word,
    pub(super) generation: i64,
    pub(super) deleting: bool,
}

impl Stored {
    /// The object, if it can be read as a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        let json = lz4_flex::decompress_size_prepended(&self.packed);
        serde_json::from_slice(&json.expect("it was compressed here"))
    }

    /// What is kept of a live object, and which one it is.
    pub(super) fn read(object: &Value) -> Option<(ObjectKey, Self)> {
        let (namespace, name) = name_of(object)?;
        let metadata = object.get("metadata")?;
        let mut pruned = object.clone();
        pruned.get_mut("metadata")?.as_object_mut()?.remove("managedFields");
        let json = pruned.to_string();
        let stored = Self {
            packed: lz4_flex::compress_prepend_size(json.as_bytes()).into(),
            resource_version: metadata.get("resourceVersion")?.as_str()?.into(),
            generation: metadata.get("generation").and_then(Value::as_i64).unwrap_or_default(),
            deleting: metadata.get("deletionTimestamp").is_some(),
        };
        Some((ObjectKey { namespace, name: (*name).into() }, stored))
    }
}

/// The namespace and the name of a live object.
pub(super) fn name_of(object: &Value) -> Option<(Arc<str>, Box<str>)> {
    let metadata = object.get("metadata")?;
    let name = metadata.get("name")?.as_str()?;
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default();
    Some((namespace.into(), name.into()))
}

/// The `TodoChat` whose label it carries, and its name.
pub(super) fn owner_and_name(object: &Value) -> Option<(ObjectKey, Box<str>)> {
    let (namespace, name) = name_of(object)?;
    let owner = object.pointer("/metadata/labels")?.get(OBJECT_LABEL)?.as_str()?;
    Some((ObjectKey { namespace, name: owner.into() }, name))
}
