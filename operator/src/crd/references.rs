//! Names of other objects in the namespace of the object that refers to them.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Names of objects; no name leaves the place that it is put into.
pub(super) const NAME: &str = "^[a-z0-9][a-z0-9.-]{0,252}$";
/// Keys of entries.
const KEY: &str = "^[a-zA-Z0-9._-]{1,253}$";

/// An object by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, KubeSchema)]
pub struct LocalReference {
    /// Its name.
    #[schemars(regex(pattern = NAME))]
    pub name: String,
}

/// One entry of a Secret. The Secret must have the label `todochat.dev/allow` with the name of the object that uses it, or `any`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, KubeSchema)]
pub struct SecretKeyReference {
    /// The Secret's name.
    #[schemars(regex(pattern = NAME))]
    pub name: String,
    /// The entry's key.
    #[schemars(regex(pattern = KEY))]
    pub key: String,
}

/// One entry of a ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, KubeSchema)]
pub struct ConfigMapKeyReference {
    /// The ConfigMap's name.
    #[schemars(regex(pattern = NAME))]
    pub name: String,
    /// The entry's key.
    #[schemars(regex(pattern = KEY))]
    pub key: String,
}
