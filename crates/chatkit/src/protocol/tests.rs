//! What the reference server was seen to send, read and written again; and what is never written.

#![expect(clippy::needless_pass_by_value, reason = "samples are written where they are used")]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

/// A time with a `Z`, in the samples that were captured with shortened times.
const T: &str = "2026-11-21T02:12:29.656103Z";

/// Reads a value and writes it again: it must be the same.
fn survives<W: Serialize + DeserializeOwned + Debug>(sample: &Value) -> W {
    let read: W = serde_json::from_value(sample.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&read).unwrap(), sample);
    read
}

fn event(sample: Value) -> ThreadStreamEvent {
    let event = survives(&sample);
    // What is written as text is read again too, with numbers as they come from text.
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<ThreadStreamEvent>(&text).unwrap(), event);
    event
}

fn done(item: &Value) {
    event(json!({"type": "thread.item.done", "item": item}));
    let read = ThreadItem::from_json(&item.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), *item);
    assert_eq!(item["type"], read.kind());
    assert_eq!(item["id"], read.id());
    assert_eq!(item["thread_id"], read.thread_id());
}

fn update(update: Value) {
    event(json!({"type": "thread.item.updated", "item_id": "msg_1", "update": update}));
}

/// An item of this kind with these fields.
fn item(kind: &str, fields: Value) -> Value {
    let mut item = json!({"id": "i_1", "thread_id": "thr_1", "created_at": T, "type": kind});
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    item.as_object_mut().unwrap().extend(fields);
    item
}

#[test]
fn conversations_survive() {
    let items = json!({"data": [], "has_more": false});
    for (status, extra) in [
        (json!({"type": "active"}), json!({})),
        (json!({"type": "locked", "reason": "mod"}), json!({"allowed_image_domains": ["a.com"]})),
        (json!({"type": "locked"}), json!({"title": ""})),
        (json!({"type": "closed", "reason": "done"}), json!({"title": "New"})),
    ] {
        let mut thread = json!({"id": "thr_1", "created_at": T, "status": status, "metadata": {}, "items": items});
        thread.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        event(json!({"type": "thread.created", "thread": thread}));
        event(json!({"type": "thread.updated", "thread": thread}));
        survives::<Thread>(&thread);
    }
}

#[test]
fn pages_survive() {
    let message = item("assistant_message", json!({"content": []}));
    survives::<Page<ThreadItem>>(&json!({"data": [message], "has_more": true, "after": "i_1"}));
    survives::<Page<Thread>>(&json!({"data": [], "has_more": false}));
}

#[test]
fn messages_survive() {
    done(&item(
        "user_message",
        json!({
            "content": [{"type": "input_text", "text": "hi \u{2028} <&>\"\n🦀"}],
            "attachments": [], "quoted_text": "", "inference_options": {},
        }),
    ));
    done(&item(
        "user_message",
        json!({
            "content": [{"type": "input_tag", "id": "e", "text": "Ann", "data": {"k": null}, "group": "g", "interactive": true}],
            "attachments": [
                {"type": "file", "id": "atc_1", "name": "a.txt", "mime_type": "text/plain", "thread_id": "thr_1"},
                {"type": "image", "id": "atc_img", "name": "a.png", "mime_type": "image/png", "preview_url": "http://localhost:8123/p/atc_img",
                 "upload_descriptor": {"url": "http://localhost:8123/upload/atc_1", "method": "PUT", "headers": {"x-token": "t"}}},
            ],
            "inference_options": {"tool_choice": {"id": "search"}, "model": "m"},
        }),
    ));
    done(&item(
        "assistant_message",
        json!({"content": [{
            "type": "output_text", "text": "Hello",
            "annotations": [
                {"type": "annotation", "source": {"title": "E", "type": "entity", "id": "e1", "icon": "user", "interactive": true, "data": {"k": null, "n": 1.0}}, "index": 0},
                {"type": "annotation", "source": {"title": "F", "type": "file", "filename": "f.txt", "description": "d"}},
                {"type": "annotation", "source": {"title": "U", "type": "url", "url": "https://e.x/", "attribution": "a", "timestamp": "t", "group": "g"}, "index": 3},
            ],
        }]}),
    ));
}

