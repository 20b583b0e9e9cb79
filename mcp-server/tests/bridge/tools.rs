//! The child's tools as HTTP clients have them.

use rmcp::{ServiceError, service::ClientLifecycleMode};
use serde_json::{Value, json};

use crate::bridged::{Bridge, tools_call};

#[tokio::test]
async fn clients_of_today_and_before_have_the_childs_tools() {
    let bridge = Bridge::start(&[], &[]).await;
    let old = bridge.client_that(ClientLifecycleMode::Initialize).await;
    for client in [bridge.client().await, old] {
        let info = client.0.peer_info().unwrap();
        let server = info.server_info.as_ref().unwrap();
        assert_eq!((server.name.as_str(), server.version.as_str()), ("child", "7"));
        assert_eq!(info.instructions.as_deref(), Some("Be kind."));
        assert!(info.capabilities.tools.is_some() && info.capabilities.prompts.is_none());
        let tools = client.0.list_all_tools().await.unwrap();
        let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["echo", "wait", "waiting", "crash", "pid", "cancelled", "fail", "meta"]);
        assert_eq!(client.call("echo", json!({"words": "hé\nllo"})).await.unwrap(), "hé\nllo");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn a_bare_request_needs_no_greeting_and_takes_its_metadata_along() {
    let bridge = Bridge::start(&[], &[]).await;
    let answer: Value =
        bridge.post(&tools_call("meta")).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["id"], 7);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    let meta: Value = serde_json::from_str(text).unwrap();
    assert_eq!(meta["todochat.dev/call"], "turn:0");
}

#[tokio::test]
async fn clients_that_ask_at_once_with_the_same_ids_each_get_their_own_answer() {
    let bridge = Bridge::start(&[], &[]).await;
    let asking = (0..8).map(async |n| {
        let client = bridge.client().await;
        let words = format!("client {n}");
        // Nobody is answered before all eight have asked, and then the last one first.
        (client.call("echo", json!({"words": words, "of": 8})).await.unwrap(), words)
    });
    for (said, words) in futures_util::future::join_all(asking).await {
        assert_eq!(said, words);
    }
}

#[tokio::test]
async fn the_childs_own_error_reaches_the_client_whole() {
    let bridge = Bridge::start(&[], &[]).await;
    let client = bridge.client().await;
    let Err(ServiceError::McpError(error)) = client.call("fail", json!({})).await else {
        panic!("it fails")
    };
    assert_eq!((error.code.0, &*error.message), (-32050, "no luck"));
    assert_eq!(error.data, Some(json!({"why": "chance"})));
    assert!(client.0.list_prompts(None).await.is_err(), "what is not offered is not answered");
}

#[tokio::test]
async fn a_child_that_ends_when_it_is_greeted_in_the_new_way_is_greeted_in_the_old() {
    let bridge = Bridge::start(&[], &["--dies-on-discover"]).await;
    assert_eq!(bridge.client().await.call("echo", json!({"words": "hi"})).await.unwrap(), "hi");
}
