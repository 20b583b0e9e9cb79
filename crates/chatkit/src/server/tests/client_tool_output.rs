//! The browser ran a call.

use super::*;
use crate::StoreError;
use crate::protocol::{ClientToolCallItem, ClientToolCallStatus};

fn call(id: &str, status: ClientToolCallStatus) -> ThreadItem {
    ThreadItem::ClientToolCall(ClientToolCallItem {
        id: id.to_owned(),
        thread_id: "thr_a".to_owned(),
        created_at: MemoryStore::default().now(),
        status,
        call_id: format!("call_{id}"),
        name: "get_selection".to_owned(),
        arguments: Object::from_iter([("n".to_owned(), Value::Null)]),
        output: None,
    })
}

fn pending(id: &str) -> ThreadItem {
    call(id, ClientToolCallStatus::Pending)
}

fn waiting(items: Vec<ThreadItem>) -> Scripted {
    let server = told();
    put_thread(&server, "thr_a", ThreadStatus::Active, items);
    server
}

fn output(result: Value) -> Value {
    op("threads.add_client_tool_output", json!({"thread_id": "thr_a", "result": result}))
}

#[tokio::test]
async fn the_output_completes_the_call_and_the_turn_goes_on() {
    let server = waiting(vec![message("m"), pending("tc")]);
    let events = ask(&server, "ann", output(json!({"nodes": [1, null]}))).await.unwrap();
    let expected = json!([
        {"type": "stream_options", "stream_options": {"allow_cancel": true}},
        {"type": "progress_update", "text": "the output of tc"},
    ]);
    assert_eq!(events, expected, "no event tells of the call");
    assert_eq!(server.store().operations(), ["begin_turn"]);
    let read = op("threads.get_by_id", json!({"thread_id": "thr_a"}));
    let thread = ask(&server, "ann", read).await.unwrap();
    let call = &thread["items"]["data"][1];
    assert_eq!((&call["id"], &call["status"]), (&json!("tc"), &json!("completed")));
    assert_eq!(call["output"], json!({"nodes": [1, null]}));
}

#[tokio::test]
async fn an_output_of_null_is_an_output() {
    let server = waiting(vec![pending("tc")]);
    ask(&server, "ann", output(Value::Null)).await.unwrap();
    let ThreadItem::ClientToolCall(call) = &server.store().items("thr_a")[0] else { panic!() };
    assert_eq!(call.status, ClientToolCallStatus::Completed);
}

#[tokio::test]
async fn other_calls_that_wait_are_removed() {
    let completed = call("done", ClientToolCallStatus::Completed);
    let server = waiting(vec![pending("a"), completed, pending("b"), message("m"), pending("tc")]);
    ask(&server, "ann", output(json!(1))).await.unwrap();
    let kept = server.store().items("thr_a");
    let ids: Vec<&str> = kept.iter().map(ThreadItem::id).collect();
    assert_eq!(ids, ["done", "m", "tc"]);
    assert_eq!(server.store().operations(), ["begin_turn", "delete_item", "delete_item"]);
}

#[tokio::test]
async fn only_a_call_that_waits_at_the_end_takes_an_output() {
    let completed = call("tc", ClientToolCallStatus::Completed);
    for items in [
        vec![],
        vec![message("m")],
        vec![completed],
        vec![pending("tc"), message("m")],
        vec![pending("tc"), hidden("h")],
    ] {
        let server = waiting(items.clone());
        let refusal = refused(&server, "ann", output(json!(1))).await;
        assert_eq!(refusal, (409, "no_pending_call".to_owned()));
        assert_eq!(server.store().items("thr_a"), items);
    }
}

#[tokio::test]
async fn an_output_to_a_foreign_conversation_is_not_found() {
    let server = waiting(vec![pending("tc")]);
    assert_eq!(refused(&server, "bob", output(json!(1))).await.0, 404);
    let unknown = op("threads.add_client_tool_output", json!({"thread_id": "x", "result": 1}));
    assert_eq!(refused(&server, "ann", unknown).await.0, 404);
}

#[tokio::test]
async fn the_second_of_two_outputs_is_refused() {
    let server = waiting(vec![pending("tc")]);
    ask(&server, "ann", output(json!(1))).await.unwrap();
    assert_eq!(refused(&server, "ann", output(json!(2))).await.0, 409);
    let ThreadItem::ClientToolCall(call) = &server.store().items("thr_a")[0] else { panic!() };
    assert_eq!(call.output, Some(json!(1)));
}

#[tokio::test]
async fn an_item_that_changed_since_it_was_read_is_not_written_over() {
    let server = waiting(vec![pending("tc")]);
    let ThreadItem::ClientToolCall(mut read) = pending("tc") else { panic!() };
    read.name = "something_else".to_owned();
    let read = ThreadItem::ClientToolCall(read);
    let thread = server.store().thread("thr_a").unwrap();
    let (user, item) = ("ann".to_owned(), call("tc", ClientToolCallStatus::Completed));
    let start = TurnStart { item: Some(&item), instead_of: Some(&read), ..TurnStart::of(&thread) };
    let refusal = server.store().begin_turn(&user, start).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Refused { status: 409, .. }), "{refusal}");
    assert_eq!(server.store().items("thr_a"), [pending("tc")]);
}
