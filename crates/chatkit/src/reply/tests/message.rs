//! Messages.

use serde_json::json;

use super::*;
use crate::protocol::{Annotation, Source, UrlSource};

fn page() -> UrlSource {
    UrlSource { title: "T".into(), url: "https://e.x/".into(), ..UrlSource::default() }
}

#[tokio::test]
async fn a_message_is_added_grows_by_deltas_and_is_done_as_it_stands() {
    let events = written(async |reply| {
        let mut message = reply.message();
        message.text("Hel").await;
        message.text("lo").await;
        message.done().await;
    })
    .await;
    let part = json!({"type": "output_text", "text": "", "annotations": []});
    let whole = json!({"type": "output_text", "text": "Hello", "annotations": []});
    let update = |update: Value| json!({"type": "thread.item.updated", "item_id": "msg_1", "update": update});
    let delta = |delta: &str| {
        let kind = "assistant_message.content_part.text_delta";
        update(json!({"type": kind, "content_index": 0, "delta": delta}))
    };
    let item = |content: Value| {
        json!({"id": "msg_1", "thread_id": "thr_0", "created_at": "2026-01-01T00:00:00.001000Z",
            "type": "assistant_message", "content": content})
    };
    let kind = "assistant_message.content_part";
    assert_eq!(
        events,
        [
            json!({"type": "thread.item.added", "item": item(json!([]))}),
            update(json!({"type": format!("{kind}.added"), "content_index": 0, "content": part})),
            delta("Hel"),
            delta("lo"),
            update(json!({"type": format!("{kind}.done"), "content_index": 0, "content": whole})),
            json!({"type": "thread.item.done", "item": item(json!([whole]))}),
        ]
    );
}

#[tokio::test]
async fn a_message_without_words_is_never_seen() {
    let events = written(async |reply| {
        let mut message = reply.message();
        message.text("").await;
        message.end_part().await;
        message.done().await;
    })
    .await;
    assert!(events.is_empty(), "{events:?}");
}

#[tokio::test]
async fn a_citation_stands_behind_the_text_unless_it_says_where() {
    let events = written(async |reply| {
        let mut message = reply.message();
        message.text("h\u{e9}llo").await;
        message.annotate(page()).await;
        message.annotate(Annotation { source: Source::Url(page()), index: Some(1) }).await;
        message.done().await;
    })
    .await;
    let cited: Vec<&Value> = events
        .iter()
        .map(|event| &event["update"])
        .filter(|update| !update["annotation"].is_null())
        .collect();
    let places = |update: &Value| {
        (update["annotation_index"].clone(), update["annotation"]["index"].clone())
    };
    assert_eq!(places(cited[0]), (json!(0), json!(5)));
    assert_eq!(places(cited[1]), (json!(1), json!(1)));
    let kept = &events.last().unwrap()["item"]["content"][0]["annotations"];
    assert_eq!([&kept[0]["index"], &kept[1]["index"]], [5, 1]);
}

#[tokio::test]
async fn parts_follow_one_another() {
    let events = written(async |reply| {
        let mut message = reply.message();
        message.text("one").await;
        message.end_part().await;
        message.text("two").await;
        message.done().await;
    })
    .await;
    let content = &events.last().unwrap()["item"]["content"];
    assert_eq!([&content[0]["text"], &content[1]["text"]], ["one", "two"]);
    let indexes: Vec<_> =
        events.iter().filter_map(|event| event["update"]["content_index"].as_u64()).collect();
    assert_eq!(indexes, [0, 0, 0, 1, 1, 1]);
}

#[tokio::test]
async fn what_is_said_at_once_is_one_event() {
    let events = written(async |reply| reply.say("Hello").await).await;
    assert_eq!(kinds(&events), ["done assistant_message"]);
    assert_eq!(events[0]["item"]["content"][0]["text"], "Hello");
}
