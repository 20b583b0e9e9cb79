//! The database's part of the spec.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BackupSpec, ConfigMapKeyReference, Delay, LocalReference, ResourcesSpec, RestoreSpec};

/// Where the data is kept: the member that `mode` names, and no other.
//
// A rule about a change does not run where its part was not there before: those about `embedded`, which may be left out,
// stand here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.mode == 'Embedded' || !has(self.embedded)",
    "embedded is for mode Embedded: leave it out",
))]
#[x_kube(validation = (
    "(self.mode == 'CNPG') == has(self.cnpg)",
    "cnpg is needed for mode CNPG, and for no other",
))]
#[x_kube(validation = (
    "(self.mode == 'External') == has(self.external)",
    "external is needed for mode External, and for no other",
))]
#[x_kube(validation = (
    "!has(self.rotation) || self.mode == 'Embedded' || (has(self.external) && has(self.external.admin))",
    "rotation makes logins: it needs mode Embedded, or external.admin",
))]
#[x_kube(validation = (
    "self.mode == 'Embedded' || !has(self.backup) && !has(self.restoreFrom)",
    "backup and restoreFrom are for mode Embedded: leave them out",
))]
#[x_kube(validation = (
    "!has(oldSelf.embedded) || !has(oldSelf.embedded.version) || !has(self.embedded) || !has(self.embedded.version) || int(self.embedded.version) >= int(oldSelf.embedded.version)",
    "embedded.version never goes down: leave it out, and it stays that of the data",
))]
#[x_kube(validation = (
    "quantity(has(self.embedded) ? string(self.embedded.storage.size) : '1Gi').compareTo(quantity(has(oldSelf.embedded) ? string(oldSelf.embedded.storage.size) : '1Gi')) >= 0",
    "embedded.storage.size cannot shrink; 1Gi when not said",
))]
#[x_kube(validation = (
    "(has(self.embedded) && has(self.embedded.storage.storageClassName) ? self.embedded.storage.storageClassName : '') == (has(oldSelf.embedded) && has(oldSelf.embedded.storage.storageClassName) ? oldSelf.embedded.storage.storageClassName : '')",
    "embedded.storage.storageClassName cannot be changed",
))]
pub struct DatabaseSpec {
    /// Who runs the database. Cannot be changed later.
    #[serde(default)]
    #[x_kube(validation = (
        "self == oldSelf",
        "mode cannot be changed: make another object and move the data",
    ))]
    pub mode: DatabaseMode,
    /// A PostgreSQL that the operator runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<EmbeddedSpec>,
    /// A cluster of CloudNativePG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnpg: Option<CnpgSpec>,
    /// A PostgreSQL that others run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalSpec>,
    /// How often the chat's login is replaced; `todochat.dev/rotate` replaces it at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<DatabaseRotationSpec>,
    /// How the schema is brought up to date.
    #[serde(default)]
    pub migrations: MigrationsSpec,
    /// Backups, for `Embedded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupSpec>,
    /// A backup that a new database starts from; later it does nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_from: Option<RestoreSpec>,
}

/// Who runs the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DatabaseMode {
    /// The operator.
    #[default]
    Embedded,
    /// CloudNativePG.
    #[serde(rename = "CNPG")]
    Cnpg,
    /// Others.
    External,
}

/// A PostgreSQL that the operator runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddedSpec {
    /// The major version; stays while there is data. By default that of the data, or the release's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2), regex(pattern = "^(1[4-9]|[2-9][0-9])$"))]
    pub version: Option<String>,
    /// Another image than the release's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<super::ImageSpec>,
    /// Its volume.
    #[serde(default)]
    pub storage: StorageSpec,
    /// What each pod asks for and may use.
    #[serde(default)]
    #[x_kube(validation = super::pod::REQUESTS_FIT)]
    pub resources: ResourcesSpec,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageSpec {
    /// How large; cannot shrink.
    #[serde(default = "one_gibibyte")]
    pub size: Quantity,
    /// Its storage class, if not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = super::references::NAME))]
    pub storage_class_name: Option<String>,
}

fn one_gibibyte() -> Quantity {
    Quantity("1Gi".to_owned())
}

