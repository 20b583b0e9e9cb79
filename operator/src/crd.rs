//! The custom resource `TodoChat`: what people write, and what the operator answers in its status.
//!
//! ```text
//! TodoChatSpec ── chat ─ toolServers ─ database ─ exposure ─ network ─ observability ─ …
//! TodoChatStatus ─ conditions ─ replicas ─ url ─ toolServers ─ database ─ inventory
//! ```
//!
//! `crds/todochats.yaml` is generated from here. A field has a sentence, a default and its rule; a
//! rule's message is in the words of the person who wrote the object.
//!
//! What the API server does not forgive:
//! - A default is checked before the defaults within it are filled in: where a rule looks into it, it is complete.
//! - Scaling an object without `chat.replicas` ends in a 500: it has a default.
//! - `format: duration` makes a text a duration in the rules, and lets `1d banana` pass: a `Delay` has a pattern too.
//! - What a rule reads has a bound (length, items, properties), or the rule is thought too costly.
//! - A rule about a change does not run where its part was not there: it stands on a part that always is.
//! - A quantity may be a number: `quantity(string(self.size))`.
//! - Two entries of a list with the same key are refused by the schema; kube-cel, which reads rules alone, does not see it.

#![expect(unreachable_pub, reason = "the derive makes `pub` items inside of functions")]

mod backup;
mod chat;
mod database;
mod definition;
mod delay;
mod exposure;
mod observability;
mod outline;
mod pod;
mod references;
mod status;
mod tool_servers;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    backup::{
        BackupDestination, BackupDestinationType, BackupSpec, RestoreSpec, S3Addressing, S3Spec,
    },
    chat::{
        AuthSpec, AuthType, AutoscalingSpec, ChatSpec, ImageSpec, IssuerSpec, ModelProvider,
        ModelSpec, PromptSource, RotationOverlapSpec, ScaleTarget, Signup, StreamingSpec,
        TokenType,
    },
    database::{
        CnpgCreate, CnpgSpec, DatabaseMode, DatabaseRotationSpec, DatabaseSpec, EmbeddedSpec,
        ExternalSpec, MigrationPolicy, MigrationsSpec, RotationStrategy, SslMode, StorageSpec,
    },
    definition::{crds_yaml, definition},
    delay::Delay,
    exposure::{
        CertManagerTls, ExposureSpec, ExposureType, GatewayReference, HttpRouteSpec, IngressSpec,
        IssuerKind, IssuerReference, TlsSpec,
    },
    observability::{
        AvailabilitySpec, MonitorMode, NetworkPolicyMode, NetworkSpec, ObservabilitySpec,
    },
    pod::{EnvValueSource, EnvVariable, Opaque, PodSpec, ResourcesSpec, TopologySpread},
    references::{ConfigMapKeyReference, LocalReference, SecretKeyReference},
    status::{
        Condition, ConditionStatus, DatabaseStatus, EndpointsStatus, InventoryItem, TodoChatStatus,
        ToolServerStatus,
    },
    tool_servers::{
        BuiltinServer, BuiltinSource, EgressMode, EgressSpec, HeaderSource, ImageSource,
        RemoteSource, Sessions, SourceType, StdioSource, ToolAuthSpec, ToolAuthType, ToolPolicy,
        ToolServerSource, ToolServerSpec,
    },
};

/// What is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "todochat.dev",
    version = "v1alpha1",
    kind = "TodoChat",
    plural = "todochats",
    singular = "todochat",
    shortname = "tchat",
    category = "todochat",
    namespaced,
    status = "TodoChatStatus",
    derive = "PartialEq",
    doc = "An AI to-do chat: one object becomes the chat server, its tool servers and its database, and stays so.",
    selectable = ".spec.database.mode",
    scale(
        spec_replicas_path = ".spec.chat.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    validation = (
        "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
        "metadata.name is at most 40 lowercase letters, digits and dashes, the first a letter, the last no dash",
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.deletionPolicy != 'Snapshot' || has(self.database.backup)",
    "deletionPolicy Snapshot needs database.backup",
))]
#[x_kube(validation = (
    "!has(self.chat.autoscaling) || self.chat.autoscaling.target != 'ActiveStreams' || self.observability.monitor != 'Disabled'",
    "scaling by ActiveStreams needs observability.monitor Auto or Enabled",
))]
#[x_kube(validation = (
    "self.exposure.type == 'None' || has(self.chat.auth.signup) || self.chat.auth.type == 'JWKS'",
    "an exposed chat needs chat.auth.signup said: Open, Invite or Disabled",
))]
pub struct TodoChatSpec {
    /// The chat server.
    #[serde(default)]
    pub chat: ChatSpec,
    /// The servers whose tools the assistant may call; by default the built-in to-do tools.
    #[serde(default = "tool_servers::only_todo")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub tool_servers: Vec<ToolServerSpec>,
    /// Where the data is kept.
    #[serde(default)]
    pub database: DatabaseSpec,
    /// How people reach the chat.
    #[serde(default)]
    pub exposure: ExposureSpec,
    /// Who may talk to whom.
    #[serde(default)]
    pub network: NetworkSpec,
    /// What is watched, and by what.
    #[serde(default)]
    pub observability: ObservabilitySpec,
    /// What holds while nodes are drained.
    #[serde(default)]
    pub availability: AvailabilitySpec,
    /// Secrets that images are pulled with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub image_pull_secrets: Vec<LocalReference>,
    /// What becomes of the data when this object is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// While true nothing but the status is written.
    #[serde(default)]
    pub paused: bool,
    /// While true no pods run; data and credentials are kept.
    #[serde(default)]
    pub suspended: bool,
}

/// What becomes of the data when the object is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// It goes too: volumes and database credentials.
    Delete,
    /// Volumes and database credentials stay, labelled `todochat.dev/retained`.
    #[default]
    Retain,
    /// A last backup is taken, then everything else goes.
    Snapshot,
}
