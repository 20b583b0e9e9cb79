//! Several tool servers behind the chat: what people see of them, and what the model is told.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, http::StatusCode, response::IntoResponse as _, routing::post};
use serde_json::{Value, json};
use todochat_chat_server::tool_servers::ToolServerSettings;
use todochat_service::{HttpMetrics, Shutdown, listener};
use todochat_tests::{TestDatabase, house::House};
use tokio::net::TcpListener;

/// A server where nothing listens.
fn away(required: bool) -> Vec<ToolServerSettings> {
    let ours = ToolServerSettings::ours("http://127.0.0.1:1/mcp".to_owned());
    vec![ToolServerSettings { name: "maps".to_owned(), required, ..ours }]
}

/// A model that makes one call and then says "Done."; it remembers what it was asked.
async fn model(tool: &'static str, arguments: &'static str) -> (String, Arc<Mutex<Vec<Value>>>) {
    let asked = Arc::new(Mutex::new(Vec::<Value>::new()));
    let heard = asked.clone();
    let answer = post(move |Json(body): Json<Value>| async move {
        let delta = match body["messages"].as_array().unwrap().last().unwrap()["role"].as_str() {
            Some("tool") => json!({"content": "Done."}),
            _ => json!({"tool_calls": [{"index": 0, "id": "c1", "type": "function",
                "function": {"name": tool, "arguments": arguments}}]}),
        };
        heard.lock().unwrap().push(body);
        let chunk = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]});
        ([("content-type", "text/event-stream")], format!("data: {chunk}\n\ndata: [DONE]\n\n"))
    });
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", socket.local_addr().unwrap());
    tokio::spawn(listener::serve(
        socket,
        Router::new().route("/v1/chat/completions", answer),
        listener::Limits::default(),
        HttpMetrics::detached(),
        Shutdown::new(),
    ));
    (url, asked)
}

fn system(asked: &Value) -> String {
    asked["messages"][0]["content"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_an_optional_server_the_others_go_on_and_the_model_is_told() {
    let (url, asked) = model("add_task", r#"{"title":"Buy milk"}"#).await;
    let prompt = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(prompt.path(), "Be formal.\n").unwrap();
    let prompt = prompt.path().to_str().unwrap();
    let flags = ["--model-base-url", &url, "--system-prompt-file", prompt];
    let database = TestDatabase::sqlite().await;
    let house = House::with_tool_servers(database, &flags, |_| away(false)).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.say("add buy milk").await;
    assert_eq!(answer.status, 200);
    let effect = answer.events().into_iter().find(|event| event["type"] == "client_effect");
    assert_eq!(effect.unwrap()["name"], "tasks.changed");
    assert_eq!(ann.get("/api/tasks").await.text("/tasks/0/title"), "Buy milk");
    let asked = asked.lock().unwrap();
    let told = "The tools of the server maps are unavailable at the moment.";
    assert!(system(&asked[0]).contains(told), "{}", system(&asked[0]));
    assert!(system(&asked[0]).contains("\n\nBe formal.\n\n"), "{}", system(&asked[0]));
}

#[tokio::test]
async fn without_a_required_server_it_is_503() {
    let database = TestDatabase::sqlite().await;
    let house = House::with_tool_servers(database, &[], |_| away(true)).await;
    let ann = house.sign_up("ann").await;
    assert_eq!(ann.say("help").await.status, 503);
    assert_eq!(ann.post("/api/chat", json!({"message": "help"})).await.status, 503);
}

#[tokio::test]
async fn a_badge_shows_the_tools_own_name() {
    let (url, asked) = model("more__add_task", r#"{"title":"Buy milk"}"#).await;
    let flags = ["--model-base-url", &url];
    // The same server under another name: what it offers is all there already.
    let again = |mcp_url: &str| {
        let ours = ToolServerSettings::ours(mcp_url.to_owned());
        vec![ToolServerSettings { name: "more".to_owned(), ..ours }]
    };
    let database = TestDatabase::sqlite().await;
    let house = House::with_tool_servers(database, &flags, again).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.say("add buy milk").await;
    let badge = &answer.done("workflow")[0]["workflow"]["tasks"][0];
    assert_eq!(badge["title"], "add_task", "{badge}");
    assert_eq!(ann.get("/api/tasks").await.text("/tasks/0/title"), "Buy milk");
    let offered = asked.lock().unwrap()[0]["tools"][5]["function"]["name"].clone();
    assert_eq!(offered, "more__add_task");
    let plain = ann.post("/api/chat", json!({"message": "add buy milk"})).await;
    assert_eq!(plain.text("/tool_calls/0/tool"), "add_task");
}

/// A tool server whose one tool, `nap`, never comes to an end.
async fn sleepy() -> ToolServerSettings {
    let answer = post(|Json(asked): Json<Value>| async move {
        let result = match asked["method"].as_str().unwrap_or_default() {
            "initialize" => json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "sleepy", "version": "1"},
            }),
            "tools/list" => {
                json!({"tools": [{"name": "nap", "inputSchema": {"type": "object"}}]})
            }
            "tools/call" => std::future::pending().await,
            told if told.starts_with("notifications/") => {
                return StatusCode::ACCEPTED.into_response();
            }
            _ => return StatusCode::BAD_REQUEST.into_response(),
        };
        Json(json!({"jsonrpc": "2.0", "id": asked["id"], "result": result})).into_response()
    });
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", socket.local_addr().unwrap());
    let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
    let router = Router::new().route("/mcp", answer);
    tokio::spawn(listener::serve(socket, router, limits, metrics, Shutdown::new()));
    let ours = ToolServerSettings::ours(url);
    ToolServerSettings { name: "sleepy".to_owned(), timeout_ms: Some(1_000), ..ours }
}

#[tokio::test]
async fn a_call_that_takes_too_long_has_one_badge_and_that_ends() {
    let (url, asked) = model("nap", "{}").await;
    let (database, sleepy) = (TestDatabase::sqlite().await, sleepy().await);
    let flags = ["--model-base-url", &url];
    let house = House::with_tool_servers(database, &flags, |_| vec![sleepy]).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.say("sleep").await;
    let badges = answer.done("workflow");
    assert_eq!(badges.len(), 1, "{}", answer.body);
    let tasks = badges[0]["workflow"]["tasks"].as_array().unwrap();
    let [task] = &tasks[..] else { panic!("one badge for one call: {tasks:?}") };
    assert_eq!([&task["title"], &task["status_indicator"]], ["nap", "complete"]);
    assert_eq!(task["icon"], "lucide:circle-x");
    assert_eq!(answer.done("assistant_message")[0]["content"][0]["text"], "Done.");
    assert_eq!(asked.lock().unwrap().len(), 2, "the model is told, and goes on");
}
