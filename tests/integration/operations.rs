//! The operations beside messages and reading, over real HTTP and on both databases: answering
//! again, thumbs, actions, and what each refuses.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, body::Body, routing::post};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use todochat_service::{HttpMetrics, Shutdown, listener};
use todochat_tests::{
    TestDatabase,
    house::{House, Reply, Resident, message},
    on_each_database,
};
use tokio::net::TcpListener;

on_each_database!(
    a_message_is_answered_again_in_its_place,
    an_answer_in_the_middle_is_answered_again_without_what_followed,
    a_new_answer_calls_its_tools_anew,
    a_new_answer_counts_like_a_message,
    an_answer_under_way_gives_way_to_the_new_one,
    only_a_message_of_ones_own_is_answered_again,
    nothing_waits_for_the_output_of_a_call,
    only_questions_take_answers,
    an_action_on_anything_but_a_widget_is_an_error_event,
    an_action_that_nobody_knows_is_told_so,
    a_thumb_is_taken_for_ones_own_conversation_only,
    what_is_incomplete_is_400_for_every_operation,
);

async fn a_message_is_answered_again_in_its_place(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let first = conversation(&ann, "add buy milk").await;
    let again = ann.chatkit("threads.retry_after_item", first.retry()).await;
    assert_eq!(
        (again.status.as_u16(), &again.events()[0]["type"]),
        (200, &json!("stream_options"))
    );
    let items = first.items(&ann).await;
    assert_eq!(items[0], first.message, "the message stays what it was");
    let done = again.events().into_iter().filter(|event| event["type"] == "thread.item.done");
    let told: Vec<Value> = done.map(|event| event["item"].clone()).collect();
    assert_eq!(items[1..], told[..], "and is not told again");
    let old: Vec<&Value> = first.answer.iter().map(|item| &item["id"]).collect();
    assert!(items.iter().all(|item| !old.contains(&&item["id"])), "the old answer is gone");
}

async fn an_answer_in_the_middle_is_answered_again_without_what_followed(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let first = conversation(&ann, "help").await;
    for _ in 0..12 {
        let params = json!({"thread_id": first.thread, "input": message("help")});
        assert_eq!(ann.chatkit("threads.add_user_message", params).await.status, 200);
    }
    let again = ann.chatkit("threads.retry_after_item", first.retry()).await;
    assert_eq!(again.done("assistant_message").len(), 1, "{}", again.body);
    let items = first.items(&ann).await;
    assert_eq!((items.len(), &items[0]), (2, &first.message));
    let params = json!({"thread_id": first.thread, "input": message("help")});
    assert_eq!(ann.chatkit("threads.add_user_message", params).await.status, 200);
    assert_eq!(first.items(&ann).await.len(), 4, "the conversation goes on from there");
}

async fn a_new_answer_calls_its_tools_anew(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let first = conversation(&ann, "add buy milk").await;
    let task = ann.get("/api/tasks").await.text("/tasks/0/id");
    ann.request("DELETE", &format!("/api/tasks/{task}")).send().await.unwrap();
    let again = ann.chatkit("threads.retry_after_item", first.retry()).await;
    assert_eq!(again.done("workflow").len(), 1, "{}", again.body);
    let tasks = ann.get("/api/tasks").await.json();
    assert_eq!(tasks["tasks"][0]["title"], "Buy milk", "not the first call's result: {tasks}");
    assert_ne!(tasks["tasks"][0]["id"], json!(task));
}

async fn a_new_answer_counts_like_a_message(database: TestDatabase) {
    let house = House::with(database, &["--rate-limit-per-minute", "2"]).await;
    let ann = house.sign_up("ann").await;
    let first = conversation(&ann, "help").await;
    let again = async || ann.chatkit("threads.retry_after_item", first.retry()).await.status;
    assert_eq!(again().await, 200);
    let kept = first.items(&ann).await;
    assert_eq!(again().await, 429);
    assert_eq!(first.items(&ann).await, kept, "what is refused deletes nothing");
}

