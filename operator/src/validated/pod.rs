//! What pods have in common, whatever they run.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Affinity, Toleration};

use crate::crd::TopologySpread;

/// An image, and whether it is pinned by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image(pub String);

/// What pods of one part have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodOptions {
    /// More labels; none of the operator's own.
    pub labels: BTreeMap<String, String>,
    /// More annotations; none of the operator's own.
    pub annotations: BTreeMap<String, String>,
    /// Labels that a node must have.
    pub node_selector: BTreeMap<String, String>,
    /// Taints that are tolerated.
    pub tolerations: Vec<Toleration>,
    /// Affinity.
    pub affinity: Option<Affinity>,
    /// Over what replicas are spread.
    pub spread: TopologySpread,
    /// Priority class.
    pub priority_class: Option<String>,
    /// Runtime class.
    pub runtime_class: Option<String>,
}

/// An entry of a Secret that is mounted as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The Secret.
    pub secret: String,
    /// The entry.
    pub key: String,
}
