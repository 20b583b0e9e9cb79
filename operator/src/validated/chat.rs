//! The chat server.

use std::time::Duration;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::{EnvVar, ResourceRequirements};

use super::{Image, PodOptions, SecretFile};

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
