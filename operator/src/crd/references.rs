//! Names of other objects in the namespace of the object that refers to them.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// An object by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, KubeSchema)]
pub struct LocalReference {
    /// Its name.
    pub name: String,
}

/// One entry of a Secret. The Secret must be labelled `todochat.dev/allow` with the name of the object that uses it, or `*`... see docs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, KubeSchema)]
pub struct SecretKeyReference {
    /// The Secret's name.
    pub name: String,
    /// The entry's key.
    pub key: String,
}

/// One entry of a ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, KubeSchema)]
pub struct ConfigMapKeyReference {
    /// The ConfigMap's name.
    pub name: String,
    /// The entry's key.
    pub key: String,
}
