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
#[x_kube(validation = (
    "!has(self.autoscaling) || self.replicas > 0",
    "an autoscaler does not start from replicas 0: write 1, or suspended: true to stop all pods",
))]
#[x_kube(validation = (
    "!has(self.autoscaling) || self.autoscaling.target != 'ActiveStreams' || self.autoscaling.value <= self.streaming.maxStreamsPerPod",
    "autoscaling.value must not be above streaming.maxStreamsPerPod",
))]
#[x_kube(validation = (
    "!has(self.env) || !self.env.exists(e, e.name == 'OPENAI_API_KEY')",
    "env OPENAI_API_KEY is the operator's own: name the Secret in model.apiKey",
))]
pub struct ChatSpec {
    /// How many pods, without `autoscaling`.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: i32,
    /// Lets the number of pods follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<AutoscalingSpec>,
    /// Another image than the release's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSpec>,
    /// The language model; without one the chat answers in the offline command mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelSpec>,
    /// Who may use the chat.
    #[serde(default)]
    pub auth: AuthSpec,
    /// How answers are streamed.
    #[serde(default)]
    pub streaming: StreamingSpec,
    /// More environment variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub env: Vec<EnvVariable>,
    /// What each pod asks for and may use.
    #[serde(default)]
    #[x_kube(validation = super::pod::REQUESTS_FIT)]
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
#[x_kube(validation = (
    "self.minReplicas <= self.maxReplicas",
    "minReplicas must not be above maxReplicas",
))]
pub struct AutoscalingSpec {
    /// Never fewer pods than this.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub min_replicas: i32,
    /// Never more pods than this.
    #[schemars(range(min = 1, max = 1000))]
    pub max_replicas: i32,
    /// What load is.
    #[serde(default)]
    pub target: ScaleTarget,
    /// Per pod: percent of the requested processor time, or streams.
    #[schemars(range(min = 1, max = 100_000))]
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
#[x_kube(validation = (
    "has(self.tag) != has(self.digest)",
    "an image needs a tag or a digest, and not both",
))]
#[x_kube(validation = (
    "!self.repository.matches('@|:[^/]*$')",
    "repository takes no tag or digest: write it beside",
))]
pub struct ImageSpec {
    /// Registry and path, without tag and digest.
    #[schemars(length(max = 255), regex(pattern = "^[a-zA-Z0-9][a-zA-Z0-9.:/@_-]*$"))]
    pub repository: String,
    /// Its tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$"))]
    pub tag: Option<String>,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^sha256:[a-f0-9]{64}$"))]
    pub digest: Option<String>,
}

/// The language model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.endpoint) || self.provider in ['OpenAI', 'Anthropic']",
    "provider AzureOpenAI, OpenAICompatible and Ollama need an endpoint",
))]
#[x_kube(validation = (
    "!has(self.endpoint) || self.endpoint.matches('^https?://[^@/?# ]+(/[^?# ]*)?$')",
    "endpoint must be an http:// or https:// URL without user and query",
))]
#[x_kube(validation = (
    "has(self.apiKey) || self.provider in ['OpenAICompatible', 'Ollama']",
    "provider OpenAI, AzureOpenAI and Anthropic need an apiKey",
))]
pub struct ModelSpec {
    /// Who serves it.
    #[serde(default)]
    pub provider: ModelProvider,
    /// The model's name.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// The base URL of its API; needed for all but OpenAI and Anthropic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub endpoint: Option<String>,
    /// Where the API key is; the Secret's `base-url`, if it has one, must equal the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<SecretKeyReference>,
    /// What the model is told besides.
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
#[x_kube(validation = (
    "has(self.inline) != has(self.configMapKeyRef)",
    "systemPrompt is written inline or in a configMapKeyRef, and not both",
))]
pub struct PromptSource {
    /// The text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16_384))]
    pub inline: Option<String>,
    /// In a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeyReference>,
}

/// Who may use the chat. Every request is checked; there is no way to switch that off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "(self.type == 'JWKS') == (has(self.issuers) && size(self.issuers) > 0)",
    "issuers are needed for type JWKS, and for no other",
))]
#[x_kube(validation = (
    "self.type == 'GeneratedKey' || !has(self.rotation)",
    "rotation is for type GeneratedKey: leave it out",
))]
#[x_kube(validation = (
    "self.type == 'GeneratedKey' || !has(self.signup) || self.signup == 'Disabled'",
    "type JWKS has no sign-up: write signup Disabled or leave it out",
))]
#[x_kube(validation = (
    "!has(self.signup) || self.signup != 'Invite' || has(self.inviteCodes)",
    "signup Invite needs inviteCodes",
))]
pub struct AuthSpec {
    /// Who issues the tokens.
    #[serde(rename = "type", default)]
    pub kind: AuthType,
    /// Who may sign up. Must be said when the chat is exposed; open otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Signup")] // an optional enum would lose the sentence above
    pub signup: Option<Signup>,
    /// One invitation code a line, for `signup: Invite`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_codes: Option<SecretKeyReference>,
    /// How often the signing key is replaced, for `GeneratedKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationOverlapSpec>,
    /// The external issuers whose tokens are accepted, for `JWKS`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["issuer"]))]
    pub issuers: Vec<IssuerSpec>,
}

/// Who issues the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthType {
    /// The chat itself, with a key that the operator makes.
    #[default]
    GeneratedKey,
    /// External issuers (any provider of OIDC), by their published keys.
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
#[x_kube(validation = (
    "self.interval >= duration('1h') && self.overlap < self.interval",
    "interval must be 1h or longer, and overlap shorter than interval",
))]
pub struct RotationOverlapSpec {
    /// How often; at least an hour.
    pub interval: Delay,
    /// How long both are accepted.
    pub overlap: Delay,
}

/// An external issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.jwksUrl.matches('^https://[^@/?# ]+(/[^# ]*)?$')",
    "jwksUrl must be an https:// URL",
))]
#[x_kube(validation = (
    "self.algorithms.all(a, a in ['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'])",
    "algorithms are EdDSA, ES256, ES384, RS256 and PS256",
))]
pub struct IssuerSpec {
    /// What stands in the tokens' `iss`.
    #[schemars(length(min = 1, max = 512))]
    pub issuer: String,
    /// Where its public keys are; https.
    #[schemars(length(max = 1024))]
    pub jwks_url: String,
    /// What must stand in the tokens' `aud`.
    #[schemars(length(min = 1, max = 512))]
    pub audience: String,
    /// The accepted signature algorithms.
    #[serde(default = "usual_algorithms")]
    #[schemars(length(min = 1, max = 5), inner(length(max = 8)), extend("x-kubernetes-list-type" = "set"))]
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
#[x_kube(validation = (
    "self.heartbeat >= duration('1s') && self.heartbeat <= duration('60s')",
    "heartbeat must be between 1s and 60s",
))]
#[x_kube(validation = (
    "self.drainTimeout <= duration('1h')",
    "drainTimeout must be 1h or shorter",
))]
pub struct StreamingSpec {
    /// How many answers a pod streams at once.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_streams_per_pod: i32,
    /// How long a pod that ends lets its answers run on; at most an hour.
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
