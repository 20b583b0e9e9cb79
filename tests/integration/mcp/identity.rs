//! Who is calling: from the token and from nothing else.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::{Value, json};
use todochat_auth::{Issuer, KeyRing};
use todochat_tests::{TestDatabase, on_each_database};

use super::server::{ANN, BOB, ToolServer, tasks, tools_call};

on_each_database!(
    two_users_never_see_each_other,
    a_credential_that_is_not_good_for_this_server_is_refused_alike,
    without_a_credential_nothing_is_answered_not_even_what_the_tools_are,
    a_token_for_one_call_is_good_for_that_call_once,
    a_call_without_arguments_is_bound_as_one_with_none,
);

async fn two_users_never_see_each_other(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let (ann, bob) = (server.client(ANN).await, server.client(BOB).await);
    let task = ann.done("add_task", json!({"title": "Buy milk"})).await;
    assert_eq!(bob.list().await, []);
    for reference in [&task["id"], &json!("1"), &json!("milk")] {
        for tool in ["complete_task", "delete_task"] {
            let refusal = bob.refused(tool, json!({"task_id": reference})).await;
            assert!(refusal.starts_with("There is no such task."), "{refusal}");
        }
        bob.refused("update_task", json!({"task_id": reference, "title": "Mine"})).await;
    }
    bob.done("add_task", json!({"title": "Bob's own"})).await;
    assert_eq!(bob.list().await, [(1, "Bob's own".to_owned(), false)]);
    assert_eq!(ann.list().await, [(1, "Buy milk".to_owned(), false)]);
}

async fn a_credential_that_is_not_good_for_this_server_is_refused_alike(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let stranger = Issuer::new(Arc::new(KeyRing::generate()), server.issuer.url().to_owned());
    let forged = server.mint_as(&stranger, ANN, &server.url, None);
    let expired = server.token(ANN);
    server.clock.advance(chrono::TimeDelta::seconds(151));
    let tampered = server.token(ANN).replace('.', ".A");
    for token in [
        "garbage",
        &server.mint(ANN, "http://chat.test/api", None),
        &server.mint("somebody@example.org", &server.url, None),
        &forged,
        &expired,
        &tampered,
    ] {
        let response = server.post(token, &tools_call("list_tasks", &json!({}))).await;
        assert_refused(response).await;
    }
    let good = server.post(&server.token(ANN), &tools_call("list_tasks", &json!({}))).await;
    assert_eq!(good.status(), StatusCode::OK);
    assert!(server.metrics().contains(r#"todochat_mcp_tokens_refused_total{reason="audience"} 1"#));
}

async fn without_a_credential_nothing_is_answered_not_even_what_the_tools_are(
    database: TestDatabase,
) {
    let server = ToolServer::start(database).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for header in [None, Some("Basic YTpi"), Some("Bearer"), Some("Bearer  x")] {
        let mut request = server.http.post(&server.url).json(&list);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        assert_refused(request.send().await.unwrap()).await;
    }
}

async fn assert_refused(response: reqwest::Response) {
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let mut body: Value = response.json().await.unwrap();
    body["error"]["request_id"] = Value::Null;
    let message = "A valid access token is needed. Log in and try again.";
    let error = json!({"code": "unauthorized", "message": message, "request_id": null});
    assert_eq!(body, json!({"error": error}));
}

async fn a_token_for_one_call_is_good_for_that_call_once(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let milk = json!({"title": "Buy milk", "description": null});
    let token = server.token_for(ANN, "add_task", &milk);
    for (tool, arguments) in [
        ("add_task", json!({"title": "Buy beer", "description": null})),
        ("add_task", json!({"title": "Buy milk"})),
        ("list_tasks", json!({})),
    ] {
        let answer = server.call(&token, tool, arguments).await;
        assert_eq!(answer["error"]["message"], "the token was minted for another call");
    }
    let answer = server.call(&token, "add_task", milk.clone()).await;
    assert_eq!(answer["result"]["structuredContent"]["number"], 1);
    let answer = server.call(&token, "add_task", milk).await;
    assert_eq!(answer["error"]["message"], "the token was used before");

    let answer = server.call(&server.token(ANN), "list_tasks", json!({})).await;
    let listed = tasks(&answer["result"]["structuredContent"]);
    assert_eq!(listed, [(1, "Buy milk".to_owned(), false)]);
}

async fn a_call_without_arguments_is_bound_as_one_with_none(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let token = server.token_for(ANN, "list_tasks", &json!({}));
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_tasks"}
    });
    let answer: Value = server.post(&token, &request).await.json().await.unwrap();
    assert_eq!(answer["result"]["structuredContent"], json!({"tasks": []}));
}
