//! What a file may say, and what it may not.

use serde_json::{Value, json};

use super::*;

/// The time of servers that say nothing of their own.
const USUAL: Duration = Duration::from_secs(10);

fn todo() -> Value {
    json!({
        "name": "todo",
        "url": "http://x-tool-todo.ns.svc:8081/mcp",
        "internal": true,
        "auth": {"type": "minted"},
        "headers": [{"name": "X-Key", "value_file": "/key"}],
        "required": false,
        "timeout_ms": 90_000,
        "allow": ["add_task"],
        "deny": ["wipe"],
        "require_approval": ["add_task"],
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut server = todo();
    server[member] = value;
    server
}

fn parsed(servers: &[Value]) -> Result<Vec<ToolServerSettings>, String> {
    let file = json!({"servers": servers}).to_string();
    parse(&file, &Outgoing::default()).map_err(|error| format!("{error:#}"))
}

#[test]
fn a_file_says_where_tools_are_and_what_they_may_be_used_for() {
    let servers = parsed(&[todo()]).unwrap();
    let server = servers[0].clone().connected(&Outgoing::default(), USUAL).unwrap();
    assert_eq!((server.name.as_str(), server.required), ("todo", false));
    assert_eq!(server.time, Duration::from_secs(90));
    assert!(matches!(server.credential, Credential::Minted { audience } if audience == server.url));
    assert_eq!(server.headers, [(HeaderName::from_static("x-key"), PathBuf::from("/key"))]);
    assert_eq!(server.rules.allow, Some(vec!["add_task".to_owned()]));
    assert_eq!(server.rules.deny, ["wipe"]);
    assert_eq!(server.rules.require_approval, ["add_task"]);
}

#[test]
fn what_is_left_out_is_the_careful_choice() {
    let server = json!({"name": "a", "url": "https://a.example/mcp", "auth": {"type": "none"}});
    let servers = parsed(&[server]).unwrap();
    assert!(servers[0].required && !servers[0].internal);
    let server = servers[0].clone().connected(&Outgoing::default(), USUAL).unwrap();
    assert!(matches!(server.credential, Credential::None));
    assert_eq!(server.time, USUAL);
    assert!(server.rules.allow.is_none());
}

#[test]
fn there_may_be_no_server_at_all() {
    assert!(parsed(&[]).unwrap().is_empty());
}

#[test]
fn what_cannot_work_is_refused_with_its_place() {
    let bearer = |extra: Value| with("auth", extra);
    for (server, says) in [
        (with("nmae", json!("x")), "unknown field `nmae`"),
        (with("name", json!("a b")), "a name has 1 to 63"),
        (with("name", json!("")), "a name has 1 to 63"),
        (with("url", json!("x")), "url"),
        (with("url", json!("http://me:hunter2@x/mcp")), "without user or password"),
        (bearer(json!({"type": "bearer"})), "missing field `token_file`"),
        (bearer(json!({"type": "minted", "token_file": "x"})), "unknown field `token_file`"),
        (bearer(json!({"type": "basic"})), "unknown variant `basic`"),
        (with("headers", json!([{"name": "a b", "value_file": "x"}])), "`a b`"),
        (with("headers", json!([{"name": "Host", "value_file": "x"}])), "not for you"),
        (with("headers", json!([{"name": "Mcp-Name", "value_file": "x"}])), "not for you"),
        (with("headers", json!([{"name": "Authorization", "value_file": "x"}])), "auth sets"),
        (with("ca_file", json!("/ca.pem")), "only for https"),
        (with("timeout_ms", json!(999)), "from 1000 to 120000"),
        (with("timeout_ms", json!(120_001)), "from 1000 to 120000"),
        (with("timeout_ms", json!("10s")), "invalid type"),
    ] {
        let error = parsed(&[server]).unwrap_err();
        assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
    }
    assert!(parsed(&[todo(), todo()]).unwrap_err().contains("`todo` is there twice"));
    assert!(parse("{}", &Outgoing::default()).is_err());
    assert!(parse(r#"{"servers": [], "more": 1}"#, &Outgoing::default()).is_err());
}

#[test]
fn only_an_internal_server_is_reached_whatever_is_allowed() {
    let inside = with("url", json!("http://10.0.0.7:8081/mcp"));
    assert!(parsed(std::slice::from_ref(&inside)).is_ok());
    let mut outside = inside;
    outside["internal"] = json!(false);
    let error = parsed(&[outside.clone()]).unwrap_err();
    assert!(error.contains("allow it with --outgoing-allow"), "{error}");
    let file = json!({"servers": [outside]}).to_string();
    assert!(parse(&file, &Outgoing::new(&["10.0.0.0/8"]).unwrap()).is_ok());
}

#[test]
fn a_file_of_certificates_must_hold_some() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut server = with("url", json!("https://a.example/mcp"));
    server["ca_file"] = json!(file.path());
    let settings = parsed(&[server]).unwrap().remove(0);
    let error = settings.clone().connected(&Outgoing::default(), USUAL).unwrap_err();
    assert!(format!("{error:#}").contains("holds no certificate"), "{error:#}");
    let missing = ToolServerSettings { ca_file: Some(PathBuf::from("/nowhere")), ..settings };
    assert!(missing.connected(&Outgoing::default(), USUAL).is_err());
}
