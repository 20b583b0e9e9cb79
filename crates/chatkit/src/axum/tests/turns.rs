//! Sending again, and coming back.

use futures_util::stream::BoxStream;

use super::*;
use crate::{OnDisconnect, Reply};

/// All routes; every answer says `one` and does not end.
fn endless() -> Router {
    let endless = responder(async |_, reply: Reply| {
        reply.say("one").await;
        std::future::pending().await
    });
    let on_disconnect = OnDisconnect::Continue;
    let options = Options { on_disconnect, keepalive: None, ..Options::default() };
    let server = Server::new(MemoryStore::default(), endless, options);
    let identify = async |head: Parts| {
        let user = head.headers.get("user").and_then(|user| user.to_str().ok());
        user.map(str::to_owned).ok_or_else(|| Error::new(401, "unauthorized", "who are you?"))
    };
    Router::new().nest("/chatkit", router(server, identify))
}

fn get(uri: &str) -> Request {
    Request::get(uri).header("user", "ann").body(Body::empty()).unwrap()
}

fn create(key: Option<&str>) -> Request {
    let request = Request::post("/chatkit").header("user", "ann");
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    request.body(CREATE.into()).unwrap()
}

/// The head of an answer, and its events as they come.
async fn open(app: &Router, request: Request) -> (Response<()>, BoxStream<'static, Value>) {
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let events = body.into_data_stream().flat_map(|chunk| {
        let chunk = String::from_utf8(chunk.unwrap().to_vec()).unwrap();
        let lines = chunk.lines().filter_map(|line| line.strip_prefix("data: "));
        let events: Vec<Value> = lines.map(|event| serde_json::from_str(event).unwrap()).collect();
        futures_util::stream::iter(events)
    });
    (Response::from_parts(head, ()), events.boxed())
}

/// Reads until the answer has said `one`; what came before it.
async fn read_on(events: &mut BoxStream<'static, Value>) -> Vec<Value> {
    let mut before = Vec::new();
    while let Some(event) = events.next().await {
        if event["item"]["content"][0]["text"] == "one" {
            return before;
        }
        before.push(event);
    }
    panic!("it was not said");
}

#[tokio::test]
async fn a_turn_that_runs_is_found_by_its_conversation_and_read_again() {
    let app = endless();
    let (head, mut events) = open(&app, create(None)).await;
    let thread_id = read_on(&mut events).await[0]["thread"]["id"].as_str().unwrap().to_owned();
    drop(events);
    let turn_id = head.headers()["chatkit-turn-id"].to_str().unwrap();

    let running = send(app.clone(), get(&format!("/chatkit/threads/{thread_id}/turn"))).await;
    assert_eq!((running.0, running.2), (StatusCode::OK, json!({"turn_id": turn_id}).to_string()));

    let (head, mut events) = open(&app, get(&format!("/chatkit/turns/{turn_id}/events"))).await;
    assert_eq!(head.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
    assert_eq!(head.headers()["chatkit-turn-id"], turn_id);
    read_on(&mut events).await;
}

#[tokio::test]
async fn a_request_that_is_sent_again_begins_no_second_turn() {
    let app = endless();
    let (first, mut events) = open(&app, create(Some("k"))).await;
    read_on(&mut events).await;
    let (second, _events) = open(&app, create(Some("k"))).await;
    let (third, _events) = open(&app, create(Some("l"))).await;
    let turn_id = |head: &Response<()>| head.headers()["chatkit-turn-id"].clone();
    assert_eq!(turn_id(&first), turn_id(&second));
    assert_ne!(turn_id(&first), turn_id(&third));
}

#[tokio::test]
async fn what_is_no_key_or_no_turn_is_refused() {
    let app = endless();
    let key = "k".repeat(300);
    assert_error(&send(app.clone(), create(Some(&key))).await, "invalid_idempotency_key", 400);
    let mut twice = create(Some("k"));
    twice.headers_mut().append("idempotency-key", "l".parse().unwrap());
    assert_error(&send(app.clone(), twice).await, "invalid_idempotency_key", 400);
    for uri in ["/chatkit/turns/trn_9/events", "/chatkit/threads/thr_9/turn"] {
        assert_error(&send(app.clone(), get(uri)).await, "not_found", 404);
        let nobody = Request::get(uri).body(Body::empty()).unwrap();
        assert_error(&send(app.clone(), nobody).await, "unauthorized", 401);
    }
}
