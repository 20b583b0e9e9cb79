//! The tool servers' part of the spec.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Delay, EnvVariable, ImageSpec, Opaque, PodSpec, ResourcesSpec, SecretKeyReference};

/// A tool server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolServerSpec {
    /// Its name: lowercase letters, digits and dashes; a part of the names of its objects.
    pub name: String,
    /// What it is, or where.
    #[serde(default)]
    pub source: ToolServerSource,
    /// Whether the chat refuses messages while it is away; if not, the model is told that its tools are missing.
    #[serde(default = "yes")]
    pub required: bool,
    /// How many pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which of its tools may be called, and which only after the person has agreed.
    #[serde(default)]
    pub tools: ToolPolicy,
    /// How the chat proves itself to it.
    #[serde(default)]
    pub auth: ToolAuthSpec,
    /// Whether any of its pods may get any request.
    #[serde(default)]
    pub sessions: Sessions,
    /// Where its pods may connect to, besides name resolution and, for the built-in servers, the database.
    #[serde(default)]
    pub egress: EgressSpec,
    /// How long a call may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Delay>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVariable>,
    /// What each pod asks for and may use; what is not said is the operator's default.
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
    /// An image whose program speaks MCP over standard input and output.
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
    /// An image whose program speaks MCP over standard input and output.
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
    pub port: i32,
    /// The path of its MCP endpoint.
    #[serde(default = "mcp_path")]
    pub path: String,
    /// Another command than the image's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Other arguments than the image's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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
    pub command: Vec<String>,
}

/// A server that runs elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoteSource {
    /// Its MCP endpoint.
    pub url: String,
    /// Headers that are sent with each request; over https only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers_from: Vec<HeaderSource>,
    /// Certificates that its own is checked against, besides the public ones; https only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<super::ConfigMapKeyReference>,
}

/// A header whose value is in a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeaderSource {
    /// The header's name.
    pub name: String,
    /// Where its value is.
    pub secret_key_ref: SecretKeyReference,
}

/// Which tools may be called. What is not allowed, or is denied, the model does not see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolPolicy {
    /// Only these; each must be offered by the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// All but these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// These only after the person has agreed to the very call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require_approval: Vec<String>,
}

/// How the chat proves itself to a tool server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct ToolAuthSpec {
    /// Which way. Built-in servers always get a token minted for the user and the call; `SharedToken` is for the others.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
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
pub struct EgressSpec {
    /// What is allowed at all.
    #[serde(default)]
    pub mode: EgressMode,
    /// Where to, for `AllowList`; peers and ports as in a NetworkPolicy's egress rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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
