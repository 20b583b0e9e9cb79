//! A tool server.

use std::time::Duration;

use k8s_openapi::api::{
    core::v1::{EnvVar, ResourceRequirements},
    networking::v1::NetworkPolicyEgressRule,
};

use super::{Image, PodOptions, SecretFile};

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
