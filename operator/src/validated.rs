//! A `TodoChat` that can be built: defaults filled in, references looked up, every choice made. `validate` makes it and
//! the builders take nothing else.

mod backup;

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::{Affinity, EnvVar, ResourceRequirements, Toleration};
use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer};

use crate::{
    crd::{GatewayReference, IngressSpec, IssuerReference, TopologySpread},
    rotating::{KeysTurn, Login},
};

pub use self::backup::{Backup, BackupPlace, Bucket, Restore, RestoreSource};

/// A `TodoChat` that can be built.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the spec, and none depends on another"
)]
pub struct Validated {
    /// Whose children they are.
    pub owner: Owner,
    /// What must have happened before the rest may exist.
    pub stage: Stage,
    /// The chat server.
    pub chat: Chat,
    /// The tool servers, in the order of the spec.
    pub tool_servers: Vec<ToolServer>,
    /// The database.
    pub database: Database,
    /// The migration of this release.
    pub migration: Option<Migration>,
    /// The restore that is to be done first.
    pub restore: Option<Restore>,
    /// Credentials that are being replaced.
    pub rotation: Rotation,
    /// How the chat is exposed, if it is.
    pub exposure: Option<Exposure>,
    /// Who may talk to whom; `None` if no policies are wanted.
    pub network: Option<Network>,
    /// Whether there is a ServiceMonitor.
    pub monitor: bool,
    /// Whether there are disruption budgets for what has several pods.
    pub disruption_budget: bool,
    /// Secrets that images are pulled with.
    pub image_pull_secrets: Vec<String>,
    /// Whether no pods run.
    pub suspended: bool,
    /// Whether volumes and database logins outlive the object.
    pub keeps_data: bool,
}

impl Validated {
    /// Whether servers run: neither while the object is suspended nor while their database is replaced.
    pub fn serves(&self) -> bool {
        !self.suspended && !self.restore.as_ref().is_some_and(|restore| restore.replaces)
    }
}

/// Whose children they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The namespace of all of them.
    pub namespace: String,
    /// The object's name: at most 40 characters, a DNS label.
    pub name: String,
    /// The object's uid.
    pub uid: String,
}

/// What has happened already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The operator's own Secrets, by name, with the digest of their content: pods wait until all that they mount are there.
    pub own_secrets: BTreeMap<String, String>,
    /// How far the schema is.
    pub schema: Schema,
}

/// How far the schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The database has the schema of this release, and knows the logins.
    Current,
    /// A migration is to run, or runs: new pods wait, old ones serve on.
    Behind,
    /// Somebody must do something first ([`Migration::hold`] says what): new pods wait, old ones serve on.
    Held,
}

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

/// The chat server.
#[derive(Clone, Debug, PartialEq)]
pub struct Chat {
    /// Its image.
    pub image: Image,
    /// How many pods; `None` while an autoscaler says.
    pub replicas: Option<i32>,
    /// The autoscaler, by what it can count.
    pub autoscaling: Option<crate::crd::AutoscalingSpec>,
    /// The language model.
    pub model: Option<Model>,
    /// The file with the operator's text for the model.
    pub system_prompt: Option<Prompt>,
    /// Who may sign up: `open`, `invite`, `disabled`.
    pub signup: &'static str,
    /// Where the invitation codes are.
    pub invite_codes: Option<SecretFile>,
    /// External issuers, as the JSON of `--issuers-file`; built-in accounts are off when there are any.
    pub issuers: Option<String>,
    /// The address that people use, without a slash at its end; the issuer of our tokens.
    pub public_url: String,
    /// How many answers a pod streams at once.
    pub max_streams: i32,
    /// How long a pod that is to end lets its answers run on.
    pub drain: Duration,
    /// How often a silent stream is kept alive.
    pub heartbeat: Duration,
    /// `--outgoing-allow`: networks, besides the public one, that models, issuers and remote tool servers may be in.
    pub outgoing_allow: Vec<IpNet>,
    /// More environment variables.
    pub env: Vec<EnvVar>,
    /// What each pod asks for and may use, defaults filled in.
    pub resources: ResourceRequirements,
    /// Where the pods run.
    pub pod: PodOptions,
    /// A digest of all the people's Secrets and ConfigMaps that the pods read at start.
    pub inputs: String,
}

/// The language model, as flags of the chat server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// `--model-base-url`; `None` is OpenAI's own.
    pub base_url: Option<String>,
    /// `--model-name`.
    pub name: String,
    /// `--model-api`.
    pub api: &'static str,
    /// Where the key is.
    pub api_key: Option<SecretFile>,
}

/// An entry of a Secret that is mounted as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The Secret.
    pub secret: String,
    /// The entry.
    pub key: String,
}

/// Where the operator's text for the model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Here; it goes into the chat's own ConfigMap.
    Inline(String),
    /// In this entry of a ConfigMap.
    ConfigMap {
        /// The ConfigMap.
        name: String,
        /// The entry.
        key: String,
    },
}

/// A tool server.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolServer {
    /// Its name.
    pub name: String,
    /// Its MCP endpoint, as the chat and the operator call it.
    pub url: String,
    /// Whether the chat refuses messages while it is away.
    pub required: bool,
    /// Which tools may be called.
    pub tools: crate::crd::ToolPolicy,
    /// How the chat proves itself.
    pub auth: ToolAuth,
    /// How long a call may take, if not as long as the chat's default.
    pub timeout: Option<Duration>,
    /// What runs it, unless it runs elsewhere.
    pub runs: Runs,
}

