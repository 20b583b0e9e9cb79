//! The language model: from who serves it to the chat server's flags.

use super::{
    Pass,
    addresses::{web_address, without_slash},
};
use crate::{
    crd::{ModelProvider, ModelSpec, PromptSource},
    validated::{Model, Prompt, SecretFile},
};

const OPENAI: &str = "https://api.openai.com/v1";
const ANTHROPIC: &str = "https://api.anthropic.com/v1";

/// The model as flags.
pub(super) fn model(pass: &mut Pass<'_>, spec: &ModelSpec) -> Model {
    const PATH: &str = "spec.chat.model";
    let address = address(spec);
    if address.is_empty() {
        let rule = "this provider needs an endpoint, the base URL of its API";
        pass.findings.malformed("spec.chat.model.endpoint", rule);
    } else {
        web_address(pass, "spec.chat.model.endpoint", &address);
    }
    if spec.api_key.is_none() && needs_key(spec.provider) {
        let rule = "this provider needs an apiKey, the name and key of a Secret's entry";
        pass.findings.malformed(PATH, rule);
    }
    let own = spec.provider == ModelProvider::OpenAI && spec.endpoint.is_none();
    Model {
        base_url: (!own).then_some(address),
        name: spec.name.clone(),
        api: api(spec.provider),
        api_key: spec.api_key.as_ref().map(SecretFile::from),
    }
}

/// The base URL that the model's key is sent to, without a slash at its end; empty if there is none.
pub(super) fn address(spec: &ModelSpec) -> String {
    let endpoint = spec.endpoint.as_deref().map(without_slash);
    match (spec.provider, endpoint) {
        (ModelProvider::OpenAI, None) => OPENAI.to_owned(),
        (ModelProvider::Anthropic, None) => ANTHROPIC.to_owned(),
        (ModelProvider::Ollama, Some(endpoint)) => below_v1(endpoint),
        (_, endpoint) => endpoint.unwrap_or_default(),
    }
}

/// Where the operator's text for the model is.
pub(super) fn prompt(pass: &mut Pass<'_>, spec: &PromptSource) -> Option<Prompt> {
    match (&spec.inline, &spec.config_map_key_ref) {
        (Some(text), None) => Some(Prompt::Inline(text.clone())),
        (None, Some(entry)) => {
            Some(Prompt::ConfigMap { name: entry.name.clone(), key: entry.key.clone() })
        }
        (Some(_), Some(_)) | (None, None) => {
            let rule = "is written inline or in a configMapKeyRef, and not both";
            pass.findings.malformed("spec.chat.model.systemPrompt", rule);
            None
        }
    }
}

/// Ollama is known by its address alone; what we speak is below `/v1` there.
fn below_v1(endpoint: String) -> String {
    let (_, rest) = endpoint.split_once("://").unwrap_or(("", &endpoint));
    if rest.contains('/') { endpoint } else { format!("{endpoint}/v1") }
}

/// `--model-api`. Only OpenAI and Azure have Responses; what stands at another address speaks Chat Completions, but OpenAI's
/// own provider may name an address of OpenAI's, which the server knows.
fn api(provider: ModelProvider) -> &'static str {
    match provider {
        ModelProvider::OpenAI => "auto",
        ModelProvider::AzureOpenAI => "responses",
        ModelProvider::OpenAICompatible | ModelProvider::Anthropic | ModelProvider::Ollama => {
            "chat"
        }
    }
}

fn needs_key(provider: ModelProvider) -> bool {
    !matches!(provider, ModelProvider::OpenAICompatible | ModelProvider::Ollama)
}
