//! The chat server's part of the spec.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ConfigMapKeyReference, Delay, EnvVariable, PodSpec, ResourcesSpec, SecretKeyReference,
};

/// The chat server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSpec {
    /// How many pods; not looked at while `autoscaling` is set.
    #[serde(default = "one")]
    pub replicas: i32,
    /// Lets the number of pods follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<AutoscalingSpec>,
    /// Another image than the one of the operator's release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSpec>,
    /// The language model; without one the chat answers in the offline command mode, and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelSpec>,
    /// Who may use the chat.
    #[serde(default)]
    pub auth: AuthSpec,
    /// How answers are streamed.
    #[serde(default)]
    pub streaming: StreamingSpec,
    /// Environment variables in addition to the operator's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVariable>,
    /// What each pod asks for and may use; what is not said is the operator's default.
    #[serde(default)]
    pub resources: ResourcesSpec,
    /// Where the pods run and what they carry.
    #[serde(default)]
    pub pod: PodSpec,
}

fn one() -> i32 {
    1
}

impl Default for ChatSpec {
    fn default() -> Self {
        Self {
            replicas: one(),
            autoscaling: None,
            image: None,
            model: None,
            auth: AuthSpec::default(),
            streaming: StreamingSpec::default(),
            env: Vec::new(),
            resources: ResourcesSpec::default(),
            pod: PodSpec::default(),
        }
    }
}

/// The number of pods follows the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutoscalingSpec {
    /// Never fewer pods than this.
    #[serde(default = "one")]
    pub min_replicas: i32,
    /// Never more pods than this.
    pub max_replicas: i32,
    /// What load is.
    #[serde(default)]
    pub target: ScaleTarget,
    /// Per pod: percent of the requested processor time (`CPU`), or streams (`ActiveStreams`).
    pub value: i32,
}

/// What load is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ScaleTarget {
    /// Processor time.
    #[default]
    #[serde(rename = "CPU")]
    Cpu,
    /// Answers that are being streamed, from the metric `todochat_chat_streams_active`.
    ActiveStreams,
}

/// A container image: exactly one of tag and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct ImageSpec {
    /// Registry and repository, e.g. `registry.example.com/todochat/chat-server`.
    pub repository: String,
    /// Its tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Its digest, `sha256:` and 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The language model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelSpec {
    /// Who serves it.
    #[serde(default)]
    pub provider: ModelProvider,
    /// The model's name.
    pub name: String,
    /// The base URL of its API; needed for all but OpenAI and Anthropic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Where the API key is. If the Secret has an entry `base-url`, the endpoint must equal it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<SecretKeyReference>,
    /// What the model is told beside the built-in instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<PromptSource>,
}

/// Who serves the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ModelProvider {
    /// OpenAI.
    #[default]
    OpenAI,
    /// Azure OpenAI.
    AzureOpenAI,
    /// Any server with the Chat Completions API.
    OpenAICompatible,
    /// Anthropic, through its OpenAI-compatible API.
    Anthropic,
    /// Ollama.
    Ollama,
}

/// Where the text for the model is: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromptSource {
    /// The text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    /// In a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeyReference>,
}

/// Who may use the chat. Every request is checked; there is no way to switch that off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthSpec {
    /// Who issues the tokens.
    #[serde(rename = "type", default)]
    pub kind: AuthType,
    /// Who may sign up for a built-in account. Must be said when the chat is exposed; open otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signup: Option<Signup>,
    /// A Secret's entry with one invitation code a line, for `signup: Invite`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_codes: Option<SecretKeyReference>,
    /// How often the signing key is replaced, for `GeneratedKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationOverlapSpec>,
    /// The external issuers whose tokens are accepted, for `JWKS`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerSpec>,
}

/// Who issues the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthType {
    /// The chat itself, with a key that the operator makes.
    #[default]
    GeneratedKey,
    /// External issuers (any OpenID Connect provider), by their published keys.
    #[serde(rename = "JWKS")]
    Jwks,
}

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Signup {
    /// Everybody who reaches the chat.
    Open,
    /// Those with a code.
    Invite,
    /// Nobody.
    Disabled,
}

/// How often a key is replaced, and how long the old one is still accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct RotationOverlapSpec {
    /// How often; at least an hour.
    pub interval: Delay,
    /// How long both are accepted.
    pub overlap: Delay,
}

/// An external issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuerSpec {
    /// What stands in the tokens' `iss`.
    pub issuer: String,
    /// Where its public keys are; https.
    pub jwks_url: String,
    /// What must stand in the tokens' `aud`.
    pub audience: String,
    /// The accepted signature algorithms.
    #[serde(default = "usual_algorithms")]
    pub algorithms: Vec<String>,
    /// What must stand in the tokens' `typ`.
    #[serde(default)]
    pub token_type: TokenType,
}

fn usual_algorithms() -> Vec<String> {
    vec!["ES256".to_owned(), "RS256".to_owned()]
}

/// What must stand in the tokens' `typ`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TokenType {
    /// `at+jwt` (RFC 9068).
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// `JWT`.
    #[serde(rename = "JWT")]
    Jwt,
    /// Anything.
    Any,
}

/// How answers are streamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamingSpec {
    /// How many answers a pod streams at once.
    #[serde(default = "thousand")]
    pub max_streams_per_pod: i32,
    /// How long a pod that is to end lets its answers run on; at most an hour.
    #[serde(default = "a_minute")]
    pub drain_timeout: Delay,
    /// How often a silent stream is kept alive; 1 s to 60 s.
    #[serde(default = "fifteen_seconds")]
    pub heartbeat: Delay,
}

fn thousand() -> i32 {
    1000
}

fn a_minute() -> Delay {
    Delay::literal("60s")
}

fn fifteen_seconds() -> Delay {
    Delay::literal("15s")
}

impl Default for StreamingSpec {
    fn default() -> Self {
        Self {
            max_streams_per_pod: thousand(),
            drain_timeout: a_minute(),
            heartbeat: fifteen_seconds(),
        }
    }
}
