//! Clients that hang up, when that ends the turn. What goes on without a client is proved in crates/chatkit/src/turn/tests.

use serde_json::{Value, json};

use crate::differences::Difference::WorkflowsKept;
use crate::script::{
    Case, added, card, create, delta, done, hang, item, message, task, task_updated, widget,
    workflow,
};

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn case_64_text_that_was_sent_is_kept_with_a_note() {
    let script = [
        added(message("m", "")),
        delta("m", 0, "w0 w1 "),
        added(widget("w", card("half"))),
        added(item("generated_image", "g", json!({}))),
        delta("m", 0, "w2"),
        hang(),
    ];
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    assert_eq!(kinds(played.items(0)), ["user_message", "assistant_message", "sdk_hidden_context"]);
    assert_eq!(played.items(0)[1]["content"][0]["text"], "w0 w1 w2");
}

#[tokio::test]
async fn case_65_a_message_without_words_is_not_kept() {
    for script in [
        vec![hang()],
        vec![added(message("m", "")), hang()],
        vec![added(message("m", "")), delta("m", 0, " \n"), hang()],
    ] {
        let played = Case::new().ask(create("hi")).respond(script).agrees().await;
        assert_eq!(kinds(played.items(0)), ["user_message", "sdk_hidden_context"]);
    }
}

#[tokio::test]
async fn case_66_an_open_workflow_is_closed_and_kept() {
    let open = workflow("w", [task("one", "loading"), task("two", "loading")]);
    let script = [added(open), task_updated("w", 0, task("one", "complete")), hang()];
    let case = Case::new().ask(create("hi")).respond(script);
    let places = ["writes 0", "state"].map(|place| (place, WorkflowsKept));
    let played = case.differs(&places).await;
    assert_eq!(kinds(played.items(0)), ["user_message", "workflow", "sdk_hidden_context"]);
    let tasks = &played.items(0)[1]["workflow"]["tasks"];
    assert_eq!(tasks[0], task("one", "complete"));
    assert_eq!(tasks[1]["status_indicator"], "complete");
}

#[tokio::test]
async fn case_67_what_was_done_is_not_kept_twice() {
    let script = [added(message("m", "")), delta("m", 0, "all"), done(message("m", "all")), hang()];
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    assert_eq!(kinds(played.items(0)), ["user_message", "assistant_message", "sdk_hidden_context"]);
}
