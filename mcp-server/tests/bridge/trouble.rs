//! What goes wrong: the child ends, clients go away, nobody answers, strangers come.

use std::fs;

use reqwest::StatusCode;
use rmcp::ServiceError;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::bridged::{Bridge, Client, PATIENCE, tools_call};

fn message(failed: Result<String, ServiceError>) -> String {
    match failed {
        Err(ServiceError::McpError(error)) => error.message.into_owned(),
        other => panic!("{other:?}"),
    }
}

const AWAY: &str = "the tool server has ended and is being started again";

#[tokio::test]
async fn a_child_that_ends_fails_what_was_under_way_and_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    let bridge = Bridge::start(&[], &["--gate", gate.to_str().unwrap()]).await;
    let (ann, bob) = (bridge.client().await, bridge.client().await);
    let first = ann.says("pid").await;
    fs::write(&gate, "").unwrap();
    let waiting = ann.call("wait", json!({}));
    let crashing = async {
        // Only when the other call has reached the child.
        until(&bob, "waiting", |count| count == "1").await;
        bob.call("crash", json!({})).await
    };
    let (waited, crashed) = tokio::join!(waiting, crashing);
    assert_eq!((message(waited), message(crashed)), (AWAY.to_owned(), AWAY.to_owned()));
    bridge.is_ready(false).await;
    assert_eq!(message(ann.call("pid", json!({})).await), AWAY);
    fs::remove_file(&gate).unwrap();
    bridge.is_ready(true).await;
    assert_ne!(ann.says("pid").await, first, "clients go on without a new greeting");
}

/// Calls a tool until it says what is waited for.
async fn until(client: &Client, tool: &str, said: impl Fn(&str) -> bool) {
    let asking = async { while !said(&client.says(tool).await) {} };
    timeout(PATIENCE, asking).await.expect("it comes");
}

#[tokio::test]
async fn the_child_is_told_when_a_client_goes_away() {
    let bridge = Bridge::start(&[], &[]).await;
    let body = tools_call("wait").to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        bridge.address,
        body.len()
    );
    let mut connection = TcpStream::connect(bridge.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let nothing = timeout(std::time::Duration::from_millis(300), connection.read_u8()).await;
    assert!(nothing.is_err(), "it waits");
    drop(connection);
    until(&bridge.client().await, "cancelled", |count| count == "1").await;
}

#[tokio::test]
async fn nobody_waits_longer_than_the_limit() {
    let bridge = Bridge::start(&["--request-timeout", "1s"], &[]).await;
    let client = bridge.client().await;
    assert_eq!(message(client.call("wait", json!({})).await), "no answer within 1 seconds");
    until(&client, "cancelled", |count| count == "1").await;
}

#[tokio::test]
async fn without_the_token_every_request_is_the_same_401() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "right\n").unwrap();
    let bridge = Bridge::start(&["--token-file", file.to_str().unwrap()], &[]).await;
    let call = tools_call("pid");
    for header in [None, Some("Bearer wrong"), Some("Bearer rights"), Some("Basic right")] {
        let mut request = bridge.post(&call);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{header:?}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let mut body: Value = response.json().await.unwrap();
        body["error"]["request_id"].take();
        let message = "A valid access token is needed. Log in and try again.";
        let error = json!({"code": "unauthorized", "message": message, "request_id": null});
        assert_eq!(body, json!({"error": error}));
    }
    let with = |token: &str| bridge.post(&call).bearer_auth(token).send();
    assert_eq!(with("right").await.unwrap().status(), StatusCode::OK);
    fs::write(&file, "next").unwrap();
    assert_eq!(with("right").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(with("next").await.unwrap().status(), StatusCode::OK);
    let elsewhere =
        bridge.post(&call).bearer_auth("next").header("host", "x-tool-notes.ns.svc:8080");
    assert_eq!(elsewhere.send().await.unwrap().status(), StatusCode::OK, "a token is enough");
}

#[tokio::test]
async fn a_web_page_a_foreign_host_and_too_long_a_request_are_refused() {
    let bridge = Bridge::start(&["--allowed-host", "x-tool-notes.ns.svc"], &[]).await;
    let call = tools_call("pid");
    let with = |name: &'static str, value: &'static str| {
        let request = bridge.post(&call).header(name, value).send();
        async { request.await.unwrap().status() }
    };
    assert_eq!(with("host", "evil.test").await, StatusCode::FORBIDDEN);
    assert_eq!(with("origin", "https://evil.test").await, StatusCode::FORBIDDEN);
    assert_eq!(with("host", "x-tool-notes.ns.svc:8080").await, StatusCode::OK);
    let long = json!({"jsonrpc": "2.0", "id": 1, "method": "x", "params": "x".repeat(5 << 20)});
    let long = bridge.post(&long).send().await.unwrap();
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let elsewhere = bridge.http.get(format!("http://{}/metrics", bridge.address));
    assert_eq!(elsewhere.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
