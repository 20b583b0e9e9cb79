//! Whoever applies what `diff` tells has the later state; what else an application may tell.

use serde_json::{Value, json};

use super::*;
use crate::widget::diff;

#[expect(clippy::needless_pass_by_value, reason = "it is called with `json!` in place")]
fn card(children: Value) -> Value {
    json!({"type": "Card", "children": children})
}

fn text(id: &str, value: &str) -> Value {
    json!({"type": "Markdown", "id": id, "value": value, "streaming": true})
}

fn delta(id: &str, delta: &str) -> Update {
    Update::WidgetTextDelta { component_id: id.to_owned(), delta: delta.to_owned(), done: false }
}

/// What one update makes of a widget.
fn updated(before: Value, update: &Update) -> Value {
    let mut widget = WidgetRoot(before);
    apply(&mut widget, update);
    widget.0
}

#[test]
fn what_has_changed_makes_the_later_state_of_the_earlier() {
    let deep = |value: &str| {
        let child = json!({"type": "Transition", "children": text("t", "only")});
        let row = json!({"type": "Row", "id": "t", "children": [child, text("t", value)]});
        card(json!([row, text("u", "x")]))
    };
    let states = [
        json!({"type": "Card"}),
        card(json!([])),
        card(json!([text("t", "")])),
        card(json!([text("t", "He")])),
        card(json!([text("t", "Hello")])),
        card(json!([text("t", "Hell")])),
        card(json!([text("t", "a"), text("u", "x")])),
        card(json!([text("t", "ab"), text("u", "xy")])),
        deep("a"),
        deep("ab\u{1f600}"),
        json!({"type": "Basic", "children": text("t", "a")}),
        json!({"type": "Basic", "children": text("t", "ab")}),
    ];
    for before in &states {
        for after in &states {
            let mut widget = WidgetRoot(before.clone());
            for update in diff(&widget.clone(), &after.clone().into()) {
                apply(&mut widget, &update);
            }
            assert_eq!(widget.0, *after, "from {before}");
        }
    }
}

#[test]
fn text_is_added_to_an_only_child_if_there_is_no_other() {
    let before = card(json!([{"type": "Transition", "children": text("t", "a")}]));
    let after = card(json!([{"type": "Transition", "children": text("t", "ab")}]));
    assert_eq!(updated(before, &delta("t", "b")), after);
}

#[test]
fn text_without_a_value_begins_with_what_is_added() {
    for before in
        [json!({"type": "Text", "id": "t"}), json!({"type": "Text", "id": "t", "value": null})]
    {
        let after = card(json!([{"type": "Text", "id": "t", "value": "b"}]));
        assert_eq!(updated(card(json!([before])), &delta("t", "b")), after);
    }
}

#[test]
fn a_component_takes_the_place_of_the_one_with_its_id() {
    let by = json!({"type": "Badge", "id": "t", "label": "new"});
    let update = Update::WidgetComponentUpdated {
        component_id: "t".to_owned(),
        component: by.clone().into(),
    };
    let row = |child: Value| card(json!([text("u", "x"), {"type": "Row", "children": [child]}]));
    assert_eq!(updated(row(text("t", "a")), &update), row(by.clone()));
    let only = |child: Value| card(json!([{"type": "Transition", "children": child}]));
    assert_eq!(updated(only(text("t", "a")), &update), only(by.clone()));
    assert_eq!(updated(json!({"type": "Card", "id": "t"}), &update), by);
}

#[test]
fn what_is_meant_for_nothing_that_is_there_changes_nothing() {
    let others = [
        card(json!([text("u", "x"), "loose", 7])),
        card(json!([{"type": "Title", "id": "t", "value": "no text that streams"}])),
        card(json!([{"type": "Text", "id": "t", "value": 7}])),
        json!([text("t", "no component")]),
        json!(null),
    ];
    for before in others {
        assert_eq!(updated(before.clone(), &delta("t", "b")), before);
    }
    let before = card(json!([text("u", "x")]));
    let component = json!({"type": "Text"}).into();
    let update = Update::WidgetComponentUpdated { component_id: "t".to_owned(), component };
    assert_eq!(updated(before.clone(), &update), before);
    let words = Update::TextDelta { content_index: 0, delta: "of a message".to_owned() };
    assert_eq!(updated(before.clone(), &words), before);
}
