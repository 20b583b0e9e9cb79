use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::agent::model::{File, FileContent, ToolSpec};

fn request(sentence: &str, after: Vec<Message>) -> ModelRequest {
    let spec = |name: &str| ToolSpec {
        name: name.to_owned(),
        own_name: name.to_owned(),
        description: String::new(),
        parameters: json!({}),
        read_only: name == "list_tasks",
        destructive: false,
    };
    let tools = ["add_task", "complete_task", "delete_task", "list_tasks", "update_task"];
    let mut messages =
        vec![Message::User("delete 9".to_owned()), Message::User(sentence.to_owned())];
    messages.extend(after);
    ModelRequest {
        turn_id: "t".to_owned(),
        system: String::new(),
        messages,
        tools: Arc::new(tools.map(spec)),
    }
}

async fn events(request: ModelRequest) -> Vec<ModelEvent> {
    Offline.stream(request).map(|event| event.expect("it cannot fail")).collect().await
}

fn calls_of(events: &[ModelEvent]) -> Vec<(&str, &str)> {
    let calls = events.iter().filter_map(|event| match event {
        ModelEvent::ToolCall(call) => Some((call.name.as_str(), call.arguments.as_str())),
        _ => None,
    });
    calls.collect()
}

fn text_of(events: &[ModelEvent]) -> String {
    let pieces = events.iter().filter_map(|event| match event {
        ModelEvent::TextDelta(piece) => Some(piece.as_str()),
        _ => None,
    });
    pieces.collect()
}

/// The answer when the calls of `sentence` had these results, each an error or not.
async fn answer(sentence: &str, results: &[(&str, bool)]) -> String {
    let asked = events(request(sentence, Vec::new())).await;
    let calls = asked.into_iter().filter_map(|event| match event {
        ModelEvent::ToolCall(call) => Some(call),
        _ => None,
    });
    let calls: Vec<ToolCall> = calls.collect();
    assert_eq!(calls.len(), results.len(), "{calls:?}");
    let told = calls.iter().zip(results).map(|(call, (content, is_error))| Message::Tool {
        call_id: call.id.clone(),
        content: (*content).to_owned(),
        is_error: *is_error,
    });
    let told: Vec<Message> = told.collect();
    let assistant = Message::Assistant { text: String::new(), calls, raw: Vec::new() };
    let after = [assistant].into_iter().chain(told).collect();
    text_of(&events(request(sentence, after)).await)
}

const PREP: &str = r#"{"id":"tsk_3","number":3,"title":"Meeting prep","completed":false}"#;
const GROCERIES: &str = r#"{"id":"tsk_1","number":1,"title":"Buy groceries","completed":true}"#;