#[test]
fn items_of_every_other_kind_survive() {
    done(&item(
        "client_tool_call",
        json!({"status": "pending", "call_id": "call_1", "name": "get_sel", "arguments": {"a": 1, "n": null}}),
    ));
    done(&item(
        "client_tool_call",
        json!({"status": "completed", "call_id": "call_1", "name": "get_sel", "arguments": {}, "output": {"nodes": [null]}}),
    ));
    done(&item(
        "widget",
        json!({
            "widget": {"type": "Card", "border": 1, "children": [{"id": "t", "type": "Text", "value": "hi"}], "size": "sm"},
            "copy_text": "copy",
        }),
    ));
    done(&item("generated_image", json!({})));
    done(&item(
        "generated_image",
        json!({"image": {"id": "img", "url": "data:image/png;base64,"}}),
    ));
    done(&item(
        "structured_input",
        json!({"status": "answered", "inputs": [
            {"id": "p", "question": "Priority?", "answer": {"values": ["High"], "skipped": false}, "type": "multiple_choice", "options": [{"value": "Low"}, {"value": "High"}], "multiple": false},
            {"id": "n", "question": "Notes?", "answer": {"values": [], "skipped": true}, "type": "freeform", "description": "opt"},
        ]}),
    ));
    done(&item(
        "task",
        json!({"task": {"status_indicator": "none", "type": "custom", "title": "Did it", "icon": "check", "content": "c"}}),
    ));
    done(&item("end_of_turn", json!({})));
    done(&item("hidden_context_item", json!({"content": {"deep": [null, 1.5]}})));
    done(&item("sdk_hidden_context", json!({"content": "The user cancelled the stream."})));
}

#[test]
fn workflows_and_all_kinds_of_tasks_survive() {
    for summary in [
        json!({"duration": 0}),
        json!({"title": "Used 2 tools", "icon": "bolt"}),
        json!({"title": "Done"}),
    ] {
        done(&item(
            "workflow",
            json!({"workflow": {"type": "custom", "tasks": [], "summary": summary, "expanded": false}}),
        ));
    }
    done(&item(
        "workflow",
        json!({"workflow": {"type": "reasoning", "expanded": true, "tasks": [
            {"type": "thought", "status_indicator": "none", "content": "**Think"},
            {"type": "web_search", "status_indicator": "loading", "title_query": "q", "queries": ["q"], "sources": [{"type": "url", "title": "U", "url": "https://e.x/"}]},
            {"type": "file", "status_indicator": "complete", "title": "Read", "sources": []},
            {"type": "image", "status_indicator": "complete"},
            {"type": "custom", "status_indicator": "complete", "title": "badge(rust)", "icon": "bolt", "content": "3 results"},
        ]}}),
    ));
}

#[test]
fn updates_of_every_kind_survive() {
    let content = json!({"annotations": [], "text": "", "type": "output_text"});
    let annotation = json!({"type": "annotation", "source": {"title": "T", "type": "url", "url": "https://e.x/"}, "index": 3});
    let task = json!({"status_indicator": "loading", "type": "custom", "title": "search · docs", "icon": "search"});
    let message = "assistant_message.content_part";
    update(json!({"type": format!("{message}.added"), "content_index": 0, "content": content}));
    update(json!({"type": format!("{message}.text_delta"), "content_index": 0, "delta": "Hel"}));
    update(
        json!({"type": format!("{message}.annotation_added"), "content_index": 0, "annotation_index": 0, "annotation": annotation}),
    );
    update(json!({"type": format!("{message}.done"), "content_index": 0, "content": content}));
    update(
        json!({"type": "widget.streaming_text.value_delta", "component_id": "m", "delta": "He", "done": false}),
    );
    update(
        json!({"type": "widget.component.updated", "component_id": "m", "component": {"type": "Text"}}),
    );
    update(
        json!({"type": "widget.root.updated", "widget": {"type": "Card", "children": [{"id": "m", "streaming": false}]}}),
    );
    update(json!({"type": "workflow.task.added", "task_index": 1, "task": task}));
    update(json!({"type": "workflow.task.updated", "task_index": 0, "task": task}));
    update(
        json!({"type": "generated_image.updated", "image": {"id": "i", "url": "u"}, "progress": 0.5}),
    );
    update(json!({"type": "generated_image.updated", "image": {"id": "i", "url": "u"}}));
}

