use serde_json::json;
use std::time::Duration;
use todochat_auth::parse_issuers;

use super::*;
use crate::crd::ScaleTarget;

#[test]
fn an_autoscaler_says_how_many_pods_there_are() {
    let yaml = "chat: {replicas: 3, autoscaling: {maxReplicas: 5, value: 80}}";
    assert_eq!(validated(yaml).chat.replicas, None);
    assert_eq!(validated("chat: {replicas: 3}").chat.replicas, Some(3));
}

#[test]
fn bounds_are_in_order() {
    let refuses = |yaml| refuses(yaml, "Malformed", "spec.chat.autoscaling");
    refuses("chat: {autoscaling: {minReplicas: 3, maxReplicas: 2, value: 80}}");
    refuses("chat: {autoscaling: {minReplicas: 0, maxReplicas: 2, value: 80}}");
    refuses("chat: {autoscaling: {maxReplicas: 2, value: 0}}");
}

#[test]
fn streams_are_counted_while_the_cluster_has_metrics_and_processor_time_else() {
    let yaml = "chat: {autoscaling: {target: ActiveStreams, maxReplicas: 5, value: 200}}";
    let mut case = Case::new(yaml);
    assert!(case.run().is_ok());
    let by = |case: &Case| case.run().unwrap().chat.autoscaling.map(|by| (by.target, by.value));
    assert_eq!(by(&case), Some((ScaleTarget::ActiveStreams, 200)));
    case.fetched.pod_metrics = false;
    assert_eq!(by(&case), Some((ScaleTarget::Cpu, 80)));
    refuses(&format!("{yaml}\nobservability: {{monitor: Disabled}}"), "Malformed", "monitor");
}

#[test]
fn lengths_of_time_are_read() {
    let chat = validated("chat: {streaming: {drainTimeout: 1m30s, heartbeat: 500ms}}").chat;
    assert_eq!((chat.drain, chat.heartbeat), (Duration::from_secs(90), Duration::from_millis(500)));
    refuses("chat: {streaming: {heartbeat: soon}}", "Malformed", "spec.chat.streaming.heartbeat");
}

#[test]
fn external_issuers_are_a_file_that_the_chat_can_read() {
    let yaml = "
chat:
  auth:
    type: JWKS
    issuers:
      - {issuer: 'https://id.example', jwksUrl: 'https://id.example/jwks', audience: chat}
      - {issuer: b, jwksUrl: 'https://b.example/jwks', audience: chat, algorithms: [EdDSA], tokenType: JWT}
      - {issuer: c, jwksUrl: 'https://c.example/jwks', audience: chat, tokenType: Any}
";
    let chat = validated(yaml).chat;
    let file = chat.issuers.expect("a file");
    assert_eq!(parse_issuers(&file).expect("issuers").len(), 3);
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    let first = json!({
        "issuer": "https://id.example",
        "jwks_url": "https://id.example/jwks",
        "audience": "chat",
        "algorithms": ["ES256", "RS256"],
        "typ": "at+jwt",
    });
    assert_eq!(file[0], first);
    assert_eq!((&file[1]["typ"], &file[2]["typ"]), (&json!("JWT"), &json!(null)));
    assert_eq!(chat.signup, "disabled");
}

#[test]
fn issuers_that_the_chat_would_refuse_are_refused_here() {
    let with = |issuers: &str| format!("chat: {{auth: {{type: JWKS, issuers: {issuers}}}}}");
    let one = "{issuer: a, jwksUrl: 'https://a.example', audience: chat}";
    refuses(&with("[]"), "Malformed", "needs issuers");
    refuses(&with(&format!("[{one}, {one}]")), "Malformed", "twice");
    refuses(
        &with(
            &one.replace("chat}", "chat, algorithms: [HS256]}")
                .replace('{', "[{")
                .replace('}', "}]"),
        ),
        "Malformed",
        "HS256",
    );
    refuses(
        &with(&format!("[{}]", one.replace("audience: chat", "audience: ''"))),
        "Malformed",
        "empty",
    );
    refuses(&with(&format!("[{}]", one.replace("https:", "file:"))), "Malformed", "jwksUrl");
}

#[test]
fn codes_are_read_only_where_they_are_asked_for() {
    let codes = "inviteCodes: {name: codes, key: list}";
    let chat = validated(&format!("chat: {{auth: {{signup: Invite, {codes}}}}}")).chat;
    assert_eq!((chat.signup, chat.invite_codes.is_some()), ("invite", true));
    let chat = validated(&format!("chat: {{auth: {{signup: Disabled, {codes}}}}}")).chat;
    assert_eq!((chat.signup, chat.invite_codes), ("disabled", None));
    refuses("chat: {auth: {signup: Invite}}", "Malformed", "inviteCodes");
}

#[test]
fn variables_are_there_once_and_none_is_the_operators_own() {
    let env = |variables: &str| format!("chat: {{env: [{variables}]}}");
    let chat = validated(&env("{name: LANG, value: C}")).chat;
    assert_eq!(chat.env[0].value.as_deref(), Some("C"));
    refuses(&env("{name: A, value: b}, {name: A, value: c}"), "Malformed", "twice");
    refuses(&env("{name: TODOCHAT_SIGNUP, value: open}"), "Malformed", "env[TODOCHAT_SIGNUP]");
    refuses(&env("{name: OPENAI_API_KEY, value: x}"), "Malformed", "apiKey");
    refuses(&env("{name: A}"), "Malformed", "a value or valueFrom");
    refuses(&env("{name: A, valueFrom: {}}"), "Malformed", "a secretKeyRef or a configMapKeyRef");
}

#[test]
fn resources_are_the_defaults_and_what_was_said() {
    let yaml = "chat: {resources: {requests: {cpu: 200m, memory: 1Gi}, limits: {cpu: '2'}}}";
    let resources = serde_json::to_value(validated(yaml).chat.resources).unwrap();
    let expected = json!({
        "requests": {"cpu": "200m", "memory": "1Gi", "ephemeral-storage": "64Mi"},
        "limits": {"cpu": "2", "memory": "1Gi", "ephemeral-storage": "256Mi"},
    });
    assert_eq!(resources, expected);
}

#[test]
fn resources_that_cannot_be_are_refused() {
    let refuses = |said: &str, words| {
        refuses(&format!("chat: {{resources: {{{said}}}}}"), "Malformed", words);
    };
    refuses("requests: {cpu: lots}", "spec.chat.resources.requests.cpu");
    refuses("limits: {memory: '-1'}", "spec.chat.resources.limits.memory");
    refuses("requests: {cpu: '2'}, limits: {cpu: 100m}", "above its limit");
    refuses("requests: {nvidia.com/gpu: '1'}", "nvidia.com/gpu");
}

#[test]
fn what_the_operator_was_told_to_allow_goes_to_the_chat() {
    let mut case = Case::new("{}");
    case.settings.outgoing_allow = vec!["10.0.0.0/8".parse().unwrap()];
    assert_eq!(case.accepted().chat.outgoing_allow, case.settings.outgoing_allow);
}
