//! The tool servers' part of the spec.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Delay, EnvVariable, ImageSpec, Opaque, PodSpec, ResourcesSpec, SecretKeyReference};

/// A tool server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.name.matches('^[a-z]([-a-z0-9]{0,15}[a-z0-9])?$')",
    "a tool server's name is at most 17 lowercase letters, digits and dashes, the first a letter, the last no dash",
))]
#[x_kube(validation = (
    "self.source.type != 'Remote' || !(has(self.replicas) || has(self.pod) || has(self.resources) || has(self.env) || self.egress.mode != 'Deny' || self.sessions != 'Stateless')",
    "a Remote server has no pods here: leave out replicas, pod, resources, env, egress and sessions",
))]
#[x_kube(validation = (
    "self.source.type != 'Remote' || !has(self.auth) || !has(self.auth.type) || self.auth.type == 'None'",
    "a Remote server gets no token of ours: name the Secret with its own in headersFrom",
))]
#[x_kube(validation = (
    "self.source.type != 'Builtin' || !has(self.auth) || !has(self.auth.type) || self.auth.type != 'None'",
    "a Builtin server always checks who calls: leave out auth",
))]
#[x_kube(validation = (
    "self.source.type != 'Stdio' || !has(self.replicas) || self.replicas == 1 || self.sessions == 'Sticky'",
    "several replicas of a Stdio server need sessions Sticky",
))]
#[x_kube(validation = (
    "!has(self.timeout) || (self.timeout >= duration('1s') && self.timeout <= duration('2m'))",
    "a call's timeout must be between 1s and 2m",
))]
pub struct ToolServerSpec {
    /// Its name, a part of the names of its objects.
    #[schemars(length(max = 63))]
    pub name: String,
    /// What it is, or where.
    #[serde(default)]
    pub source: ToolServerSource,
    /// Whether the chat refuses messages while it is away; if not, the model is told so.
    #[serde(default = "yes")]
    pub required: bool,
    /// How many pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: Option<i32>,
    /// Which of its tools may be called.
    #[serde(default)]
    pub tools: ToolPolicy,
    /// How the chat proves itself to it.
    #[serde(default)]
    pub auth: ToolAuthSpec,
    /// Whether any pod may get any request.
    #[serde(default)]
    pub sessions: Sessions,
    /// Where its pods may connect to; name resolution and a built-in server's database always.
    #[serde(default)]
    pub egress: EgressSpec,
    /// How long a call may take, 1 s to 2 m; 10 s if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Delay>,
    /// More environment variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub env: Vec<EnvVariable>,
    /// What each pod asks for and may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesSpec>,
    /// Where the pods run and what they carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<PodSpec>,
}

fn yes() -> bool {
    true
}

/// The tool servers of an object that names none.
pub(super) fn only_todo() -> Vec<ToolServerSpec> {
    vec![ToolServerSpec {
        name: "todo".to_owned(),
        source: ToolServerSource::default(),
        required: true,
        replicas: None,
        tools: ToolPolicy::default(),
        auth: ToolAuthSpec::default(),
        sessions: Sessions::default(),
        egress: EgressSpec::default(),
        timeout: None,
        env: Vec::new(),
        resources: None,
        pod: None,
    }]
}

/// What a tool server is: the member that `type` names, and no other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "self.type == 'Builtin' || !has(self.builtin)",
    "source.builtin is for type Builtin: leave it out",
))]
#[x_kube(validation = (
    "(self.type == 'Image') == has(self.image)",
    "source.image is needed for type Image, and for no other",
))]
#[x_kube(validation = (
    "(self.type == 'Stdio') == has(self.stdio)",
    "source.stdio is needed for type Stdio, and for no other",
))]
#[x_kube(validation = (
    "(self.type == 'Remote') == has(self.remote)",
    "source.remote is needed for type Remote, and for no other",
))]
pub struct ToolServerSource {
    /// Which of the members below it is.
    #[serde(rename = "type", default)]
    pub kind: SourceType,
    /// A server of this release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builtin: Option<BuiltinSource>,
    /// An image that serves MCP over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSource>,
    /// An image whose program speaks MCP over stdio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdio: Option<StdioSource>,
    /// A server that runs elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteSource>,
}

/// The kinds of tool server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SourceType {
    /// A server of this release.
    #[default]
    Builtin,
    /// An image that serves MCP over HTTP.
    Image,
    /// An image whose program speaks MCP over stdio.
    Stdio,
    /// A server that runs elsewhere.
    Remote,
}

