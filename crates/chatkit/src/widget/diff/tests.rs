//! The reference server's own cases, and those where it loses what was shown.

use serde_json::{Value, json};

use super::*;

/// The updates as they go over the wire.
fn updates(before: Value, after: Value) -> Vec<Value> {
    let updates = diff(&before.into(), &after.into());
    updates.iter().map(|update| serde_json::to_value(update).unwrap()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is called with `json!` in place")]
fn card(children: Value) -> Value {
    json!({"type": "Card", "children": children})
}

fn text(id: Option<&str>, value: &str, streaming: Option<bool>) -> Value {
    let mut text = json!({"type": "Text", "value": value});
    if let Some(id) = id {
        text["id"] = json!(id);
    }
    if let Some(streaming) = streaming {
        text["streaming"] = json!(streaming);
    }
    text
}

/// One update: all of `after`.
#[track_caller]
fn assert_whole(before: Value, after: Value) {
    let whole = json!({"type": "widget.root.updated", "widget": after});
    assert_eq!(updates(before, after), [whole]);
}

fn delta(id: &str, delta: &str, done: bool) -> Value {
    let kind = "widget.streaming_text.value_delta";
    json!({"type": kind, "component_id": id, "delta": delta, "done": done})
}

// The reference has each of these four twice: with typed components and with free ones, which are
// the same on the wire.

#[test]
fn an_unchanged_widget_sends_nothing() {
    assert!(updates(card(json!([])), card(json!([]))).is_empty());
}

#[test]
fn text_that_grows_sends_what_it_gained() {
    let before = card(json!([text(Some("text"), "Hello", Some(true))]));
    let after = card(json!([text(Some("text"), "Hello, world!", Some(true))]));
    assert_eq!(updates(before, after), [delta("text", ", world!", false)]);
}

#[test]
fn text_that_stops_streaming_sends_the_whole_widget() {
    let before = card(json!([text(Some("text"), "Hello", Some(true))]));
    let after = card(json!([text(Some("text"), "Hello, world!", Some(false))]));
    assert_whole(before, after);
}

#[test]
fn text_that_changes_sends_the_whole_widget() {
    let before = card(json!([text(None, "Hello", None)]));
    assert_whole(before, card(json!([text(None, "world!", None)])));
}

#[test]
fn text_that_never_said_it_streams_is_done_with_each_delta() {
    let before = card(json!([{"type": "Markdown", "id": "m", "value": "He"}]));
    let after = card(json!([{"type": "Markdown", "id": "m", "value": "Hello"}]));
    assert_eq!(updates(before, after), [delta("m", "llo", true)]);
}

#[test]
fn several_texts_at_any_depth_send_a_delta_each_in_their_order() {
    let state = |first: &str, second: &str| {
        let row = json!({"type": "Row", "children": [
            {"type": "Col", "children": [text(Some("deep"), first, Some(true))]},
        ]});
        card(json!([row, text(Some("flat"), second, Some(true)), text(Some("same"), "x", None)]))
    };
    assert_eq!(
        updates(state("a", "1"), state("a\u{1f600}b", "12")),
        [delta("deep", "\u{1f600}b", false), delta("flat", "2", false)]
    );
}

#[test]
fn text_that_shrinks_sends_the_whole_widget() {
    let before = card(json!([text(Some("t"), "Hello", Some(true))]));
    assert_whole(before, card(json!([text(Some("t"), "Hell", Some(true))])));
}

#[test]
fn only_text_and_markdown_grow_by_deltas() {
    let before = card(json!([{"type": "Title", "id": "t", "value": "He"}]));
    assert_whole(before, card(json!([{"type": "Title", "id": "t", "value": "Hello"}])));
}

#[test]
fn another_type_id_key_property_or_number_of_children_sends_the_whole_widget() {
    let before = card(json!([{"type": "Text", "id": "t", "key": "k", "value": "a"}]));
    for after in [
        json!({"type": "Basic", "children": [{"type": "Text", "id": "t", "key": "k", "value": "a"}]}),
        card(json!([{"type": "Markdown", "id": "t", "key": "k", "value": "a"}])),
        card(json!([{"type": "Text", "id": "u", "key": "k", "value": "a"}])),
        card(json!([{"type": "Text", "id": "t", "key": "l", "value": "a"}])),
        card(json!([{"type": "Text", "id": "t", "key": "k", "value": "ab", "color": "red"}])),
        card(json!([])),
        json!({"type": "Card"}),
    ] {
        assert_whole(before.clone(), after);
    }
}

#[test]
fn text_inside_a_property_that_is_no_child_does_not_stream() {
    let state = |value: &str| json!({"type": "Card", "confirm": text(Some("t"), value, None)});
    assert_whole(state("a"), state("ab"));
}

#[test]
fn null_is_as_good_as_absent() {
    let before = json!({"type": "Card", "size": null, "children": [text(None, "a", None)]});
    let after = json!({"type": "Card", "children": [text(None, "a", None)], "status": null});
    assert!(updates(before, after).is_empty());
}

// The reference sends nothing for the following three, and the client sees the text when the item
// is done.

#[test]
fn text_without_an_id_that_grows_sends_the_whole_widget() {
    let before = card(json!([text(None, "Hello", Some(true))]));
    assert_whole(before, card(json!([text(None, "Hello, world!", Some(true))])));
}

#[test]
fn text_that_is_an_only_child_and_grows_sends_the_whole_widget() {
    let state = |value: &str| {
        let child = text(Some("t"), value, Some(true));
        card(json!([{"type": "Transition", "children": child}]))
    };
    assert!(updates(state("a"), state("a")).is_empty());
    assert_whole(state("a"), state("ab"));
}

#[test]
fn text_that_shares_its_id_and_grows_sends_the_whole_widget() {
    let state =
        |value: &str| card(json!([text(Some("t"), value, None), text(Some("t"), "b", None)]));
    assert_whole(state("a"), state("ab"));
}
