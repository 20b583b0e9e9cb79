//! Widgets.

use futures_util::stream;
use serde_json::json;

use super::*;
use crate::protocol::WidgetRoot;

fn card(value: &str, streaming: bool) -> WidgetRoot {
    let text = json!({"type": "Text", "id": "t", "value": value, "streaming": streaming});
    json!({"type": "Card", "children": [text]}).into()
}

#[tokio::test]
async fn a_widget_as_it_stays_is_one_event_with_its_copy_text() {
    let events = written(async |reply| {
        reply.widget(card("a", false), Some("copy".to_owned())).await;
    })
    .await;
    assert_eq!(kinds(&events), ["done widget"]);
    assert_eq!(events[0]["item"]["copy_text"], "copy");
    assert_eq!(events[0]["item"]["id"], "msg_1");
}

#[tokio::test]
async fn properties_and_components_that_only_a_client_knows_stay() {
    let root = json!({"type": "Card", "border": {"size": 1}, "children": [
        {"type": "Table", "children": [{"type": "Table.Row", "header": true, "children": []}]},
    ]});
    let shown = root.clone();
    let events = written(async |reply| reply.widget(shown, None).await).await;
    assert_eq!(events[0]["item"]["widget"], root);
    assert_eq!(events[0]["item"].get("copy_text"), None);
}

#[tokio::test]
async fn states_are_added_then_told_by_what_has_changed_then_done() {
    let events = written(async |reply| {
        let states = [card("H", true), card("He", true), card("He", true), card("Hey", false)];
        reply.stream_widget(stream::iter(states), Some("copy".to_owned())).await;
    })
    .await;
    assert_eq!(
        kinds(&events),
        [
            "added widget",
            "updated widget.streaming_text.value_delta",
            "updated widget.root.updated",
            "done widget",
        ]
    );
    assert_eq!(events[1]["update"]["delta"], "e");
    assert_eq!(events[3]["item"]["widget"]["children"][0]["value"], "Hey");
    assert_eq!(events[3]["item"]["copy_text"], "copy");
    assert_eq!(events[0]["item"]["id"], events[3]["item"]["id"]);
    assert_eq!(events[0]["item"]["created_at"], events[3]["item"]["created_at"]);
}

#[tokio::test]
async fn a_widget_without_a_state_is_never_seen() {
    let events = written(async |reply| reply.stream_widget(stream::empty(), None).await).await;
    assert!(events.is_empty(), "{events:?}");
}

#[tokio::test]
async fn a_widget_that_is_shown_by_hand_has_its_copy_text_from_the_start() {
    let events = written(async |reply| {
        let mut widget = reply.changing_widget().with_copy_text("copy");
        widget.show(card("a", false)).await;
        widget.done().await;
    })
    .await;
    assert_eq!(kinds(&events), ["added widget", "done widget"]);
    assert_eq!([&events[0]["item"]["copy_text"], &events[1]["item"]["copy_text"]], ["copy"; 2]);
}
