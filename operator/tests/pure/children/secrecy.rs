//! Nothing secret stands outside of a Secret: what is sent names files and entries.

use serde_json::Value;
use todochat_operator::kinds::Kind;

use super::{Sent, items, strings};

pub(super) fn check(sent: &Sent<'_>) {
    assert_eq!(sent.of(Kind::Secret).count(), 0, "Secrets are recipes");
    for (_, object) in &sent.objects {
        without_login(object);
    }
    for workload in sent.workloads() {
        for container in workload.all_containers() {
            check_words(container);
            check_environment(container);
        }
    }
    let config_map = sent.of(Kind::ConfigMap).next().unwrap();
    assert!(config_map.get("binaryData").is_none());
    check_digests(sent);
}

/// No text holds a URL with a login.
fn without_login(value: &Value) {
    match value {
        Value::String(text) => assert!(!has_login(text), "a login in {text}"),
        Value::Array(items) => items.iter().for_each(without_login),
        Value::Object(members) => members.values().for_each(without_login),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn has_login(text: &str) -> bool {
    let after = text.split("://").skip(1);
    after.into_iter().any(|rest| rest.split(['/', ' ', '"']).next().unwrap().contains('@'))
}

/// A flag for something secret is one for a file.
fn check_words(container: &Value) {
    for word in strings(&container["args"]).chain(strings(&container["command"])) {
        let flag = word.split_once('=').map_or(word, |(flag, _)| flag);
        let secret = ["password", "secret", "token", "-key", "keys", "database-url", "codes"];
        let named = flag.starts_with("--") && secret.iter().any(|secret| flag.contains(secret));
        assert!(!named || flag.ends_with("-file"), "{word}");
    }
}

/// The operator's own variables hold values that anybody may read, and none takes one from a Secret.
fn check_environment(container: &Value) {
    let own = ["TODOCHAT_", "POSTGRES_", "PG"];
    for variable in items(&container["env"]) {
        let name = variable["name"].as_str().unwrap();
        if own.iter().any(|own| name.starts_with(own)) {
            assert!(variable["valueFrom"].is_null(), "{name}");
            assert_ne!(name, "PGPASSWORD");
            assert_ne!(name, "POSTGRES_PASSWORD");
        }
    }
}

/// What stands in an annotation is a hash of digests, and no digest itself.
fn check_digests(sent: &Sent<'_>) {
    for workload in sent.workloads() {
        let inputs = &workload.template["metadata"]["annotations"]["todochat.dev/inputs"];
        let own = sent.validated.stage.own_secrets.values();
        for digest in own.chain([&sent.validated.chat.inputs]).filter(|digest| !digest.is_empty()) {
            assert!(inputs != digest.as_str());
        }
    }
}

#[test]
fn a_login_in_a_url_is_seen() {
    assert!(has_login("postgres://me:hunter2@db/todochat") && has_login("x https://me@host/"));
    assert!(!has_login("https://host/@team/mcp") && !has_login("someone@example.com"));
}
