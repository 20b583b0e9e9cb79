//! `todochat token`.

use std::fs;

use serde_json::json;

use crate::running::{Running, complaint, output, todochat};

#[tokio::test]
async fn a_token_opens_the_door_it_is_for() {
    let running = Running::start().await;
    running.sign_up("ada@example.org").await;
    let chat = running.good_token("ada@example.org", "chat").await;
    let mcp = running.good_token("Ada@Example.org", "mcp").await;
    assert_eq!(me(&running, &chat).await, 200);
    assert_eq!(me(&running, &mcp).await, 401);
    assert_eq!(list_tools(&running, &mcp).await, 200);
    assert_eq!(list_tools(&running, &chat).await, 401);
}

async fn me(running: &Running, token: &str) -> u16 {
    let url = format!("{}/api/auth/me", running.url);
    running.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

async fn list_tools(running: &Running, token: &str) -> u16 {
    let request = running
        .http
        .post(running.mcp_url())
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))
        .bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn nobody_gets_a_token_for_an_unknown_address() {
    let running = Running::start().await;
    let refused = running.token("nobody@example.org", "chat").await;
    assert_eq!(
        complaint(&refused),
        "error: there is no user with the e-mail address nobody@example.org"
    );
}

#[tokio::test]
async fn there_is_no_token_without_data() {
    let data = tempfile::tempdir().unwrap();
    let mut command = todochat(data.path());
    command.args(["token", "--user", "ada@example.org", "--audience", "chat"]);
    let expected = format!(
        "error: there is no data in {}: start `todochat up` there first",
        data.path().display()
    );
    assert_eq!(complaint(&output(command).await), expected);
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "looking made nothing");
}
