use super::*;
use crate::validated::{Model, Prompt, SecretFile};

fn model(fields: &str) -> Model {
    validated(&format!("chat: {{model: {{name: small, {fields}}}}}")).chat.model.expect("a model")
}

fn flags(fields: &str) -> (Option<String>, &'static str) {
    let model = model(fields);
    (model.base_url, model.api)
}

const KEY: &str = "apiKey: {name: model, key: token}";

#[test]
fn openai_needs_no_address() {
    assert_eq!(flags(KEY), (None, "auto"));
    let elsewhere = format!("endpoint: 'https://eu.api.openai.com/v1/', {KEY}");
    assert_eq!(flags(&elsewhere), (Some("https://eu.api.openai.com/v1".to_owned()), "auto"));
}

#[test]
fn azure_speaks_responses_at_its_endpoint() {
    let fields =
        format!("provider: AzureOpenAI, endpoint: 'https://a.openai.azure.com/openai/v1', {KEY}");
    assert_eq!(
        flags(&fields),
        (Some("https://a.openai.azure.com/openai/v1".to_owned()), "responses")
    );
}

#[test]
fn a_compatible_server_speaks_chat_at_its_endpoint() {
    let fields = "provider: OpenAICompatible, endpoint: 'http://llm.models.svc:8000/v1'";
    assert_eq!(flags(fields), (Some("http://llm.models.svc:8000/v1".to_owned()), "chat"));
}

#[test]
fn anthropic_has_an_address_of_its_own() {
    let fields = format!("provider: Anthropic, {KEY}");
    assert_eq!(flags(&fields), (Some("https://api.anthropic.com/v1".to_owned()), "chat"));
    let proxied = format!("provider: Anthropic, endpoint: 'https://proxy.example/v1', {KEY}");
    assert_eq!(flags(&proxied).0.as_deref(), Some("https://proxy.example/v1"));
}

#[test]
fn ollama_is_known_by_its_address_alone() {
    for endpoint in ["http://ollama:11434", "http://ollama:11434/", "http://ollama:11434/v1/"] {
        let fields = format!("provider: Ollama, endpoint: '{endpoint}'");
        assert_eq!(
            flags(&fields),
            (Some("http://ollama:11434/v1".to_owned()), "chat"),
            "{endpoint}"
        );
    }
}

#[test]
fn the_key_is_a_file() {
    let key = SecretFile { secret: "model".to_owned(), key: "token".to_owned() };
    assert_eq!(model(KEY).api_key, Some(key));
}

#[test]
fn a_provider_gets_what_it_needs() {
    let refuses = |fields: &str, words| {
        refuses(&format!("chat: {{model: {{name: small, {fields}}}}}"), "Malformed", words);
    };
    refuses("provider: OpenAI", "needs an apiKey");
    refuses("provider: Ollama", "needs an endpoint");
    refuses("provider: Ollama, endpoint: 'ftp://ollama'", "http:// or https://");
    refuses("provider: Ollama, endpoint: 'http://me:canary@ollama'", "use a Secret");
}

#[test]
fn a_prompt_is_here_or_in_a_config_map() {
    let prompt = |source: &str| {
        let yaml = format!("chat: {{model: {{name: small, {KEY}, systemPrompt: {source}}}}}");
        validated(&yaml).chat.system_prompt
    };
    assert_eq!(prompt("{inline: Be brief.}"), Some(Prompt::Inline("Be brief.".to_owned())));
    let (name, key) = ("prompt".to_owned(), "text".to_owned());
    let there = prompt("{configMapKeyRef: {name: prompt, key: text}}");
    assert_eq!(there, Some(Prompt::ConfigMap { name, key }));
    let yaml = format!("chat: {{model: {{name: small, {KEY}, systemPrompt: {{}}}}}}");
    refuses(&yaml, "Malformed", "inline or in a configMapKeyRef");
}
