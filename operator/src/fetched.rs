//! What `dereference` brings: all that the object points at, and its world, as plain values.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    kinds::Kind,
    rotating::{Rotations, Wishes},
    world::World,
};

/// What the object points at, as it is now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// People's Secrets that the spec names.
    pub secrets: BTreeMap<String, Reference<SecretFacts>>,
    /// People's ConfigMaps that the spec names.
    pub config_maps: BTreeMap<String, Reference<ConfigMapFacts>>,
    /// The operator's own Secrets of this object that are there, by name, with the digest of their content.
    pub own_secrets: BTreeMap<String, String>,
    /// The optional kinds that the cluster has.
    pub available: BTreeSet<Kind>,
    /// The controller of the Ingress's class, as the class itself tells it; `None` where there is no such class, or it may not
    /// be seen.
    pub ingress_controller: Option<String>,
    /// Whether autoscalers can have metrics of pods.
    pub pod_metrics: bool,
    /// Whether the cluster of `database.cnpg.clusterRef` is there and ready; `None` when it is not there.
    pub cnpg_cluster: Option<Readiness>,
    /// The object's own objects and pods.
    pub world: World,
    /// How far the credentials are that are replaced from time to time.
    pub rotations: Rotations,
    /// What is asked for of them at this time.
    pub wishes: Wishes,
}

impl Fetched {
    /// Whether the operator lacks the right to read something that the spec names.
    pub fn is_forbidden(&self) -> bool {
        self.secrets.values().any(|secret| *secret == Reference::Forbidden)
            || self.config_maps.values().any(|map| *map == Reference::Forbidden)
    }
}

/// Whether something else is ready, and if not, why in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it is.
    pub ready: bool,
    /// If not, why.
    pub why: String,
}

/// Something that the spec names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference<T> {
    /// It is there and may be used.
    Found(T),
    /// It is not there.
    Missing,
    /// It is there, but not labelled for this object.
    NotAllowed,
    /// The API server does not let the operator read it.
    Forbidden,
}

impl<T> Reference<T> {
    /// What is asked about the thing, if it was found.
    pub fn map<'a, U>(&'a self, about: impl FnOnce(&'a T) -> U) -> Reference<U> {
        match self {
            Self::Found(thing) => Reference::Found(about(thing)),
            Self::Missing => Reference::Missing,
            Self::NotAllowed => Reference::NotAllowed,
            Self::Forbidden => Reference::Forbidden,
        }
    }
}

/// What may be known of a Secret outside of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFacts {
    /// A keyed hash (HMAC) of its content: tells a change, tells nothing else.
    pub digest: String,
    /// The keys of its entries that are UTF-8 and not empty.
    pub keys: BTreeSet<String>,
    /// Its entry `base-url`, which is no secret: the only address that its key may be sent to.
    pub base_url: Option<String>,
}

/// What is known of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigMapFacts {
    /// A hash of its content.
    pub digest: String,
    /// The keys of its entries.
    pub keys: BTreeSet<String>,
}
