//! What the spec says of backups, and of starting from one.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigMapKeyReference, LocalReference, StorageSpec};

/// Backups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "[self.schedule, has(self.verify) ? self.verify : self.schedule].all(s, s.matches('^[0-9A-Z*/,-]+( [0-9A-Z*/,-]+){4}$'))",
    "schedule and verify are five fields of cron in UTC, e.g. 0 3 * * *",
))]
pub struct BackupSpec {
    /// When, as a cron schedule in UTC.
    #[schemars(length(max = 64))]
    pub schedule: String,
    /// How many are kept.
    #[serde(default = "seven")]
    #[schemars(range(min = 1, max = 365))]
    pub retain: i32,
    /// When the last one is tried: restored aside, and its rows counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub verify: Option<String>,
    /// Where to.
    #[serde(default)]
    pub destination: BackupDestination,
}

fn seven() -> i32 {
    7
}

/// Where backups go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "(self.type == 'S3') == has(self.s3)",
    "s3 is needed for type S3, and for no other",
))]
pub struct BackupDestination {
    /// Which kind of place.
    #[serde(rename = "type", default)]
    pub kind: BackupDestinationType,
    /// For `PVC`: a volume of their own, `<object>-backup`.
    #[serde(default)]
    pub storage: StorageSpec,
    /// For `S3`: below `<prefix>/<namespace>/<object>/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Spec>,
}

/// The kinds of place for backups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BackupDestinationType {
    /// A volume.
    #[default]
    #[serde(rename = "PVC")]
    Pvc,
    /// A bucket.
    S3,
}

/// A bucket of an S3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.endpoint.matches('^https?://[^/@?#]+/?$')",
    "endpoint is https://host, without bucket and path",
))]
pub struct S3Spec {
    /// The server.
    #[schemars(length(max = 253))]
    pub endpoint: String,
    /// The bucket.
    #[schemars(regex(pattern = "^[a-zA-Z0-9][a-zA-Z0-9._-]{1,62}$"))]
    pub bucket: String,
    /// What stands before each name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[a-zA-Z0-9][a-zA-Z0-9/._-]{0,252}$"))]
    pub prefix: Option<String>,
    /// Its region.
    #[serde(default = "first_region")]
    #[schemars(regex(pattern = "^[a-zA-Z0-9-]{1,63}$"))]
    pub region: String,
    /// Where the bucket's name stands.
    #[serde(default)]
    pub addressing: S3Addressing,
    /// A Secret with `access-key-id` and `secret-access-key`.
    pub credentials: LocalReference,
    /// The certificates that the server's is checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<ConfigMapKeyReference>,
}

fn first_region() -> String {
    "us-east-1".to_owned()
}

/// Where the bucket's name stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum S3Addressing {
    /// In the path.
    #[default]
    Path,
    /// Before the host's name.
    VirtualHost,
}

/// A backup that a new database starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct RestoreSpec {
    /// Whose it is: on its volume, or with S3 in the same bucket.
    #[schemars(regex(pattern = super::references::NAME))]
    pub object: String,
    /// Which one.
    #[serde(default = "latest")]
    #[schemars(regex(pattern = "^(latest|todochat-[0-9]{8}T[0-9]{6}Z)$"))]
    pub backup: String,
}

fn latest() -> String {
    "latest".to_owned()
}
