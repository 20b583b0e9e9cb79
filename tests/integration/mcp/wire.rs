//! MCP as it goes over the wire: old clients and new ones, and what is no MCP.

use reqwest::{StatusCode, header::HeaderMap};
use rmcp::{
    model::{CacheScope, ProtocolVersion},
    service::{ClientLifecycleMode, ServiceError},
};
use serde_json::{Value, json};
use todochat_tests::{TestDatabase, on_each_database};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::server::{ANN, ToolServer, tools_call};

on_each_database!(
    a_client_of_2026_finds_out_by_asking,
    a_client_that_still_initializes_is_served_without_a_session,
    a_client_without_any_metadata_is_served,
    a_bare_request_of_2026_is_answered_in_json_and_its_headers_must_agree,
    what_is_not_offered_is_not_answered_with_empty_lists,
    what_is_no_request_of_mcp_is_refused_in_the_shape_of_all_errors,
    broken_json_is_no_failure_of_ours,
    a_call_whose_client_has_gone_is_not_done,
);

async fn a_client_of_2026_finds_out_by_asking(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    let info = ann.0.peer_info().unwrap();
    assert_eq!(info.protocol_version, ProtocolVersion::V_2026_07_28);
    let capabilities = serde_json::to_value(&info.capabilities).unwrap();
    assert_eq!(capabilities, json!({"tools": {}}));
    let list = ann.0.list_tools(None).await.unwrap();
    assert_eq!(list.tools.len(), 5);
    assert_eq!((list.ttl_ms, list.cache_scope), (Some(300_000), Some(CacheScope::Public)));
}

async fn a_client_that_still_initializes_is_served_without_a_session(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client_with(ANN, ClientLifecycleMode::Initialize).await;
    let info = ann.0.peer_info().unwrap();
    assert_eq!(info.protocol_version, ProtocolVersion::V_2025_11_25);
    assert_eq!(ann.0.list_all_tools().await.unwrap().len(), 5);
    ann.done("add_task", json!({"title": "Buy milk"})).await;
    assert_eq!(ann.list().await, [(1, "Buy milk".to_owned(), false)]);
}

async fn a_client_without_any_metadata_is_served(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let answer = server.call(&server.token(ANN), "add_task", json!({"title": "Buy milk"})).await;
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["result"]["isError"], false);
    assert_eq!(answer["result"]["structuredContent"]["title"], "Buy milk");
}

async fn a_bare_request_of_2026_is_answered_in_json_and_its_headers_must_agree(
    database: TestDatabase,
) {
    let server = ToolServer::start(database).await;
    let mut request = tools_call("list_tasks", &json!({}));
    request["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "bare", "version": "1"},
    });
    let send = async |name: &str| {
        server
            .http
            .post(&server.url)
            .bearer_auth(server.token(ANN))
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", name)
            .json(&request)
            .send()
            .await
            .unwrap()
    };
    let response = send("list_tasks").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(!response.headers().contains_key("mcp-session-id"));
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["result"]["resultType"], "complete");
    let response = send("delete_task").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"]["code"], -32020);
}

async fn what_is_not_offered_is_not_answered_with_empty_lists(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    let not_found = |error: ServiceError| match error {
        ServiceError::McpError(error) => error.code.0 == -32601,
        _ => false,
    };
    assert!(not_found(ann.0.list_prompts(None).await.unwrap_err()));
    assert!(not_found(ann.0.list_resources(None).await.unwrap_err()));
    assert!(not_found(ann.0.list_resource_templates(None).await.unwrap_err()));
    let answer = server.call(&server.token(ANN), "drop_table", json!({})).await;
    assert_eq!(answer["error"], json!({"code": -32602, "message": "tool not found"}));
}

async fn what_is_no_request_of_mcp_is_refused_in_the_shape_of_all_errors(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let token = server.token(ANN);
    let get = server.http.get(&server.url).send().await.unwrap();
    assert_eq!(get.headers()["allow"], "POST");
    assert_error(get, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    let delete = server.http.delete(&server.url).bearer_auth(&token).send().await.unwrap();
    assert_error(delete, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    let elsewhere = format!("http://{}/metrics", server.address);
    let elsewhere = server.http.get(elsewhere).bearer_auth(&token).send().await.unwrap();
    assert_error(elsewhere, StatusCode::NOT_FOUND, "not_found").await;

    let large = json!({"title": "x".repeat(300 * 1024)});
    let large = server.post(&token, &tools_call("add_task", &large)).await;
    assert_error(large, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    let plain = server.http.post(&server.url).bearer_auth(&token).body("hello");
    assert_error(plain.send().await.unwrap(), StatusCode::NOT_ACCEPTABLE, "bad_request").await;
    for (header, value) in [("host", "evil.test"), ("origin", "https://evil.test")] {
        let response = with_header(&server, &token, header, value).await;
        assert_error(response, StatusCode::FORBIDDEN, "bad_request").await;
    }
    let allowed = with_header(&server, &token, "origin", "https://tools.test").await;
    assert_eq!(allowed.status(), StatusCode::OK);
}

async fn broken_json_is_no_failure_of_ours(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    for body in ["", "{", "[]", "null", "{\"jsonrpc\":\"2.0\"}", "\u{0}", "[[[[[[[["] {
        let response = server
            .http
            .post(&server.url)
            .bearer_auth(server.token(ANN))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(response.status().is_client_error(), "{body:?}: {}", response.status());
    }
}

async fn a_call_whose_client_has_gone_is_not_done(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    let busy = server.keep_busy(ANN).await;
    let body = tools_call("add_task", &json!({"title": "Buy milk"})).to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
         accept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        server.address,
        server.token(ANN),
        body.len()
    );
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    drop(connection);
    server.counts(r#"todochat_mcp_tool_calls_total{outcome="cancelled",tool="add_task"} 1"#).await;
    drop(busy);
    assert_eq!(ann.list().await, []);
}

async fn with_header(
    server: &ToolServer,
    token: &str,
    name: &str,
    value: &str,
) -> reqwest::Response {
    let mut headers = HeaderMap::new();
    headers.insert("accept", "application/json, text/event-stream".parse().unwrap());
    let name: reqwest::header::HeaderName = name.parse().unwrap();
    headers.insert(name, value.parse().unwrap());
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let request = server.http.post(&server.url).bearer_auth(token).headers(headers).json(&list);
    request.send().await.unwrap()
}

async fn assert_error(response: reqwest::Response, status: StatusCode, code: &str) {
    assert_eq!(response.status(), status);
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], code, "{body}");
    assert_eq!(body["error"]["request_id"], json!(id));
}
