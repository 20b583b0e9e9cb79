use serde_json::json;

use super::*;

/// Texts, and the secret in each.
const PLANTED: [(&str, &str); 27] = [
    ("Authorization: Bearer s3cretBearerValue", "s3cretBearerValue"),
    ("authorization: Token s3cret-of-a-scheme", "s3cret-of-a-scheme"),
    (r#"{"headers":{"Authorization":"Basic dXNlcjpwYXNz"}}"#, "dXNlcjpwYXNz"),
    ("sent bearer abcdef.ghijkl", "abcdef.ghijkl"),
    ("Cookie: __Host-refresh=q1w2e3r4; theme=dark", "q1w2e3r4"),
    ("postgres://todochat_app:hunter2hunter2@team-db:5432/todochat", "hunter2hunter2"),
    ("postgres://app:pa/ss@wo:rd@db/todochat", "ss@wo:rd"),
    ("https://ghtokenvalue@git.example/repo", "ghtokenvalue"),
    ("GET https://models.example/v1?key=AbCdEf123&x=1", "AbCdEf123"),
    ("model refused the key sk-proj-abc_DEF-123456", "abc_DEF-123456"),
    ("AKIAIOSFODNN7EXAMPLE was refused", "AKIAIOSFODNN7EXAMPLE"),
    ("ghp_0123456789abcdefABCDEF", "0123456789abcdef"),
    ("xoxb-123456789012-abcdefghij", "123456789012-abcdefghij"),
    ("token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln", "eyJzdWIiOiIxIn0"),
    ("password=hunter2", "hunter2"),
    ("PGPASSWORD='with a space'", "with a space"),
    (r#"{"password": "quo\"ted and long"}"#, "ted and long"),
    (r#"body="{\"client_secret\":\"nested one\"}""#, "nested one"),
    ("api_key: 0a1b2c3d4e", "0a1b2c3d4e"),
    ("X-Api-Key=0a1b2c3d4e", "0a1b2c3d4e"),
    ("run --api-token 0a1b2c3d4e --listen 1", "0a1b2c3d4e"),
    ("ALTER ROLE app WITH LOGIN PASSWORD 'hunter two'", "hunter two"),
    ("hash $argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA", "aGFzaA"),
    ("verifier SCRAM-SHA-256$4096:c2FsdA==$k:s", "c2FsdA=="),
    ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ\n-----END PRIVATE KEY-----", "MC4CAQAwBQ"),
    ("cut -----BEGIN RSA PRIVATE KEY-----\nMIIEow\nmore", "MIIEow"),
    ("MIIEtail\n-----END EC PRIVATE KEY-----\nand on", "MIIEtail"),
];

#[test]
fn no_planted_secret_comes_through_a_text() {
    for (planted, secret) in PLANTED {
        let shown = text(planted);
        assert!(!shown.contains(secret), "{planted:?} became {shown:?}");
        assert!(shown.contains(REDACTED), "{planted:?} became {shown:?}");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for said in [
        "Accepted a connection from 10.0.0.7:41234",
        "--database-url-file=/etc/todochat/database/url --model-api-key-file /etc/key",
        "Secret team-db has no entry password",
        "GET http://team-tool-todo.people.svc:8081/mcp 200",
        "2026-01-01T00:00:00Z INFO task-0123456789 done=true",
        r#"{"secretName":"team-db-login","status":401}"#,
        "tests passed: 12",
    ] {
        assert_eq!(text(said), said);
    }
}

#[test]
fn where_it_was_and_whose_it_was_is_still_told() {
    assert_eq!(
        text("postgres://app:hunter2@team-db:5432/todochat"),
        "postgres://app:[redacted]@team-db:5432/todochat"
    );
    assert_eq!(text("password=hunter2 user=app"), "password=[redacted] user=app");
}

#[test]
fn of_a_secret_the_names_of_its_entries_stay() {
    let mut secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": "team-db", "labels": {"todochat.dev/object": "team"}, "managedFields": [{"manager": "me"}],
            "annotations": {LAST_APPLIED: "{\"stringData\":{\"x\":\"plain-content\"}}"},
        },
        "data": {"x": "cGxhaW4tY29udGVudA=="}, "stringData": {"y": "plain-content"},
    });
    object(&mut secret);
    assert_eq!(
        secret,
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": "team-db", "labels": {"todochat.dev/object": "team"}, "annotations": {}},
            "data": {"x": REDACTED}, "stringData": {"y": REDACTED},
        })
    );
}

#[test]
fn of_a_pod_no_value_comes_through_that_looks_secret() {
    let mut pod = json!({
        "kind": "Pod", "metadata": {"name": "team-chat-1"},
        "spec": {"containers": [{
            "name": "chat",
            "args": ["--listen=0.0.0.0:8080", "--session-key", "planted-a", "--token=planted-b", "--last"],
            "env": [
                {"name": "OPENAI_API_KEY", "value": "planted-c"},
                {"name": "BASIC_AUTH", "value": "planted-d"},
                {"name": "DATABASE", "value": "postgres://u:planted-e@h/d"},
                {"name": "TODOCHAT_LOG", "value": "info"},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "model", "key": "api-key"}}},
            ],
            "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": "planted-f"}]}},
        }], "volumes": [{"secret": {"secretName": "team-db-login"}}]},
        "tokens": ["planted-g"], "clientSecret": "planted-h",
    });
    object(&mut pod);
    let shown = pod.to_string();
    assert!(!shown.contains("planted"), "{shown}");
    for kept in ["OPENAI_API_KEY", "\"info\"", "team-db-login", "api-key", "--last", "0.0.0.0:8080"]
    {
        assert!(shown.contains(kept), "{kept}: {shown}");
    }
}
