//! Bytes in and out.

use serde_json::{Value, json};

use crate::differences::Difference::{self, EarlyRefusal, GivenDefaults};
use crate::script::{
    Case, added, card, create, delta, done, get, hang, input, message, op, say, widget,
};

/// What every text has to survive.
const AWKWARD: &str = "line\nline \"quoted\" <b>&amp;</b> 😀 \u{2028}\u{2029} \u{7f} \\n é";

#[tokio::test]
async fn case_01_a_turn_is_lines_of_data_and_nothing_else() {
    let case = Case::new().ask(create("hi")).respond([done(message("m", "Hello"))]);
    assert_eq!(case.agrees().await.events(0).len(), 4);
}

#[tokio::test]
async fn case_02_awkward_characters_survive() {
    let script = [added(message("m", "")), delta("m", 0, AWKWARD), done(message("m", AWKWARD))];
    let played = Case::new().ask(create(AWKWARD)).respond(script).agrees().await;
    assert_eq!(played.events(0)[1]["item"]["content"][0]["text"], AWKWARD);
    assert_eq!(played.items(0)[1]["content"][0]["text"], AWKWARD);
}

#[tokio::test]
async fn case_03_a_plain_operation_is_one_json_value() {
    let played = Case::new().thread("t", [message("m", "Hello")]).ask(get("t")).agrees().await;
    assert_eq!(played.json(0)["items"]["data"][0]["id"], "m");
}

/// Requests that are all refused with 400, where the reference answers 500.
async fn refused(reason: Difference, bodies: impl IntoIterator<Item = String>) {
    for body in bodies {
        let case = Case::new().thread("t", [widget("w", card("hi"))]).send(&body);
        let played = case.differs(&[("answer 0", reason)]).await;
        assert_eq!(played.refused(0).0, 400, "{body}");
    }
}

#[tokio::test]
async fn case_04_what_is_no_json_object_is_refused() {
    let bodies = ["", "{", "[]", "null", "1", "\"threads.list\"", "{} {}", "\u{feff}{}"];
    refused(EarlyRefusal, bodies.map(str::to_owned)).await;
}

#[tokio::test]
async fn case_05_an_unknown_operation_is_refused() {
    let names = ["attachments.get_preview", "threads.stop", "THREADS.LIST", ""];
    let requests = names.map(|name| op(name, json!({"thread_id": "t"})).to_string());
    refused(EarlyRefusal, requests).await;
    refused(
        EarlyRefusal,
        [json!({"params": {}}), json!({"type": 5, "params": {}})].map(|it| it.to_string()),
    )
    .await;
}

/// Every operation, with everything that it needs and nothing else.
fn least() -> Vec<(&'static str, Value)> {
    let input = json!({"content": [{"type": "input_text", "text": "hi"}]});
    let action = json!({"thread_id": "t", "action": {"type": "go"}});
    vec![
        ("threads.create", json!({"input": input})),
        ("threads.add_user_message", json!({"thread_id": "t", "input": input})),
        ("threads.add_client_tool_output", json!({"thread_id": "t", "result": 1})),
        ("threads.add_structured_input", json!({"thread_id": "t", "item_id": "s", "input": {}})),
        ("threads.retry_after_item", json!({"thread_id": "t", "item_id": "m"})),
        ("threads.get_by_id", json!({"thread_id": "t"})),
        ("threads.update", json!({"thread_id": "t", "title": "New"})),
        ("threads.delete", json!({"thread_id": "t"})),
        ("items.list", json!({"thread_id": "t"})),
        ("items.feedback", json!({"thread_id": "t", "item_ids": [], "kind": "positive"})),
        ("attachments.create", json!({"name": "a", "size": 1, "mime_type": "text/plain"})),
        ("attachments.delete", json!({"attachment_id": "a"})),
        ("input.transcribe", json!({"audio_base64": "AAAA", "mime_type": "audio/webm"})),
        ("threads.custom_action", action.clone()),
        ("threads.sync_custom_action", action),
    ]
}

#[tokio::test]
async fn case_06_no_operation_goes_on_without_what_it_needs() {
    let mut bodies = Vec::new();
    for (name, params) in least() {
        for field in params.as_object().unwrap().keys() {
            let mut less = params.clone();
            less.as_object_mut().unwrap().remove(field);
            bodies.push(op(name, less).to_string());
            let mut null = params.clone();
            null[field] = Value::Null;
            // A result may be null.
            if field != "result" {
                bodies.push(op(name, null).to_string());
            }
        }
        bodies.push(json!({"type": name}).to_string());
        bodies.push(op(name, json!([])).to_string());
    }
    refused(EarlyRefusal, bodies).await;
}

#[tokio::test]
async fn case_07_unknown_keys_mean_nothing() {
    let mut input = input("hi");
    input["more"] = json!({"of": ["it"]});
    input["content"][0]["more"] = true.into();
    input["inference_options"]["more"] = 1.into();
    let request = json!({
        "type": "threads.create", "params": {"input": input, "more": null},
        "metadata": {"of": "the application"}, "more": [],
    });
    Case::new().ask(request).agrees().await;
    let without =
        |metadata: Value| json!({"type": "threads.list", "params": {}, "metadata": metadata});
    let case = Case::new().ask(without(json!(null))).ask(without(json!("text")));
    let played = case.differs(&[("answer 0", GivenDefaults), ("answer 1", EarlyRefusal)]).await;
    assert_eq!(played.json(0)["data"], json!([]));
    assert_eq!(played.refused(1).0, 400);
}

#[tokio::test]
async fn case_08_integers_may_be_written_as_text_or_with_a_zero_fraction() {
    let list = |limit: Value| op("threads.list", json!({"limit": limit}));
    let threads = (0..7).fold(Case::new(), |case, n| case.thread(&format!("t{n}"), []));
    let played = threads
        .ask(list(json!("5")))
        .ask(list(json!(5.0)))
        .ask(list(json!(1.5)))
        .ask(list(json!("5.5")))
        .ask(list(json!("five")))
        .ask(list(json!("5__0")))
        .ask(list(json!("5.00")))
        .ask(list(json!("0_5")))
        .differs(&[
            ("answer 2", EarlyRefusal),
            ("answer 3", EarlyRefusal),
            ("answer 4", EarlyRefusal),
            ("answer 5", EarlyRefusal),
        ])
        .await;
    for answer in [0, 6, 7] {
        assert_eq!(played.json(answer)["data"].as_array().unwrap().len(), 5);
    }
    assert_eq!(played.refused(2).0, 400);
}

#[tokio::test]
async fn case_10_the_first_events_leave_before_the_application_answers() {
    let case = Case::new().thread("t", []).ask(say("t", "hi")).respond([hang()]);
    let played = case.agrees().await;
    assert_eq!(played.kinds(0), ["thread.item.done", "stream_options"]);
}
