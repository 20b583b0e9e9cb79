//! The route, asked without a network.

mod turns;

use std::time::Duration;

use axum::Router;
use axum::http::Method;
use axum::http::header::{ALLOW, CONTENT_LENGTH};
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::testing::MemoryStore;
use crate::{Limits, Options, StoreError, responder};

const CREATE: &str = r#"{"type": "threads.create", "params": {"input": {
    "content": [{"type": "input_text", "text": "Hello there"}], "attachments": [],
    "inference_options": {}}}}"#;

/// The route; whoever has a header `user` is let in.
fn app(store: MemoryStore) -> Router {
    let limits = Limits { max_request_bytes: 1_000, ..Limits::default() };
    let options = Options { limits, keepalive: None, ..Options::default() };
    let echo = responder(async |turn, reply| {
        reply.say(turn.text()).await;
        Ok(())
    });
    let identify = async |head: Parts| {
        let user = head.headers.get("user").and_then(|user| user.to_str().ok());
        user.map(str::to_owned).ok_or_else(|| Error::new(401, "unauthorized", "who are you?"))
    };
    Router::new().route("/", route(Server::new(store, echo, options), identify))
}

async fn send(app: Router, request: Request) -> (StatusCode, Response<()>, String) {
    let response = app.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (head.status, Response::from_parts(head, ()), String::from_utf8(body.to_vec()).unwrap())
}

type Response<B> = axum::http::Response<B>;

fn post(body: impl Into<Body>) -> Request {
    Request::post("/").header("user", "ann").body(body.into()).unwrap()
}

/// The answer is this error, as JSON.
#[track_caller]
fn assert_error((status, head, body): &(StatusCode, Response<()>, String), code: &str, is: u16) {
    let json: Value = serde_json::from_str(body).unwrap();
    assert_eq!((status.as_u16(), json["error"]["code"].as_str()), (is, Some(code)), "{body}");
    assert_eq!(head.headers()[CONTENT_TYPE], "application/json");
    assert!(json["error"]["message"].is_string(), "{body}");
}

#[tokio::test]
async fn a_turn_is_an_unbuffered_event_stream() {
    let (status, head, body) = send(app(MemoryStore::default()), post(CREATE)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(head.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
    assert_eq!(head.headers()[CACHE_CONTROL], "no-cache");
    assert_eq!(head.headers()["x-accel-buffering"], "no");
    assert!(!head.headers().contains_key(CONTENT_LENGTH));
    let events: Vec<Value> = body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    assert_eq!(events.last().unwrap()["item"]["content"][0]["text"], "Hello there");
}

#[tokio::test]
async fn a_plain_operation_is_json() {
    let list = r#"{"type": "threads.list", "params": {}}"#;
    let (status, head, body) = send(app(MemoryStore::default()), post(list)).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, r#"{"data":[],"has_more":false}"#));
    assert_eq!(head.headers()[CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn whoever_is_not_known_is_refused_before_the_body_is_read() {
    let body = futures_util::stream::poll_fn(|_| -> std::task::Poll<Option<Result<&str, Error>>> {
        panic!("the body was read")
    });
    let request = Request::post("/").body(Body::from_stream(body)).unwrap();
    assert_error(&send(app(MemoryStore::default()), request).await, "unauthorized", 401);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_not_read_to_its_end() {
    let endless = futures_util::stream::repeat_with(|| Ok::<_, Error>(" ".repeat(100)));
    let answer = send(app(MemoryStore::default()), post(Body::from_stream(endless))).await;
    assert_error(&answer, "too_large", 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400() {
    let broken = futures_util::stream::once(async { Err::<&str, _>(Error::not_found()) });
    let answer = send(app(MemoryStore::default()), post(Body::from_stream(broken))).await;
    assert_error(&answer, "unreadable_body", 400);
}

#[tokio::test]
async fn a_refusal_has_its_status_and_says_when_to_come_back() {
    let store = MemoryStore::default();
    store.refuse("begin_turn", || StoreError::Refused {
        status: 429,
        code: "too_many_requests",
        message: "not so fast".to_owned(),
        retry_after: Some(Duration::from_millis(1_500)),
    });
    let answer = send(app(store), post(CREATE)).await;
    assert_error(&answer, "too_many_requests", 429);
    assert_eq!(answer.1.headers()[RETRY_AFTER], "2");
    assert_error(&send(app(MemoryStore::default()), post("{")).await, "invalid_json", 400);
}

#[tokio::test]
async fn another_method_is_405_and_names_post() {
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        let answer = send(app(MemoryStore::default()), request).await;
        assert_error(&answer, "method_not_allowed", 405);
        assert_eq!(answer.1.headers()[ALLOW], "POST");
    }
}
