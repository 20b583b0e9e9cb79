use super::*;
use crate::{
    fetched::{ConfigMapFacts, Reference, SecretFacts},
    references::allows,
};

const KEYED: &str = "chat: {model: {name: small, apiKey: {name: model, key: token}}}";

fn secret(keys: &[&str]) -> SecretFacts {
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    SecretFacts { digest: "d1".to_owned(), keys, base_url: None }
}

fn with_secret(yaml: &str, name: &str, found: Reference<SecretFacts>) -> Case {
    let mut case = Case::new(yaml);
    case.fetched.secrets.insert(name.to_owned(), found);
    case
}

#[test]
fn a_missing_secret_is_named_with_what_to_do() {
    let refusal = with_secret(KEYED, "model", Reference::Missing).refusal();
    says(&refusal, "SecretNotFound", "`model` in the namespace `pier`");
    says(&refusal, "SecretNotFound", "with the entry `token`");
    says(
        &refusal,
        "SecretNotFound",
        "`kubectl --namespace pier label secret model todochat.dev/allow=harbor`",
    );
}

#[test]
fn what_nobody_has_looked_at_is_missing() {
    let mut case = Case::new(KEYED);
    case.fetched.secrets.clear();
    says(&case.refusal(), "SecretNotFound", "spec.chat.model.apiKey");
}

#[test]
fn a_secret_without_the_label_is_named_with_the_command_that_sets_it() {
    says(
        &with_secret(KEYED, "model", Reference::NotAllowed).refusal(),
        "Forbidden",
        "`kubectl --namespace pier label secret model todochat.dev/allow=harbor` (or \
         `todochat.dev/allow=any`",
    );
}

#[test]
fn the_command_allows_what_it_says() {
    let labelled = |value: &str| [("todochat.dev/allow".to_owned(), value.to_owned())].into();
    assert!(allows(&labelled("harbor"), "harbor") && allows(&labelled("any"), "harbor"));
}

#[test]
fn a_secret_that_the_operator_may_not_read_is_no_fault_of_the_label() {
    let refusal = with_secret(KEYED, "model", Reference::Forbidden).refusal();
    says(&refusal, "Forbidden", "todochat-operator rbac");
}

#[test]
fn a_missing_entry_is_named() {
    let found = Reference::Found(secret(&["other"]));
    let refusal = with_secret(KEYED, "model", found).refusal();
    says(&refusal, "SecretKeyMissing", "`model` has no entry `token`");
}

#[test]
fn config_maps_are_looked_up_too() {
    let yaml = "chat: {model: {name: small, apiKey: {name: model, key: token}, systemPrompt: \
                {configMapKeyRef: {name: prompt, key: text}}}}";
    let mut case = Case::new(yaml);
    case.fetched.config_maps.insert("prompt".to_owned(), Reference::Missing);
    says(&case.refusal(), "ConfigMapNotFound", "`prompt` in the namespace `pier`");
    let empty = Reference::Found(ConfigMapFacts::default());
    case.fetched.config_maps.insert("prompt".to_owned(), empty);
    says(&case.refusal(), "InvalidContent", "no entry `text`");
}

#[test]
fn a_key_is_sent_to_the_address_in_its_secret_and_nowhere_else() {
    let yaml = "chat: {model: {provider: OpenAICompatible, name: small, endpoint: \
                'https://llm.example/v1/', apiKey: {name: model, key: token}}}";
    let bound = |to: &str| {
        let facts = SecretFacts { base_url: Some(to.to_owned()), ..secret(&["token"]) };
        with_secret(yaml, "model", Reference::Found(facts))
    };
    assert!(bound("https://llm.example/v1").run().is_ok());
    for elsewhere in ["https://llm.example.evil/v1", "https://llm.example", ""] {
        let refusal = bound(elsewhere).refusal();
        says(&refusal, "Forbidden", "that is not `https://llm.example/v1`");
        assert!(elsewhere.is_empty() || !refusal.message.contains(&format!("{elsewhere}`")));
    }
}

#[test]
fn a_provider_without_an_endpoint_has_an_address_all_the_same() {
    let facts = SecretFacts {
        base_url: Some("https://api.openai.com/v1".to_owned()),
        ..secret(&["token"])
    };
    assert!(with_secret(KEYED, "model", Reference::Found(facts.clone())).run().is_ok());
    let anthropic = KEYED.replace("model: {", "model: {provider: Anthropic, ");
    let case = with_secret(&anthropic, "model", Reference::Found(facts));
    says(&case.refusal(), "Forbidden", "https://api.anthropic.com/v1");
}

#[test]
fn a_bound_secret_is_no_variable_and_no_header_of_another_server() {
    let yaml = "
chat: {env: [{name: KEY, valueFrom: {secretKeyRef: {name: model, key: token}}}]}
toolServers:
  - name: crm
    source:
      type: Remote
      remote:
        url: https://crm.example/mcp
        headersFrom: [{name: Authorization, secretKeyRef: {name: model, key: token}}]
";
    let facts =
        SecretFacts { base_url: Some("https://llm.example/v1".to_owned()), ..secret(&["token"]) };
    let refused = with_secret(yaml, "model", Reference::Found(facts)).refused();
    let [variable, header] = &refused[..] else { panic!("{refused:#?}") };
    says(variable, "Forbidden", "spec.chat.env[KEY]");
    says(header, "Forbidden", "headersFrom[Authorization]");
}

#[test]
fn a_login_goes_to_the_server_in_its_secret() {
    let yaml = "database: {mode: External, external: {host: pg.example, database: chat, \
                credentials: {name: pg}, systemRoots: true}}";
    let bound = |to: &str| {
        let facts =
            SecretFacts { base_url: Some(to.to_owned()), ..secret(&["username", "password"]) };
        with_secret(yaml, "pg", Reference::Found(facts))
    };
    assert!(bound("postgres://pg.example:5432").run().is_ok());
    says(&bound("postgres://other.example:5432").refusal(), "Forbidden", "external.credentials");
}

#[test]
fn pods_are_replaced_for_what_they_read_at_start_and_for_nothing_else() {
    let yaml = "
chat:
  model: {name: small, apiKey: {name: model, key: token}}
  auth: {signup: Invite, inviteCodes: {name: codes, key: list}}
";
    let inputs = |codes: &str, model: &str| {
        let mut case = Case::new(yaml);
        let facts = |digest: &str, key| {
            Reference::Found(SecretFacts { digest: digest.to_owned(), ..secret(&[key]) })
        };
        case.fetched.secrets.insert("codes".to_owned(), facts(codes, "list"));
        case.fetched.secrets.insert("model".to_owned(), facts(model, "token"));
        case.accepted().chat.inputs
    };
    assert_eq!(inputs("c1", "m1"), inputs("c1", "m2"));
    assert_ne!(inputs("c1", "m1"), inputs("c2", "m1"));
    assert_eq!(validated("{}").chat.inputs, "");
}

#[test]
fn nothing_of_a_secret_stands_in_a_refusal() {
    let facts = SecretFacts {
        digest: "canary-digest".to_owned(),
        keys: BTreeSet::from(["canary-key".to_owned()]),
        base_url: Some("https://canary.example".to_owned()),
    };
    let refused = with_secret(KEYED, "model", Reference::Found(facts)).refused();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|refusal| !refusal.message.contains("canary")));
}
