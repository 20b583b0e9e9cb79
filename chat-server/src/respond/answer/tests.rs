//! What a client is sent for what the agent does, event by event.

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::config::BadgeArguments;

const ALL: BadgeArgs = BadgeArgs { arguments: BadgeArguments::All, text_length: None };

/// Everything that is sent for these events and the end, as JSON.
fn sent(events: impl IntoIterator<Item = AgentEvent>) -> Vec<Value> {
    sent_with(ALL, events)
}

fn sent_with(shown: BadgeArgs, events: impl IntoIterator<Item = AgentEvent>) -> Vec<Value> {
    let clock = Clock::fixed(DateTime::UNIX_EPOCH);
    let mut answer = Answer::new(clock, Ids::sequence(), "thr_1".to_owned(), shown);
    let mut sent = Vec::new();
    events.into_iter().for_each(|event| answer.take(event, &mut sent));
    sent.extend(answer.finish());
    sent.iter().map(|event| serde_json::to_value(event).unwrap()).collect()
}

fn says(text: &str) -> AgentEvent {
    AgentEvent::TextDelta(text.to_owned())
}

fn starts(index: usize, name: &str) -> AgentEvent {
    let call = ToolCall {
        id: format!("call_{index}"),
        name: name.to_owned(),
        arguments: json!({"title": "Milk"}).to_string(),
    };
    AgentEvent::ToolStarted { index, call }
}

fn ends(index: usize, is_error: bool, changed: &[&str]) -> AgentEvent {
    AgentEvent::ToolFinished {
        index,
        call_id: format!("call_{index}"),
        is_error,
        summary: "a summary".to_owned(),
        changed: changed.iter().map(|&id| id.to_owned()).collect(),
        took: Duration::ZERO,
    }
}

/// The types of events, with that of their update or item.
fn kinds(sent: &[Value]) -> Vec<String> {
    let kind = |event: &Value| {
        let inner = [&event["update"]["type"], &event["item"]["type"]];
        let inner = inner.into_iter().find_map(Value::as_str).unwrap_or_default();
        let outer = event["type"].as_str().unwrap_or_default();
        let short = inner.rsplit_once("content_part.").map_or(inner, |(_, short)| short);
        format!("{} {short}", outer.trim_start_matches("thread.item.")).trim_end().to_owned()
    };
    sent.iter().map(kind).collect()
}

#[test]
fn text_is_one_message_that_is_done_at_the_end() {
    let sent = sent([says("Hello"), says(" there")]);
    assert_eq!(
        kinds(&sent),
        [
            "added assistant_message",
            "updated added",
            "updated text_delta",
            "updated text_delta",
            "updated done",
            "done assistant_message",
        ]
    );
    assert_eq!(sent[5]["item"]["content"][0]["text"], "Hello there");
    assert_eq!(sent[0]["item"]["id"], sent[5]["item"]["id"]);
}

#[test]
fn the_badges_are_done_when_text_begins() {
    let sent = sent([
        starts(0, "add_task"),
        ends(0, false, &["tsk_1"]),
        says("Added."),
        AgentEvent::TextDone,
    ]);
    assert_eq!(
        kinds(&sent),
        [
            "added workflow",
            "updated workflow.task.updated",
            "client_effect",
            "done workflow",
            "added assistant_message",
            "updated added",
            "updated text_delta",
            "updated done",
            "done assistant_message",
        ]
    );
    assert_eq!(sent[2]["data"], json!({"ids": ["tsk_1"]}));
    let task = &sent[3]["item"]["workflow"]["tasks"][0];
    assert_eq!(
        (&task["title"], &task["content"]),
        (&json!("add_task"), &json!(r#"{"title":"Milk"}"#))
    );
}

#[test]
fn a_call_after_text_replaces_the_one_workflow_of_the_turn() {
    let sent = sent([
        starts(0, "list_tasks"),
        ends(0, false, &[]),
        says("Let me add it."),
        AgentEvent::TextDone,
        starts(1, "add_task"),
        ends(1, false, &["tsk_1"]),
    ]);
    let replaced: Vec<&Value> =
        sent.iter().filter(|event| event["type"] == "thread.item.replaced").collect();
    assert_eq!(replaced.len(), 2, "{:?}", kinds(&sent));
    for event in &replaced {
        assert_eq!(event["item"]["id"], sent[0]["item"]["id"]);
        assert_eq!(event["item"]["workflow"]["summary"]["title"], "Used 2 tools");
    }
    let statuses =
        |event: &Value| event["item"]["workflow"]["tasks"][1]["status_indicator"].clone();
    assert_eq!([statuses(replaced[0]), statuses(replaced[1])], ["loading", "complete"]);
}

#[test]
fn a_failed_call_says_so_by_its_icon_and_keeps_its_name() {
    let sent = sent([starts(0, "complete_task"), ends(0, true, &[])]);
    assert_eq!(kinds(&sent), ["added workflow", "updated workflow.task.updated", "done workflow"]);
    let task = &sent[2]["item"]["workflow"]["tasks"][0];
    assert_eq!(
        (&task["title"], &task["icon"]),
        (&json!("complete_task"), &json!("lucide:circle-x"))
    );
}

#[test]
fn calls_that_end_in_another_order_keep_their_places() {
    let sent = sent([
        starts(0, "list_tasks"),
        starts(1, "list_tasks"),
        ends(1, false, &[]),
        ends(0, true, &[]),
    ]);
    assert_eq!([&sent[2]["update"]["task_index"], &sent[3]["update"]["task_index"]], [1, 0]);
    let tasks = &sent[4]["item"]["workflow"]["tasks"];
    assert_eq!([&tasks[0]["icon"], &tasks[1]["icon"]], ["lucide:circle-x", "bolt"]);
}

#[test]
fn no_event_tells_more_of_a_call_than_its_badge_may_show() {
    for arguments in [BadgeArguments::Names, BadgeArguments::None] {
        let sent = sent_with(
            BadgeArgs { arguments, ..ALL },
            [
                starts(0, "add_task"),
                ends(0, false, &["tsk_1"]),
                says("Done."),
                starts(1, "add_task"),
                ends(1, true, &[]),
            ],
        );
        assert!(!json!(sent).to_string().contains("Milk"), "{sent:?}");
        let tasks = &sent.last().unwrap()["item"]["workflow"]["tasks"];
        assert_eq!([&tasks[0]["title"], &tasks[1]["title"]], ["add_task", "add_task"]);
    }
}

#[test]
fn an_answer_without_anything_sends_nothing() {
    assert!(sent([]).is_empty());
}