impl Default for StorageSpec {
    fn default() -> Self {
        Self { size: one_gibibyte(), storage_class_name: None }
    }
}

/// A cluster of CloudNativePG: exactly one of the two.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.clusterRef) != has(self.create)",
    "cnpg needs a clusterRef or create, and not both",
))]
pub struct CnpgSpec {
    /// One that is there; its login (Secret `<cluster>-app`) is used and never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_ref: Option<LocalReference>,
    /// One that the operator makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<CnpgCreate>,
}

/// A cluster that the operator makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
pub struct CnpgCreate {
    /// How many instances.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 9))]
    pub instances: i32,
    /// Each instance's volume.
    #[serde(default)]
    pub storage: StorageSpec,
}

fn three() -> i32 {
    3
}

/// A PostgreSQL that others run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.host.matches('^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$') || isIP(self.host)",
    "host is a host name or an address, without postgres:// and port",
))]
#[x_kube(validation = (
    "has(self.admin) != has(self.credentials)",
    "external needs the Secret of an admin or of credentials, and not both",
))]
#[x_kube(validation = (
    "self.sslMode == 'require' || has(self.caBundle) || self.systemRoots",
    "sslMode verify-ca and verify-full need a caBundle or systemRoots: true",
))]
pub struct ExternalSpec {
    /// Its host name or address.
    #[schemars(length(max = 253))]
    pub host: String,
    /// Its port.
    #[serde(default = "postgres_port")]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: i32,
    /// The database's name.
    #[schemars(regex(pattern = "^[a-zA-Z_][a-zA-Z0-9_-]{0,62}$"))]
    pub database: String,
    /// A Secret with `username` and `password` of a login that may make others: it makes the chat's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<LocalReference>,
    /// A Secret with `username` and `password` of the chat's login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<LocalReference>,
    /// How the server's certificate is checked.
    #[serde(default)]
    pub ssl_mode: SslMode,
    /// The certificates that the server's is checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<ConfigMapKeyReference>,
    /// Checks it against public authorities, where there is no `caBundle`.
    #[serde(default)]
    pub system_roots: bool,
}

fn postgres_port() -> i32 {
    5432
}

/// How the server's certificate is checked. There is no way to do without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SslMode {
    /// Encrypted; the certificate is not checked.
    #[serde(rename = "require")]
    Require,
    /// The certificate must come from a known authority.
    #[serde(rename = "verify-ca")]
    VerifyCa,
    /// And must be for this host.
    #[default]
    #[serde(rename = "verify-full")]
    VerifyFull,
}

/// How often logins are replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "self.interval >= duration('1h') && self.grace < self.interval",
    "interval must be 1h or longer, and grace shorter than interval",
))]
pub struct DatabaseRotationSpec {
    /// How often; at least an hour.
    pub interval: Delay,
    /// How.
    #[serde(default)]
    pub strategy: RotationStrategy,
    /// How long sessions of the old login may go on.
    #[serde(default = "ten_minutes")]
    pub grace: Delay,
}

fn ten_minutes() -> Delay {
    Delay::literal("10m")
}

/// How logins are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RotationStrategy {
    /// Two logins take turns, so that no query is lost.
    #[default]
    DualRole,
}

/// How the schema is brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.timeout >= duration('10s') && self.timeout <= duration('24h')",
    "a migration's timeout must be between 10s and 24h",
))]
pub struct MigrationsSpec {
    /// Who says when. With `Skip`, whoever runs `todochat-chat-server migrate` makes the chat's login too.
    #[serde(default)]
    pub policy: MigrationPolicy,
    /// For `Manual`: the version that may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub approved_version: Option<String>,
    /// How long it may take.
    #[serde(default = "ten_minutes")]
    pub timeout: Delay,
}

impl Default for MigrationsSpec {
    fn default() -> Self {
        Self { policy: MigrationPolicy::default(), approved_version: None, timeout: ten_minutes() }
    }
}

/// Who says when the schema is brought up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MigrationPolicy {
    /// Whenever a release needs it.
    #[default]
    Auto,
    /// When `approvedVersion` names the version.
    Manual,
    /// Never: somebody else does it.
    Skip,
}
