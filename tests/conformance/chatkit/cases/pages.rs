//! Pages of items.

use serde_json::{Value, json};

use crate::differences::Difference::{EarlyRefusal, HiddenBeforeCut};
use crate::script::{Case, done, emit, hidden, item, message, op, say};

fn list(params: Value) -> Value {
    let mut all = json!({"thread_id": "t"});
    all.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
    op("items.list", all)
}

fn messages(count: usize) -> impl Iterator<Item = Value> {
    (0..count).map(|n| message(&format!("m{n}"), "x"))
}

#[tokio::test]
async fn case_27_every_way_of_paging_shows_everything_once_and_in_order() {
    for limit in [1, 2, 3, 7, 24, 25, 26, 9_999] {
        for order in ["asc", "desc"] {
            let mut seen: Vec<String> = Vec::new();
            let mut after = Value::Null;
            loop {
                let page = list(json!({"limit": limit, "order": order, "after": after}));
                let played = Case::new().thread("t", messages(25)).ask(page).agrees().await;
                let page = played.json(0);
                seen.extend(
                    page["data"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|it| it["id"].as_str().unwrap().to_owned()),
                );
                if page["has_more"] == false {
                    break;
                }
                after = page["after"].clone();
            }
            let mut expected: Vec<_> = (0..25).map(|n| format!("m{n}")).collect();
            if order == "desc" {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{limit} {order}");
        }
    }
}

#[tokio::test]
async fn case_28_hidden_items_make_no_page_short_or_empty() {
    let items = || {
        (0..25).map(|n| match n {
            5..=9 | 19 => hidden(&format!("h{n}")),
            n => message(&format!("m{n}"), "x"),
        })
    };
    let case = Case::new()
        .thread("t", items())
        .ask(list(json!({"order": "asc", "limit": 6})))
        .ask(list(json!({"order": "asc", "limit": 3, "after": "m4"})))
        .ask(list(json!({"order": "asc", "limit": 1, "after": "m18"})))
        .ask(list(json!({"order": "asc", "after": "m24"})))
        .ask(list(json!({})));
    let places = ["answer 0", "answer 1", "answer 2", "answer 4"];
    let played = case.differs(&places.map(|place| (place, HiddenBeforeCut))).await;
    for (step, first) in [(0, "m0"), (1, "m10"), (2, "m20"), (4, "m24")] {
        assert_eq!(played.json(step)["data"][0]["id"], first);
    }
}

#[tokio::test]
async fn case_29_items_of_the_same_moment_are_all_shown() {
    // All of a script's items have one time; the walk is checked in every case.
    let played =
        Case::new().thread("t", messages(50)).ask(list(json!({"limit": 50}))).agrees().await;
    let times: std::collections::HashSet<_> =
        played.items(0).iter().map(|item| item["created_at"].as_str().unwrap()).collect();
    assert_eq!(times.len(), 1);
}

#[tokio::test]
async fn case_30_an_unknown_cursor_is_refused() {
    let case = Case::new()
        .thread("t", messages(3))
        .ask(list(json!({"after": "nowhere"})))
        .ask(op("threads.list", json!({"after": "nowhere"})));
    let played = case.differs(&["answer 0", "answer 1"].map(|place| (place, EarlyRefusal))).await;
    assert_eq!(played.refused(0), (400, "unknown_cursor"));
    assert_eq!(played.refused(1), (400, "unknown_cursor"));
}

#[tokio::test]
async fn case_32_nulls_stay_in_free_form_values_and_nowhere_else() {
    let free = json!({"a": null, "b": [1, null, {"c": null}]});
    let call = json!({"status": "pending", "call_id": "c", "name": "n", "arguments": free});
    let entity = json!({"type": "entity", "id": "e", "title": "E", "data": free, "icon": null, "label": null});
    let content = json!([{"type": "output_text", "text": "x", "annotations": [
        {"type": "annotation", "source": entity, "index": null},
    ]}]);
    let script = [
        done(item("assistant_message", "m", json!({"content": content}))),
        done(item("hidden_context_item", "h", json!({"content": free}))),
        emit(json!({"type": "client_effect", "name": "toast", "data": free})),
        emit(json!({"type": "progress_update", "text": "…", "icon": null})),
        done(item("generated_image", "g", json!({"image": null}))),
        done(item("client_tool_call", "tool", call)),
    ];
    let output = json!({"thread_id": "t", "result": free});
    let case = Case::new()
        .thread("t", [])
        .ask(say("t", "hi"))
        .respond(script)
        .ask(op("threads.add_client_tool_output", output));
    let played = case.agrees().await;
    let call = played.items(0).last().unwrap();
    assert_eq!((&call["arguments"], &call["output"]), (&free, &free));
    let text = played.answers[0].to_string();
    assert!(!text.contains(r#""icon":null"#) && !text.contains(r#""image":null"#));
}