async fn an_answer_under_way_gives_way_to_the_new_one(database: TestDatabase) {
    let model = stalling_once().await;
    let house = House::with(database, &["--model-base-url", &model]).await;
    let ann = house.sign_up("ann").await;
    let body = json!({"type": "threads.create", "params": {"input": message("hello")}});
    let mut first = ann.request("POST", "/api/chatkit").json(&body).send().await.unwrap();
    let mut told = String::new();
    while !told.contains("Half") {
        told += std::str::from_utf8(&first.chunk().await.unwrap().unwrap()).unwrap();
    }
    let events = events(&told);
    let retry = json!({"thread_id": events[0]["thread"]["id"], "item_id": events[1]["item"]["id"]});
    let again = ann.chatkit("threads.retry_after_item", retry).await;
    let answer = again.done("assistant_message");
    assert_eq!(answer[0]["content"][0]["text"], "Whole", "{}", again.body);
    while first.chunk().await.unwrap().is_some() {}
    let params = json!({"thread_id": events[0]["thread"]["id"]});
    let kept = ann.chatkit("threads.get_by_id", params).await.json();
    assert_eq!(kept["items"]["data"], json!([events[1]["item"], answer[0]]));
}

async fn only_a_message_of_ones_own_is_answered_again(database: TestDatabase) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let first = conversation(&ann, "help").await;
    let retry = |thread: &Value, item: &Value| json!({"thread_id": thread, "item_id": item});
    let (answer, none) = (&first.answer[0]["id"], &json!("msg_none"));
    for (who, params, status) in [
        (&ann, retry(&first.thread, answer), 409),
        (&ann, retry(&first.thread, none), 404),
        (&ann, retry(none, &first.message["id"]), 404),
        (&bob, first.retry(), 404),
        (&bob, retry(&first.thread, answer), 404),
    ] {
        let reply = who.chatkit("threads.retry_after_item", params.clone()).await;
        assert_eq!(reply.status.as_u16(), status, "{params}: {}", reply.body);
    }
    assert_eq!(first.items(&ann).await.len(), 2);
}

async fn nothing_waits_for_the_output_of_a_call(database: TestDatabase) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let first = conversation(&ann, "help").await;
    let output = |thread: &Value| json!({"thread_id": thread, "result": null});
    let reply = ann.chatkit("threads.add_client_tool_output", output(&first.thread)).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "no_pending_call"));
    let foreign = bob.chatkit("threads.add_client_tool_output", output(&first.thread)).await;
    let unknown = bob.chatkit("threads.add_client_tool_output", output(&json!("x"))).await;
    assert_eq!((foreign.status.as_u16(), unknown.status.as_u16()), (404, 404));
}

async fn only_questions_take_answers(database: TestDatabase) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let first = conversation(&ann, "help").await;
    let answers = |item: &Value| {
        let input = json!({"answers": {"a": {"values": ["b"]}}});
        json!({"thread_id": first.thread, "item_id": item, "input": input})
    };
    for (who, item, status) in [
        (&ann, &first.message["id"], 409),
        (&ann, &json!("si_none"), 404),
        (&bob, &first.message["id"], 404),
    ] {
        let reply = who.chatkit("threads.add_structured_input", answers(item)).await;
        assert_eq!(reply.status.as_u16(), status, "{item}: {}", reply.body);
    }
}

async fn an_action_on_anything_but_a_widget_is_an_error_event(database: TestDatabase) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let first = conversation(&ann, "help").await;
    let params = first.action(&first.message["id"]);
    let reply = ann.chatkit("threads.custom_action", params.clone()).await;
    let error = json!({"type": "error", "code": "stream.error", "allow_retry": false});
    assert_eq!((reply.status.as_u16(), reply.events()), (200, vec![error]));
    let at_once = ann.chatkit("threads.sync_custom_action", params.clone()).await;
    assert_eq!((at_once.status.as_u16(), at_once.code().as_str()), (409, "not_a_widget"));
    for operation in ["threads.custom_action", "threads.sync_custom_action"] {
        assert_eq!(bob.chatkit(operation, params.clone()).await.status, 404);
        let unknown = first.action(&json!("msg_none"));
        assert_eq!(ann.chatkit(operation, unknown).await.status, 404);
    }
}

async fn an_action_that_nobody_knows_is_told_so(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let first = conversation(&ann, "help").await;
    let reply = ann.chatkit("threads.custom_action", first.action(&Value::Null)).await;
    let error = reply.events().pop().unwrap();
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("custom")));
    assert_eq!(error["allow_retry"], false);
    assert!(error["message"].as_str().unwrap().contains("not available"), "{error}");
    assert_eq!(first.items(&ann).await.len(), 2, "and nothing is kept");
}