/// How the chat proves itself to a tool server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolAuth {
    /// With a token minted for the user and the call.
    Minted,
    /// With the shared token in the operator's own Secret `<object>-tool-<server>`, entry `token`.
    Shared,
    /// Not at all.
    None,
}

/// What runs a tool server.
#[derive(Clone, Debug, PartialEq)]
pub enum Runs {
    /// The tool server of this release.
    Todo(ToolPods),
    /// An image that serves MCP over HTTP.
    Image {
        /// Its pods.
        pods: ToolPods,
        /// Its port.
        port: u16,
        /// Its command, if not the image's own.
        command: Vec<String>,
        /// Its arguments, if not the image's own.
        args: Vec<String>,
    },
    /// An image whose program speaks MCP over standard input and output, behind the bridge of this release.
    Stdio {
        /// Its pods.
        pods: ToolPods,
        /// The program and its arguments.
        command: Vec<String>,
        /// The image that has the bridge.
        bridge: Image,
    },
    /// Nothing here: it is elsewhere.
    Remote {
        /// Headers with secret values.
        headers: Vec<(String, SecretFile)>,
        /// Where its certificate authority is: ConfigMap and entry.
        ca: Option<(String, String)>,
    },
}

/// The pods of a tool server.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolPods {
    /// Their image.
    pub image: Image,
    /// How many.
    pub replicas: i32,
    /// Whether a client stays with its pod.
    pub sticky: bool,
    /// Where they may connect to; `None` is anywhere.
    pub egress: Option<Vec<NetworkPolicyEgressRule>>,
    /// Environment variables.
    pub env: Vec<EnvVar>,
    /// What each asks for and may use, defaults filled in.
    pub resources: ResourceRequirements,
    /// Where they run.
    pub pod: PodOptions,
    /// A digest of all the people's Secrets and ConfigMaps that they read at start.
    pub inputs: String,
}

/// The database.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Its host, as it stands in URLs.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who runs it.
    pub runs: DatabaseRuns,
}

/// Who runs the database.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseRuns {
    /// The operator, as the StatefulSet `<object>-db`.
    Embedded(Box<Embedded>),
    /// CloudNativePG; the login is the Secret `<cluster>-app`, entries `username` and `password`.
    Cnpg {
        /// The cluster's name.
        cluster: String,
        /// How it is made, if the operator makes it.
        create: Option<crate::crd::CnpgCreate>,
    },
    /// Others.
    External(External),
}

/// A PostgreSQL that the operator runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// Its image.
    pub image: Image,
    /// The major version of that image, where it can be told.
    pub version: Option<String>,
    /// The size of its volume.
    pub size: String,
    /// The volume's storage class.
    pub storage_class: Option<String>,
    /// What its pod asks for and may use, defaults filled in.
    pub resources: ResourceRequirements,
    /// Backups.
    pub backup: Option<Backup>,
}

/// A PostgreSQL that others run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The database's name.
    pub database: String,
    /// The Secret with the login (`username`, `password`).
    pub secret: String,
    /// Whether that login may make roles: then a login for the chat is made with it.
    pub is_admin: bool,
    /// `require`, `verify-ca`, `verify-full`.
    pub ssl_mode: &'static str,
    /// The certificates that the server's is checked against: ConfigMap and entry.
    pub ca: Option<(String, String)>,
}

/// The migration of this release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What stands in the Job's name: a DNS label of at most 14 characters, made of the release; another one when only the
    /// logins must be made known again.
    pub version: String,
    /// The release whose schema it makes: `status.database.schemaVersion` once it is done.
    pub schema: String,
    /// A digest of where the database is and of the logins that it makes known to it: `status.database.loginsHash` once it
    /// is done. Empty while the Secret with the logins is not there.
    pub logins: String,
    /// Why the schema is [`Schema::Held`], if it is.
    pub hold: Option<Hold>,
    /// The image that migrates.
    pub image: Image,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether the Job shall exist now: it is neither done nor waiting for somebody.
    pub wanted: bool,
}

/// Credentials that are being replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// The servers' login, if the operator makes it.
    pub login: Option<Login>,
    /// The signing keys.
    pub keys: KeysTurn,
    /// How long the sessions of a login may go on that another has taken the place of.
    pub grace: Duration,
}

impl Rotation {
    /// How long until something is to be done that nobody tells of.
    pub fn wait(&self) -> Option<Duration> {
        let login = self.login.as_ref().and_then(|login| login.wait);
        login.into_iter().chain(self.keys.wait).min()
    }
}

/// Why a migration does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Somebody must name its version in `database.migrations.approvedVersion`.
    ApprovalNeeded,
    /// The database has the schema of a newer release.
    SchemaNewer,
}

/// How the chat is exposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The host name.
    pub host: String,
    /// By what.
    pub by: ExposedBy,
    /// The controller of the Ingress's class, where the class tells it.
    pub ingress_controller: Option<String>,
    /// The Secret with the certificate.
    pub tls_secret: Option<String>,
    /// The issuer that cert-manager gets it from.
    pub issuer: Option<IssuerReference>,
}

/// By what the chat is exposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExposedBy {
    /// An Ingress.
    Ingress(IngressSpec),
    /// An HTTPRoute.
    HttpRoute(Vec<GatewayReference>),
}

/// Who may talk to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The operator's namespace: it calls the tool servers.
    pub operator_namespace: String,
    /// Who may reach the chat; empty is the default.
    pub ingress_from: Vec<NetworkPolicyPeer>,
    /// Where the chat may connect to besides what it needs.
    pub egress_to: Vec<NetworkPolicyEgressRule>,
}
