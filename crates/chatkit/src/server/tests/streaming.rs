//! What begins a turn and what is refused before one.

use super::*;
use crate::StoreError;

fn text(text: &str) -> Value {
    json!({"content": [{"type": "input_text", "text": text}]})
}

#[tokio::test]
async fn a_new_conversation_answers_with_it_the_message_and_the_options() {
    let input = json!({
        "content": [{"type": "input_text", "text": "hi"}],
        "quoted_text": "", "attachments": [], "inference_options": {},
    });
    let events = ask(&server(), "ann", create(input)).await.unwrap();
    let expected = json!([
        {"type": "thread.created", "thread": {
            "id": "thr_1", "created_at": "2026-01-01T00:00:00.001000Z", "status": {"type": "active"},
            "metadata": {}, "items": {"data": [], "has_more": false},
        }},
        {"type": "thread.item.done", "item": {
            "id": "msg_1", "thread_id": "thr_1", "created_at": "2026-01-01T00:00:00.002000Z",
            "type": "user_message", "content": [{"type": "input_text", "text": "hi"}],
            "attachments": [], "quoted_text": "", "inference_options": {},
        }},
        {"type": "stream_options", "stream_options": {"allow_cancel": true}},
    ]);
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_message_may_leave_out_all_but_its_content() {
    let events = ask(&server(), "ann", create(text("hi"))).await.unwrap();
    let item = events[1]["item"].as_object().unwrap();
    assert_eq!(item["inference_options"], json!({}));
    assert!(!item.contains_key("quoted_text"));
}

#[tokio::test]
async fn inference_options_and_mentions_are_echoed() {
    let input = json!({
        "content": [{"type": "input_tag", "id": "e1", "text": "Ann", "group": "people"}],
        "inference_options": {"tool_choice": {"id": "search"}, "model": "large"},
    });
    let events = ask(&server(), "ann", create(input)).await.unwrap();
    let mention = json!({"type": "input_tag", "id": "e1", "text": "Ann", "data": {}, "group": "people", "interactive": false});
    assert_eq!(events[1]["item"]["content"], json!([mention]));
    let options = json!({"tool_choice": {"id": "search"}, "model": "large"});
    assert_eq!(events[1]["item"]["inference_options"], options);
}

#[tokio::test]
async fn a_message_to_an_open_conversation_is_kept_and_told() {
    let server = server();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![]);
    let events = ask(&server, "ann", say("thr_a", "hi")).await.unwrap();
    assert_eq!(events[0]["item"]["thread_id"], "thr_a");
    assert_eq!(events[1]["type"], "stream_options");
    assert_eq!(server.store().operations(), ["begin_turn"]);
    assert_eq!(server.store().items("thr_a").len(), 1);
}

#[tokio::test]
async fn an_empty_message_is_refused() {
    let server = server();
    let blank = json!({"content": [{"type": "input_text", "text": " \n\t\u{a0}"}]});
    for input in [json!({"content": []}), text(""), blank] {
        let refusal = refused(&server, "ann", create(input)).await;
        assert_eq!(refusal, (422, "empty_message".to_owned()));
    }
    assert_eq!(server.store().operations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_is_long_by_characters_not_bytes() {
    let server = server();
    assert!(ask(&server, "ann", create(text(&"é".repeat(32_000)))).await.is_ok());
    let refusal = refused(&server, "ann", create(text(&"é".repeat(32_001)))).await;
    assert_eq!(refusal, (422, "message_too_long".to_owned()));
}

#[tokio::test]
async fn parts_and_the_quote_count_together() {
    let part = json!({"type": "input_text", "text": "a".repeat(16_000)});
    let input = json!({"content": [part, part], "quoted_text": "b"});
    let refusal = refused(&server(), "ann", create(input)).await;
    assert_eq!(refusal, (422, "message_too_long".to_owned()));
}

#[tokio::test]
async fn files_are_refused_while_there_is_nowhere_to_put_them() {
    let input = json!({"content": [], "attachments": ["atc_1"]});
    let refusal = refused(&server(), "ann", create(input)).await;
    assert_eq!(refusal, (501, "not_configured".to_owned()));
}

#[tokio::test]
async fn an_unknown_conversation_and_a_foreign_one_are_refused_alike() {
    let server = server();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![]);
    let foreign = ask(&server, "bob", say("thr_a", "hi")).await.unwrap_err();
    let unknown = ask(&server, "bob", say("thr_none", "hi")).await.unwrap_err();
    assert_eq!((foreign.status(), &foreign), (404, &unknown));
    assert_eq!(server.store().operations(), Vec::<String>::new());
}

#[tokio::test]
async fn locked_and_closed_conversations_take_no_messages() {
    let server = server();
    put_thread(&server, "locked", ThreadStatus::Locked { reason: None }, vec![]);
    put_thread(&server, "closed", ThreadStatus::Closed { reason: Some("done".to_owned()) }, vec![]);
    let locked = refused(&server, "ann", say("locked", "hi")).await;
    let closed = refused(&server, "ann", say("closed", "hi")).await;
    assert_eq!(locked, (409, "thread_locked".to_owned()));
    assert_eq!(closed, (409, "thread_closed".to_owned()));
}

#[tokio::test]
async fn a_store_that_refuses_a_turn_is_answered_in_its_words() {
    let server = server();
    server.store().refuse("begin_turn", || StoreError::Refused {
        status: 429,
        code: "rate_limited",
        message: "too many messages".to_owned(),
        retry_after: Some(Duration::from_secs(3)),
    });
    let error = ask(&server, "ann", create(text("hi"))).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (429, "rate_limited"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
}

#[tokio::test]
async fn a_store_that_fails_is_not_explained_to_the_client() {
    let server = server();
    server.store().refuse("begin_turn", || StoreError::failed("password of the database"));
    let error = ask(&server, "ann", create(text("hi"))).await.unwrap_err();
    assert_eq!((error.status(), error.message()), (500, "something went wrong here"));
}

#[tokio::test]
async fn what_was_not_set_up_says_so() {
    let server = server();
    for request in [
        op("attachments.create", json!({"name": "a", "size": "5", "mime_type": "text/plain"})),
        op("attachments.delete", json!({"attachment_id": "a"})),
        op("input.transcribe", json!({"audio_base64": "", "mime_type": "audio/webm"})),
    ] {
        assert_eq!(refused(&server, "ann", request).await, (501, "not_configured".to_owned()));
    }
}