async fn a_thumb_is_taken_for_ones_own_conversation_only(database: TestDatabase) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let first = conversation(&ann, "help").await;
    let ids: Vec<&Value> = first.answer.iter().map(|item| &item["id"]).collect();
    let thumb =
        |ids: Value, kind: &str| json!({"thread_id": first.thread, "item_ids": ids, "kind": kind});
    for (ids, kind) in [
        (json!(ids), "positive"),
        (json!(ids), "negative"),
        (json!([]), "positive"),
        (json!(["msg_none"]), "positive"),
    ] {
        let reply = ann.chatkit("items.feedback", thumb(ids, kind)).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({})), "{}", reply.body);
    }
    assert_eq!(ann.chatkit("items.feedback", thumb(json!([]), "neutral")).await.status, 400);
    assert_eq!(bob.chatkit("items.feedback", thumb(json!(ids), "negative")).await.status, 404);
}

async fn what_is_incomplete_is_400_for_every_operation(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    for (operation, params) in [
        ("threads.add_client_tool_output", json!({"thread_id": "t"})),
        ("threads.add_structured_input", json!({"thread_id": "t", "item_id": "i"})),
        ("threads.retry_after_item", json!({"thread_id": "t"})),
        ("threads.custom_action", json!({"thread_id": "t", "action": {}})),
        ("threads.sync_custom_action", json!({"thread_id": "t"})),
        ("items.feedback", json!({"thread_id": "t", "item_ids": []})),
        ("attachments.create", json!({"name": "a", "mime_type": "b", "size": 1.5})),
        ("attachments.delete", json!({})),
        ("input.transcribe", json!({"mime_type": "b"})),
    ] {
        let reply = ann.chatkit(operation, params).await;
        let refused = (reply.status.as_u16(), reply.code());
        assert_eq!(refused, (400, "invalid_request".to_owned()), "{operation}: {}", reply.body);
    }
    let twice = r#"{"type":"items.feedback","params":{"thread_id":"a","thread_id":"b"}}"#;
    let lone = r#"{"type":"threads.custom_action","params":{"thread_id":"\ud800"}}"#;
    let deep = format!(
        r#"{{"type":"threads.add_client_tool_output","params":{{"thread_id":"t","result":{}{}}}}}"#,
        "[".repeat(63),
        "]".repeat(63),
    );
    for body in [twice, lone, &deep] {
        let request = ann.request("POST", "/api/chatkit").body(body.to_owned());
        let reply = Reply::of(request).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "invalid_json"), "{body}");
    }
}

fn events(text: &str) -> Vec<Value> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A model whose first answer never comes to its end, and whose others are whole; its base URL.
async fn stalling_once() -> String {
    let asked = Arc::new(AtomicBool::new(false));
    let answer = post(move || {
        let asked = Arc::clone(&asked);
        async move {
            let first = !asked.swap(true, Ordering::Relaxed);
            let word = if first { "Half" } else { "Whole" };
            let delta = json!({"choices": [{"index": 0, "delta": {"content": word}}]});
            let begun = stream::iter([Ok::<_, std::io::Error>(format!("data: {delta}\n\n"))]);
            if first {
                return Body::from_stream(begun.chain(stream::pending()));
            }
            let stop = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
            let end = format!("data: {stop}\n\ndata: [DONE]\n\n");
            Body::from_stream(begun.chain(stream::iter([Ok(end)])))
        }
    });
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", socket.local_addr().unwrap());
    let router = Router::new().route("/v1/chat/completions", answer);
    tokio::spawn(listener::serve(
        socket,
        router,
        listener::Limits::default(),
        HttpMetrics::detached(),
        Shutdown::new(),
    ));
    url
}

/// A message and its answer.
struct Conversation {
    thread: Value,
    message: Value,
    answer: Vec<Value>,
}

/// Says something in a new conversation.
async fn conversation(who: &Resident, text: &str) -> Conversation {
    let events = who.say(text).await.events();
    let done = events.iter().filter(|event| event["type"] == "thread.item.done");
    let mut items = done.map(|event| event["item"].clone());
    Conversation {
        thread: events[0]["thread"]["id"].clone(),
        message: items.next().unwrap(),
        answer: items.collect(),
    }
}

impl Conversation {
    fn retry(&self) -> Value {
        json!({"thread_id": self.thread, "item_id": self.message["id"]})
    }

    fn action(&self, item_id: &Value) -> Value {
        let action = json!({"type": "tasks.explode", "payload": {"id": 1}});
        json!({"thread_id": self.thread, "item_id": item_id, "action": action})
    }

    async fn items(&self, who: &Resident) -> Vec<Value> {
        let params = json!({"thread_id": self.thread, "limit": 100, "order": "asc"});
        let page = who.chatkit("items.list", params).await.json();
        page["data"].as_array().unwrap().clone()
    }
}
