//! What specs point at: of people's Secrets and ConfigMaps only the version is kept.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    fetched::Readiness, kinds::Kind, names::ALLOW_LABEL, watching::seen::seen, world::State,
};

/// An object that specs may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
}

/// What is kept of an object that a spec names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its version.
    pub resource_version: Box<str>,
    /// The label that says which object may use it.
    pub allow: Option<Box<str>>,
    /// Whether it is ready, if its kind can tell.
    pub readiness: Option<Readiness>,
}

impl Meta {
    /// What is kept of a live object.
    pub(super) fn of(kind: Kind, object: &Value) -> Self {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let allow =
            object.pointer("/metadata/labels").and_then(|labels| labels.get(ALLOW_LABEL)?.as_str());
        let readiness = match seen(kind, object).state {
            State::Dependency { ready, why } => Some(Readiness { ready, why: why.into() }),
            _ => None,
        };
        Self {
            resource_version: text("/metadata/resourceVersion").unwrap_or_default().into(),
            allow: allow.map(Into::into),
            readiness,
        }
    }
}
