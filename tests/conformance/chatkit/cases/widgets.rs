//! Widgets.

use chatkit_server::protocol::WidgetRoot;
use chatkit_server::widget::{self as widgets, WidgetTemplate};
use serde_json::{Value, json};

use crate::differences::Difference::{UnseenTextIsSent, WidgetsAreOpaque};
use crate::oracle;
use crate::script::{
    Case, NEW, added, card, create, done, get, item, replaced, say, updated, widget,
};

#[tokio::test]
async fn case_55_a_widget_is_done_at_once_and_may_have_a_text_to_copy() {
    let copied = item("widget", "w", json!({"widget": card("hi"), "copy_text": "copy"}));
    let case = Case::new().ask(create("hi")).respond([done(copied)]).ask(get(NEW));
    let played = case.agrees().await;
    assert_eq!(played.json(1)["items"]["data"][1]["copy_text"], "copy");
}

#[tokio::test]
async fn case_55_a_widget_may_grow() {
    let root = json!({"type": "widget.root.updated", "widget": card("new")});
    let text = json!({"type": "widget.streaming_text.value_delta", "component_id": "t", "delta": "er", "done": true});
    let script = [
        added(widget("w", card("old"))),
        updated("w", root),
        updated("w", text),
        done(widget("w", card("newer"))),
    ];
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    assert_eq!(played.items(0)[1]["widget"], card("newer"));
}

#[tokio::test]
async fn case_57_what_only_the_client_knows_survives() {
    let rich = json!({
        "type": "Card", "border": {"size": 1}, "size": "sm", "unknown": [1, {"deep": true}],
        "children": [{"type": "Table", "children": [{"type": "Table.Row", "header": true, "children": [
            {"type": "Table.Cell", "colSpan": 2, "children": [{"type": "Text", "value": "x"}]},
        ]}]}],
    });
    let script = [
        added(widget("w", rich.clone())),
        updated("w", json!({"type": "widget.root.updated", "widget": rich})),
        done(widget("w", rich.clone())),
    ];
    let case = Case::new()
        .ask(create("hi"))
        .respond(script)
        .ask(get(NEW))
        .ask(say(NEW, "again"))
        .respond([replaced(widget("w", rich.clone()))]);
    let places = ["answer 0", "answer 1", "answer 2", "state"];
    let played = case.differs(&places.map(|place| (place, WidgetsAreOpaque))).await;
    assert_eq!(played.items(0)[1]["widget"], rich);
    assert_eq!(played.json(1)["items"]["data"][1]["widget"], rich);
}

/// Ours and theirs.
fn diffs(before: &Value, after: &Value) -> (Value, Value) {
    let ours = widgets::diff(&WidgetRoot(before.clone()), &WidgetRoot(after.clone()));
    let theirs = oracle::ask(&json!({"ask": "diff", "before": before, "after": after}));
    (serde_json::to_value(ours).unwrap(), theirs)
}

fn card_of(children: Value) -> Value {
    json!({"type": "Card", "children": children})
}

fn markdown(id: &str, value: &str) -> Value {
    json!({"type": "Markdown", "id": id, "value": value})
}

fn streaming(id: &str, value: &str, streaming: bool) -> Value {
    json!({"type": "Markdown", "id": id, "value": value, "streaming": streaming})
}