#[tokio::test]
async fn the_calls_come_in_one_round_and_in_order() {
    let sentence = "Add a meeting prep task, mark my grocery task as done, and show me what's left";
    let events = events(request(sentence, Vec::new())).await;
    let expected = [
        ("add_task", r#"{"title":"Meeting prep"}"#),
        ("complete_task", r#"{"task_id":"grocery"}"#),
        ("list_tasks", r#"{"status":"open"}"#),
    ];
    assert_eq!(calls_of(&events), expected);
    assert!(matches!(events.last(), Some(ModelEvent::Done { .. })));
    assert_eq!(text_of(&events), "");
}

#[tokio::test]
async fn the_answer_names_what_was_done() {
    let sentence = "Add a meeting prep task, mark my grocery task as done, and show me what's left";
    let list = format!(r#"{{"tasks":[{PREP}]}}"#);
    let said = answer(sentence, &[(PREP, false), (GROCERIES, false), (&list, false)]).await;
    let expected = "Added “Meeting prep” (#3). Marked “Buy groceries” (#1) as done.\n\n\
                    **Left to do** (1)\n\n- #3 Meeting prep";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn it_is_streamed_word_by_word() {
    let events = events(request("thanks", Vec::new())).await;
    let pieces: Vec<ModelEvent> =
        ["You", " are", " welcome."].map(|piece| ModelEvent::TextDelta(piece.to_owned())).into();
    assert_eq!(events[..3], pieces);
}

#[tokio::test]
async fn what_was_understood_is_done_and_the_rest_is_said() {
    let said = answer("tell me a joke, add a meeting prep task", &[(PREP, false)]).await;
    let expected = "Added “Meeting prep” (#3). I did not understand “tell me a joke”, so I left \
                    that out. Say “help” for examples.";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn what_is_not_understood_is_answered_with_examples_and_the_truth() {
    let said = answer("sing *loudly*", &[]).await;
    assert!(
        said.starts_with("I did not understand “sing \\*loudly\\*”. I am the offline"),
        "{said}"
    );
    assert!(said.contains("no language model is configured"));
    assert!(said.contains("- add buy milk"));
    assert!(answer("", &[]).await.starts_with("I did not understand that."));
}

#[tokio::test]
async fn two_matches_are_asked_back_with_their_numbers() {
    let error = "2 tasks match:\n1: Buy groceries (open)\n4: Sort groceries (completed)\nCall again \
                 with the number of the right one, or ask the user which is meant.";
    let said = answer("mark my grocery task as done", &[(error, true)]).await;
    let expected = "Several tasks fit “grocery”. Which one do you mean?\n\n- #1 Buy groceries\n\
                    - #4 Sort groceries (done)\n\nSay its number, like: done 1";
    assert_eq!(said, expected);
    let said = answer("rename grocery to shop", &[(error, true)]).await;
    assert!(said.ends_with("like: rename 1 to Shop"), "{said}");
}

#[tokio::test]
async fn refusals_are_put_in_words() {
    let unknown = "There is no such task. Call list_tasks to see the tasks, and name one by its \
                   number.";
    let said = answer("delete milk", &[(unknown, true)]).await;
    assert_eq!(said, "I found no task like “milk”. Say “list” to see them all.");
    let said = answer("delete 9", &[(unknown, true)]).await;
    assert_eq!(said, "I found no task with the number 9. Say “list” to see them all.");
    let invalid = "A title has at most 255 characters. Correct it and call again.";
    let said = answer("add x", &[(invalid, true)]).await;
    assert_eq!(said, "That did not work: A title has at most 255 characters.");
}

#[tokio::test]
async fn lists_tell_open_from_done_and_say_when_there_is_nothing() {
    let both = format!(r#"{{"tasks":[{PREP},{GROCERIES}],"next_cursor":"x"}}"#);
    let said = answer("list", &[(&both, false)]).await;
    let expected = "**Left to do** (1)\n\n- #3 Meeting prep\n\n**Done** (1)\n\n- #1 Buy groceries\
                    \n\nThere are more; the tasks page shows them all.";
    assert_eq!(said, expected);
    for (sentence, expected) in [
        ("list", "You have no tasks yet. Try: add buy milk."),
        ("what's left", "Nothing is left to do."),
        ("show completed tasks", "No task is done yet."),
        ("find milk", "No task matches “milk”."),
    ] {
        assert_eq!(answer(sentence, &[(r#"{"tasks":[]}"#, false)]).await, expected);
    }
}

#[tokio::test]
async fn other_changes_are_named_too() {
    let task = &[(PREP, false)];
    assert_eq!(answer("delete 3", task).await, "Deleted “Meeting prep” (#3).");
    let said = answer("rename prep to meeting prep", task).await;
    assert_eq!(said, "Renamed “prep” to “Meeting prep” (#3).");
    let said = answer("change the description of 3 to slides", task).await;
    assert_eq!(said, "Changed the description of “Meeting prep” (#3).");
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_not_called() {
    let request = ModelRequest { tools: Arc::new([]), ..request("add milk", Vec::new()) };
    let events = events(request).await;
    assert_eq!(calls_of(&events), []);
    assert!(text_of(&events).contains("cannot be done here"));
}

#[tokio::test]
async fn files_are_not_read_and_the_command_beside_them_is_done() {
    let file = Message::File(File {
        name: "orders.txt".to_owned(),
        mime_type: "text/plain".to_owned(),
        content: FileContent::Text { text: "delete 9".into(), cut: false },
    });
    let asked = events(request("list", vec![file.clone()])).await;
    assert_eq!(calls_of(&asked)[0].0, "list_tasks");
    let alone = events(request(" ", vec![file])).await;
    assert_eq!((text_of(&alone).as_str(), calls_of(&alone).len()), (UNREAD, 0));
}