/// A server of this release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct BuiltinSource {
    /// Which one.
    #[serde(default)]
    pub name: BuiltinServer,
}

/// The servers of this release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BuiltinServer {
    /// The to-do tools.
    #[default]
    #[serde(rename = "todo")]
    Todo,
}

/// An image that serves MCP over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct ImageSource {
    /// The image.
    pub image: ImageSpec,
    /// The port that it listens on.
    #[serde(default = "http_port")]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: i32,
    /// The path of its MCP endpoint.
    #[serde(default = "mcp_path")]
    #[schemars(regex(pattern = "^/[^?# ]{0,255}$"))]
    pub path: String,
    /// Another command than the image's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub command: Vec<String>,
    /// Other arguments than the image's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub args: Vec<String>,
}

fn http_port() -> i32 {
    8080
}

fn mcp_path() -> String {
    "/mcp".to_owned()
}

/// An image whose program speaks MCP over standard input and output; a bridge in its pod serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct StdioSource {
    /// The image.
    pub image: ImageSpec,
    /// The program and its arguments.
    #[schemars(length(min = 1, max = 64))]
    pub command: Vec<String>,
}

/// A server that runs elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.url.matches('^https?://[^@/?# ]+(/[^# ]*)?$')",
    "url must be an http:// or https:// URL without user",
))]
#[x_kube(validation = (
    "self.url.startsWith('https://') || !(has(self.headersFrom) || has(self.caBundle))",
    "headersFrom and caBundle are for https alone: write an https:// url",
))]
pub struct RemoteSource {
    /// Its MCP endpoint.
    #[schemars(length(max = 1024))]
    pub url: String,
    /// Headers that are sent with each request; over https only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub headers_from: Vec<HeaderSource>,
    /// Certificates that its own is checked against, instead of public ones; https only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<super::ConfigMapKeyReference>,
}

/// A header whose value is in a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!self.name.lowerAscii().matches('^(host|accept|connection|content-.*|transfer-encoding|mcp-.*)$')",
    "headers such as Host, Accept, Content-Type and Mcp-Session-Id are the chat's own",
))]
pub struct HeaderSource {
    /// The header's name.
    #[schemars(length(max = 64), regex(pattern = "^[a-zA-Z0-9-]+$"))]
    pub name: String,
    /// In a Secret.
    pub secret_key_ref: SecretKeyReference,
}

/// Which tools may be called. What is not allowed, or is denied, the model does not see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.allow) || !has(self.deny)",
    "tools takes allow or deny, and not both",
))]
#[x_kube(validation = (
    "!has(self.requireApproval) || self.requireApproval.all(t, has(self.allow) ? t in self.allow : !(has(self.deny) && t in self.deny))",
    "requireApproval has a tool that may not be called: allow it, or leave it out",
))]
pub struct ToolPolicy {
    /// Only these; each must be offered by the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub allow: Vec<String>,
    /// All but these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub deny: Vec<String>,
    /// These only after the person has agreed. This release cannot ask, and never calls them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub require_approval: Vec<String>,
}

/// How the chat proves itself to a tool server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct ToolAuthSpec {
    /// Which way. Built-in servers get a token minted for each call.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ToolAuthType")] // an optional enum would lose the sentence above
    pub kind: Option<ToolAuthType>,
}

/// The ways to prove oneself to a tool server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ToolAuthType {
    /// Not at all.
    None,
    /// A token that the operator makes; the server finds it in the file `TODOCHAT_TOKEN_FILE` names.
    SharedToken,
}

/// Whether any pod may get any request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Sessions {
    /// Any pod may.
    #[default]
    Stateless,
    /// A client stays with its pod.
    Sticky,
}

/// Where pods may connect to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "(self.mode == 'AllowList') == (has(self.to) && size(self.to) > 0)",
    "egress.to is needed for mode AllowList, and for no other",
))]
pub struct EgressSpec {
    /// What is allowed at all.
    #[serde(default)]
    pub mode: EgressMode,
    /// Where to, for `AllowList`, as rules of a NetworkPolicy's egress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub to: Vec<Opaque>,
}

/// What pods may connect to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EgressMode {
    /// Nothing.
    #[default]
    Deny,
    /// What is listed.
    AllowList,
    /// Anything.
    AllowAll,
}
