//! When what answers is not there, or does not keep its word.

use axum::{Router, body::Body, http::StatusCode, routing::post};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use todochat_tests::{TestDatabase, house::House};
use tokio::net::TcpListener;

#[tokio::test]
async fn without_a_model_and_with_offline_mode_off_it_is_503() {
    let flags = ["--offline-mode", "off"];
    let house = House::with(TestDatabase::sqlite().await, &flags).await;
    let ann = house.sign_up("ann").await;
    assert_eq!(ann.say("help").await.status, 503);
    assert_eq!(ann.post("/api/chat", json!({"message": "help"})).await.status, 503);
    let config = ann.get("/config.json").await;
    assert_eq!(config.text("/llm_mode"), "none");
}

#[tokio::test]
async fn without_its_tools_it_is_503_and_nothing_is_kept() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    house.stop_tools().await;
    assert_eq!(ann.say("help").await.status, 503);
    assert_eq!(ann.post("/api/chat", json!({"message": "help"})).await.status, 503);
    let listed = ann.chatkit("threads.list", json!({})).await.json();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn when_a_call_has_found_the_tools_gone_the_next_message_is_503() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    assert_eq!(ann.say("list").await.status, 200);
    house.stop_tools().await;
    let badges = ann.say("list").await.done("workflow");
    assert_eq!(badges[0]["workflow"]["tasks"][0]["icon"], "lucide:circle-x", "{badges:?}");
    assert_eq!(ann.say("list").await.status, 503);
    assert_eq!(ann.post("/api/chat", json!({"message": "list"})).await.status, 503);
}

#[tokio::test]
async fn a_model_that_refuses_is_503_and_an_error_event() {
    let model = model(post(|| async { (StatusCode::FORBIDDEN, "no") })).await;
    let house = house_with(&model, &[]).await;
    let ann = house.sign_up("ann").await;
    let plain = ann.post("/api/chat", json!({"message": "help"})).await;
    assert_eq!(plain.status, 503, "{}", plain.body);
    let events = ann.say("help").await.events();
    assert_eq!(events.last().unwrap()["type"], "error", "{events:?}");
}

#[tokio::test]
async fn a_model_that_says_nothing_is_504_and_an_error_event() {
    let silent =
        post(|| async { Body::from_stream(stream::pending::<Result<String, std::io::Error>>()) });
    let model = model(silent).await;
    let house = house_with(&model, &["--model-first-byte", "0.2"]).await;
    let ann = house.sign_up("ann").await;
    let plain = ann.post("/api/chat", json!({"message": "help"})).await;
    assert_eq!(plain.status, 504, "{}", plain.body);
    let events = ann.say("help").await.events();
    assert_eq!(events.last().unwrap()["type"], "error", "{events:?}");
}

#[tokio::test]
async fn a_model_that_stalls_ends_with_an_error_event_and_the_text_is_kept() {
    let stalls = post(|| async {
        let first = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half a\"}}]}\n\n";
        Body::from_stream(
            stream::iter([Ok::<_, std::io::Error>(first.to_owned())]).chain(stream::pending()),
        )
    });
    let model = model(stalls).await;
    let house = house_with(&model, &["--model-stall", "0.2"]).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.say("help").await;
    let events = answer.events();
    assert_eq!(events.last().unwrap()["type"], "error", "{events:?}");
    let params = json!({"thread_id": events[0]["thread"]["id"]});
    let kept = ann.chatkit("threads.get_by_id", params).await.json();
    assert_eq!(kept["items"]["data"][1]["content"][0]["text"], "Half a", "{kept}");
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_its_message_kept() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    let body = json!({"type": "threads.create", "params": {"input": todochat_tests::house::message("help")}});
    let mut answer = ann.request("POST", "/api/chatkit").json(&body).send().await.unwrap();
    answer.chunk().await.unwrap();
    drop(answer);
    let listed = ann.chatkit("threads.list", json!({})).await.json();
    assert_eq!(listed["data"][0]["title"], "help");
}

/// A model whose every answer is this handler's; its base URL.
async fn model(answer: axum::routing::MethodRouter) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", socket.local_addr().unwrap());
    let router = Router::new().route("/v1/chat/completions", answer);
    tokio::spawn(todochat_service::listener::serve(
        socket,
        router,
        todochat_service::listener::Limits::default(),
        todochat_service::HttpMetrics::detached(),
        todochat_service::Shutdown::new(),
    ));
    url
}

async fn house_with(model: &str, flags: &[&str]) -> House {
    let all = [&["--model-base-url", model][..], flags].concat();
    House::with(TestDatabase::sqlite().await, &all).await
}
