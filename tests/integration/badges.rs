//! What the badge of a tool call shows of its arguments, where an operator wants less of it shown and kept.

use std::slice::from_ref;

use serde_json::{Value, json};
use todochat_tests::{
    TestDatabase,
    house::{House, Resident},
};

const SENTENCE: &str = "Add a task called 'Meeting prep'";

/// What the badges of the first workflow in there show.
fn shown(items: &[Value]) -> Vec<Value> {
    let workflow = items.iter().find(|item| item["type"] == "workflow").unwrap();
    let tasks = workflow["workflow"]["tasks"].as_array().unwrap();
    let content = |task: &Value| task["content"].as_str().map(str::to_owned);
    let read = |text: String| serde_json::from_str(&text).unwrap();
    tasks.iter().map(|task| content(task).map_or(Value::Null, read)).collect()
}

/// That badges show this and no more: while the tool runs, when it is done, in what is kept, and in the plain answer.
async fn badges_show(flags: &[&str], expected: Value) {
    let house = House::with(TestDatabase::sqlite().await, flags).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.say(SENTENCE).await;
    for event in answer.events().iter().filter(|event| event["item"]["type"] == "workflow") {
        assert_eq!(shown(from_ref(&event["item"])), from_ref(&expected), "{flags:?}");
    }
    assert_eq!(shown(&kept(&ann).await), from_ref(&expected), "{flags:?}");
    let plain = ann.post("/api/chat", json!({"message": SENTENCE})).await.json();
    let told = if expected.is_null() { json!({}) } else { expected };
    assert_eq!(plain["tool_calls"], json!([{"tool": "add_task", "arguments": told}]), "{flags:?}");
    let tasks = ann.get("/api/tasks").await.json();
    assert_eq!(tasks["tasks"][0]["title"], "Meeting prep", "the tool was told all of it");
}

/// The items of somebody's only conversation.
async fn kept(ann: &Resident) -> Vec<Value> {
    let listed = ann.chatkit("threads.list", json!({})).await;
    let params = json!({"thread_id": listed.text("/data/0/id")});
    let thread = ann.chatkit("threads.get_by_id", params).await.json();
    thread["items"]["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_badge_shows_all_arguments_unless_it_is_told_otherwise() {
    badges_show(&[], json!({"title": "Meeting prep"})).await;
}

#[tokio::test]
async fn a_badge_shows_the_names_of_arguments_only() {
    badges_show(&["--badge-arguments", "names"], json!({"title": "…"})).await;
}

#[tokio::test]
async fn a_badge_shows_no_arguments() {
    badges_show(&["--badge-arguments", "none"], Value::Null).await;
}

#[tokio::test]
async fn a_badge_shows_the_beginning_of_long_texts() {
    badges_show(&["--badge-text-length", "4"], json!({"title": "Meet…"})).await;
}