#[test]
fn case_56_changes_of_a_widget_are_told_as_the_sdk_tells_them() {
    let row = |children: Value| json!({"type": "Row", "children": children});
    let button = |label: &str| json!({"type": "Button", "label": label});
    let deep = |value: &str| {
        card_of(json!([row(json!([row(json!([markdown("m", value)]))])), button("x")]))
    };
    for (before, after) in [
        (card_of(json!([button("x")])), card_of(json!([button("x")]))),
        (card_of(json!([markdown("m", "Hel")])), card_of(json!([markdown("m", "Hello")]))),
        (
            card_of(json!([streaming("m", "Hel", true)])),
            card_of(json!([streaming("m", "Hello", true)])),
        ),
        (
            card_of(json!([streaming("m", "Hel", true)])),
            card_of(json!([streaming("m", "Hello", false)])),
        ),
        (
            card_of(json!([streaming("m", "Hello", true)])),
            card_of(json!([streaming("m", "Hello", false)])),
        ),
        (card_of(json!([markdown("m", "Hello")])), card_of(json!([markdown("m", "Hel")]))),
        (card_of(json!([markdown("m", "Hello")])), card_of(json!([markdown("m", "Other")]))),
        (card_of(json!([markdown("m", "x")])), card_of(json!([markdown("n", "x")]))),
        (
            card_of(json!([markdown("m", "x")])),
            card_of(json!([markdown("m", "x"), markdown("n", "y")])),
        ),
        (
            card_of(json!([markdown("m", "x"), markdown("n", "y")])),
            card_of(json!([markdown("m", "x1"), markdown("n", "y2")])),
        ),
        (card_of(json!([button("x")])), card_of(json!([button("y")]))),
        (card_of(json!([button("x")])), card_of(json!([{"type": "Text", "value": "x"}]))),
        (card_of(json!([])), json!({"type": "ListView", "children": []})),
        (card_of(json!([])), json!({"type": "Card", "key": "k", "children": []})),
        (deep("a"), deep("ab")),
        (deep("ab"), deep("a")),
    ] {
        let (ours, theirs) = diffs(&before, &after);
        assert_eq!(ours, theirs, "{before} {after}");
    }
}

#[test]
fn case_56_text_that_no_delta_can_name_is_sent_with_the_whole_widget() {
    let text = |value: &str| card_of(json!([{"type": "Text", "value": value}]));
    let only =
        |value: &str| card_of(json!([{"type": "Transition", "children": markdown("m", value)}]));
    for (before, after) in [(text("a"), text("ab")), (only("a"), only("ab"))] {
        let (ours, theirs) = diffs(&before, &after);
        assert_eq!(theirs, json!([]), "{UnseenTextIsSent:?}");
        assert_eq!(ours, json!([{"type": "widget.root.updated", "widget": after}]));
    }
}

#[test]
fn case_58_a_template_renders_what_the_sdk_renders() {
    let template = concat!(
        r#"{"type":"Card","children":[{"type":"Text","value":{{ (title) | tojson }}},"#,
        r#"{%- for it in items -%}{"type":"Badge","label":{{ (it.label) | tojson }}}{%- if not loop.last -%},{%- endif -%}{%- endfor -%}]}"#,
    );
    let file = |version: &str, template: &str| json!({"version": version, "name": "t", "template": template, "jsonSchema": {}});
    let awkward =
        json!({"title": "\"quotes\" <b>&\n'😀'", "items": [{"label": "a"}, {"label": "{{ b }}"}]});
    for (definition, data) in [
        (file("1.0", template), awkward.clone()),
        (file("1.0", template), json!({"title": "one", "items": [{"label": "a"}]})),
        (file("1.0", template), json!({"items": [{"label": "a"}]})),
        (file("1.0", template), json!({"title": "t", "items": [{}]})),
        (file("2.0", template), awkward),
        (file("1.0", "{{ title"), json!({})),
        (file("1.0", "no JSON"), json!({})),
        (file("1.0", r#"{"type":"Text","value":"x"}"#), json!({})),
    ] {
        let theirs =
            oracle::ask(&json!({"ask": "template", "definition": definition, "data": data}));
        let built = WidgetTemplate::parse(&definition.to_string()).and_then(|it| it.build(&data));
        match built {
            Ok(WidgetRoot(widget)) => assert_eq!(widget, theirs["widget"], "{definition} {data}"),
            Err(error) => assert!(theirs["raised"].is_string(), "{error}: {definition} {data}"),
        }
    }
}
