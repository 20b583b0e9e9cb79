//! What is said beside the items.

use serde_json::json;

use super::*;
use crate::protocol::{NoticeLevel, ProgressUpdateEvent};

#[tokio::test]
async fn progress_notices_and_effects_are_written_as_the_protocol_has_them() {
    let events = written(async |reply| {
        reply.progress("Searching").await;
        let icon = Some("search".to_owned());
        reply.progress(ProgressUpdateEvent { icon, text: "On".to_owned() }).await;
        reply.notice(NoticeLevel::Warning, "**careful**").await;
        reply.notice_titled(NoticeLevel::Info, "T", "m").await;
        reply.client_effect("toast", [("a", json!(null)), ("b", json!([1]))]).await;
        reply.client_effect("bare", Object::new()).await;
        reply.allow_cancel(false).await;
    })
    .await;
    assert_eq!(
        events,
        [
            json!({"type": "progress_update", "text": "Searching"}),
            json!({"type": "progress_update", "icon": "search", "text": "On"}),
            json!({"type": "notice", "level": "warning", "message": "**careful**"}),
            json!({"type": "notice", "level": "info", "message": "m", "title": "T"}),
            json!({"type": "client_effect", "name": "toast", "data": {"a": null, "b": [1]}}),
            json!({"type": "client_effect", "name": "bare", "data": {}}),
            json!({"type": "stream_options", "stream_options": {"allow_cancel": false}}),
        ]
    );
}

#[tokio::test]
async fn changes_of_the_conversation_add_up() {
    let events = written(async |reply| {
        reply.set_title("Milk").await;
        reply.set_status(ThreadStatus::Locked { reason: Some("paused".to_owned()) }).await;
        reply
            .change_thread(|thread| thread.allowed_image_domains = Some(vec!["a.com".into()]))
            .await;
        assert_eq!(reply.thread().title.as_deref(), Some("Milk"));
    })
    .await;
    assert_eq!(kinds(&events), ["thread.updated"; 3]);
    let thread = &events[2]["thread"];
    assert_eq!((&thread["id"], &thread["title"]), (&json!("thr_0"), &json!("Milk")));
    assert_eq!(thread["status"], json!({"type": "locked", "reason": "paused"}));
    assert_eq!(thread["allowed_image_domains"], json!(["a.com"]));
    assert_eq!(thread["items"], json!({"data": [], "has_more": false}));
}
