//! A message is answered again.

use super::*;
use crate::protocol::{InferenceOptions, UserMessageItem};

fn said(id: &str) -> ThreadItem {
    ThreadItem::UserMessage(UserMessageItem {
        id: id.to_owned(),
        thread_id: "thr_a".to_owned(),
        created_at: MemoryStore::default().now(),
        content: Vec::new(),
        attachments: Vec::new(),
        quoted_text: None,
        inference_options: InferenceOptions::default(),
    })
}

fn retry(item_id: &str) -> Value {
    op("threads.retry_after_item", json!({"thread_id": "thr_a", "item_id": item_id}))
}

fn kept(server: &Scripted) -> Vec<String> {
    server.store().items("thr_a").iter().map(|item| item.id().to_owned()).collect()
}

#[tokio::test]
async fn the_same_message_is_answered_again_and_what_came_after_it_is_gone() {
    let server = told();
    let items = vec![said("u1"), message("a1"), said("u2"), message("a2"), hidden("h")];
    put_thread(&server, "thr_a", ThreadStatus::Active, items);
    let events = ask(&server, "ann", retry("u1")).await.unwrap();
    let expected = json!([
        {"type": "stream_options", "stream_options": {"allow_cancel": true}},
        {"type": "progress_update", "text": "u1 again"},
    ]);
    assert_eq!(events, expected, "no event tells of the message or of what was removed");
    assert_eq!(kept(&server), ["u1"]);
    let dropped = ["delete_item"; 4];
    assert_eq!(server.store().operations(), [&["begin_turn"][..], &dropped].concat());
}

#[tokio::test]
async fn the_newest_message_can_be_retried_although_nothing_came_after_it() {
    let server = told();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![message("a1"), said("u1")]);
    ask(&server, "ann", retry("u1")).await.unwrap();
    assert_eq!(kept(&server), ["a1", "u1"]);
}

#[tokio::test]
async fn more_than_a_page_may_have_come_after_it() {
    let server = told();
    let after = (0..70).map(|place| message(&format!("a{place}")));
    let items = [said("u1")].into_iter().chain(after).collect();
    put_thread(&server, "thr_a", ThreadStatus::Active, items);
    ask(&server, "ann", retry("u1")).await.unwrap();
    assert_eq!(kept(&server), ["u1"]);
}

#[tokio::test]
async fn only_a_message_of_the_users_can_be_retried() {
    let server = told();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![said("u1"), message("a1")]);
    let assistant = refused(&server, "ann", retry("a1")).await;
    assert_eq!(assistant, (409, "not_a_message".to_owned()));
    assert_eq!(refused(&server, "ann", retry("none")).await, (404, "not_found".to_owned()));
    assert_eq!(refused(&server, "bob", retry("u1")).await, (404, "not_found".to_owned()));
    assert_eq!(kept(&server), ["u1", "a1"]);
}

#[tokio::test]
async fn a_closed_conversation_answers_nothing_again() {
    let server = told();
    put_thread(&server, "thr_a", ThreadStatus::Closed { reason: None }, vec![said("u1")]);
    assert_eq!(refused(&server, "ann", retry("u1")).await.0, 409);
}

#[tokio::test(start_paused = true)]
async fn an_answer_under_way_gives_way_to_the_new_one_at_once() {
    let script = |turn: &Turn<String>| match turn.cause {
        Cause::Retry => vec![progress("again".to_owned())],
        _ => vec![Step::Event(ThreadStreamEvent::added(message("half"))), Step::Hang],
    };
    let responder = ScriptedResponder::new(script);
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![]);
    let first = server.parse(say("thr_a", "hi").to_string().as_bytes()).unwrap();
    let Response::Stream(first) = server.process_request(first, "ann".to_owned()).await.unwrap()
    else {
        panic!("a message is answered with a stream")
    };
    let message = kept(&server).remove(0);
    let before = tokio::time::Instant::now();
    let events = ask(&server, "ann", retry(&message)).await.unwrap();
    assert_eq!((&events[1]["text"], before.elapsed()), (&json!("again"), Duration::ZERO));
    let told: Vec<_> = first.collect().await;
    assert!(matches!(told.last(), Some(ThreadStreamEvent::Error(_))), "{told:?}");
    assert_eq!(kept(&server), [message], "nothing of the old answer comes after all");
}

#[tokio::test]
async fn a_message_that_goes_missing_in_between_is_not_found() {
    let server = told();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![said("u1"), message("a1")]);
    let thread = server.store().thread("thr_a").unwrap();
    let start = TurnStart { drops: Drops::After("u2"), ..TurnStart::of(&thread) };
    let refusal = server.store().begin_turn(&"ann".to_owned(), start).await.unwrap_err();
    assert!(matches!(refusal, crate::StoreError::NotFound), "{refusal}");
    assert_eq!(kept(&server), ["u1", "a1"]);
}