#[test]
fn the_other_events_survive() {
    event(json!({"type": "stream_options", "stream_options": {"allow_cancel": true}}));
    event(json!({"type": "progress_update", "icon": "search", "text": "Searching"}));
    event(json!({"type": "progress_update", "text": "Searching"}));
    event(json!({"type": "client_effect", "name": "toast", "data": {"a": null, "b": [1, null]}}));
    event(json!({"type": "client_effect", "name": "bare", "data": {}}));
    event(json!({"type": "notice", "level": "warning", "message": "**careful**", "title": "T"}));
    event(json!({"type": "notice", "level": "danger", "message": "m"}));
    event(json!({"type": "error", "code": "stream.error", "allow_retry": true}));
    event(
        json!({"type": "error", "code": "custom", "message": "Quota reached", "allow_retry": true}),
    );
    event(json!({"type": "error", "code": "from.the.future", "allow_retry": false}));
    event(json!({"type": "thread.item.removed", "item_id": "msg_1"}));
    event(json!({"type": "thread.item.replaced", "item": item("end_of_turn", json!({}))}));
    event(
        json!({"type": "thread.item.added", "item": item("assistant_message", json!({"content": []}))}),
    );
}

#[test]
fn the_metadata_of_a_conversation_is_never_written() {
    let thread = json!({"id": "t", "created_at": T, "metadata": {"plan": "gold"}});
    let thread: Thread = serde_json::from_value(thread).unwrap();
    assert_eq!(thread.thread.metadata["plan"], "gold");
    assert_eq!(serde_json::to_value(&thread).unwrap()["metadata"], json!({}));
}

#[test]
fn the_metadata_of_a_file_is_never_written() {
    for extra in [json!({"type": "file"}), json!({"type": "image", "preview_url": "p"})] {
        let mut file = json!({"id": "a", "name": "n", "mime_type": "m", "metadata": {"path": "/"}});
        file.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let file: Attachment = serde_json::from_value(file).unwrap();
        assert!(serde_json::to_value(&file).unwrap().get("metadata").is_none());
        assert_eq!(file.id(), "a");
    }
}

#[test]
fn nulls_in_a_widget_are_left_out_at_any_depth() {
    let root = json!({"type": "Card", "size": null, "children": [{"type": "Chart", "data": [{"x": null, "y": 1}, null]}]});
    let root: WidgetRoot = serde_json::from_value(root).unwrap();
    let written =
        json!({"type": "Card", "children": [{"type": "Chart", "data": [{"y": 1}, null]}]});
    assert_eq!(serde_json::to_value(&root).unwrap(), written);
}

#[test]
fn defaults_are_filled_in_when_reading_and_spelled_out_when_writing() {
    let sparse = json!({"type": "workflow", "id": "w", "thread_id": "t", "created_at": T, "workflow": {"type": "custom", "tasks": [{"type": "custom"}, {"type": "web_search"}]}});
    let item: ThreadItem = serde_json::from_value(sparse).unwrap();
    assert_eq!(
        serde_json::to_value(&item).unwrap()["workflow"],
        json!({
            "type": "custom", "expanded": false, "tasks": [
                {"type": "custom", "status_indicator": "none"},
                {"type": "web_search", "status_indicator": "none", "queries": [], "sources": []},
            ],
        })
    );
}

#[test]
fn answers_that_are_no_items_survive() {
    survives::<TranscriptionResult>(&json!({"text": "audio/webm:3"}));
    survives::<SyncCustomActionResponse>(&json!({}));
    survives::<SyncCustomActionResponse>(&json!({"updated_item": item("end_of_turn", json!({}))}));
}
