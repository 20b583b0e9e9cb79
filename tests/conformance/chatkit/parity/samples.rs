//! A sample of every type of the protocol, with every field that it may have.

use chatkit_server::protocol::{
    Attachment, Source, StructuredInput, Task, ThreadItem, ThreadItemUpdate, ThreadStatus,
    ThreadStreamEvent, UserMessageContent,
};
use chatkit_server::testing::{MemoryStore, ScriptedResponder};
use chatkit_server::{Options, Server};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::script::{THEN, fill, item, op, part, task};

/// A value of one type.
pub(crate) struct Sample {
    /// What it is part of, as the oracle's inventory calls it.
    pub(crate) part: &'static str,
    /// What the oracle is to read it as.
    pub(crate) model: &'static str,
    pub(crate) value: Value,
}

impl Sample {
    /// What we write when we have read it.
    pub(crate) fn written(&self) -> Result<Value, String> {
        let value = self.value.clone();
        match self.part {
            "requests" => request(&value),
            "events" => again::<ThreadStreamEvent>(value),
            "updates" => again::<ThreadItemUpdate>(value),
            "items" => again::<ThreadItem>(value),
            "tasks" => again::<Task>(value),
            "sources" => again::<Source>(value),
            "inputs" => again::<StructuredInput>(value),
            "attachments" => again::<Attachment>(value),
            "statuses" => again::<ThreadStatus>(value),
            "contents" => again::<UserMessageContent>(value),
            other => panic!("no type is part of {other}"),
        }
    }
}

fn again<T: Serialize + DeserializeOwned>(value: Value) -> Result<Value, String> {
    let read: T = serde_json::from_value(value).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(read).unwrap())
}

fn request(value: &Value) -> Result<Value, String> {
    let responder = ScriptedResponder::<String>::new(|_| Vec::new());
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    let read = server.parse(value.to_string().as_bytes()).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(read).unwrap())
}

/// All of them.
pub(crate) fn all() -> Vec<Sample> {
    let parts: [(&str, &str, Vec<Value>); 10] = [
        ("requests", "request", requests()),
        ("events", "event", events()),
        ("updates", "update", updates()),
        ("items", "item", items()),
        ("tasks", "task", tasks()),
        ("sources", "source", sources()),
        ("inputs", "input", inputs()),
        ("attachments", "attachment", attachments()),
        ("statuses", "status", statuses()),
        ("contents", "content", contents()),
    ];
    let samples = parts.into_iter().flat_map(|(part, model, values)| {
        values.into_iter().map(move |value| Sample { part, model, value: fill(&value, "t") })
    });
    samples.collect()
}

fn requests() -> Vec<Value> {
    let input = json!({"content": contents(), "quoted_text": "", "attachments": ["a"], "inference_options": {"tool_choice": {"id": "s"}, "model": "m"}});
    let action =
        json!({"thread_id": "t", "item_id": "w", "action": {"type": "go", "payload": {"x": null}}});
    let answers = json!({"p": {"values": ["High"], "skipped": false}});
    let submission = json!({"thread_id": "t", "item_id": "s", "input": {"status": "answered", "answers": answers}});
    vec![
        op("threads.create", json!({"input": input})),
        op("threads.add_user_message", json!({"thread_id": "t", "input": input})),
        op("threads.add_client_tool_output", json!({"thread_id": "t", "result": {"n": 1}})),
        op("threads.add_structured_input", submission),
        op("threads.retry_after_item", json!({"thread_id": "t", "item_id": "m"})),
        op("threads.custom_action", action.clone()),
        op("threads.get_by_id", json!({"thread_id": "t"})),
        op("threads.list", json!({"limit": 5, "order": "asc", "after": "t"})),
        op("threads.update", json!({"thread_id": "t", "title": "New"})),
        op("threads.delete", json!({"thread_id": "t"})),
        op("items.list", json!({"thread_id": "t", "limit": 5, "order": "desc", "after": "m"})),
        op("items.feedback", json!({"thread_id": "t", "item_ids": ["m"], "kind": "negative"})),
        op("attachments.create", json!({"name": "a", "size": 5, "mime_type": "text/plain"})),
        op("attachments.delete", json!({"attachment_id": "a"})),
        op("input.transcribe", json!({"audio_base64": "AAAA", "mime_type": "audio/webm"})),
        op("threads.sync_custom_action", action),
    ]
}

fn events() -> Vec<Value> {
    let status = json!({"type": "locked", "reason": "mod"});
    let items = json!({"data": [], "has_more": false});
    let thread = json!({"id": "t", "title": "T", "created_at": THEN, "status": status, "allowed_image_domains": ["a.com"], "metadata": {}, "items": items});
    let mut all = vec![
        json!({"type": "thread.created", "thread": thread}),
        json!({"type": "thread.updated", "thread": thread}),
        json!({"type": "thread.item.removed", "item_id": "m"}),
        json!({"type": "stream_options", "stream_options": {"allow_cancel": true}}),
        json!({"type": "progress_update", "icon": "search", "text": "Searching"}),
        json!({"type": "client_effect", "name": "toast", "data": {"a": null}}),
        json!({"type": "error", "code": "custom", "message": "Mine", "allow_retry": true}),
        json!({"type": "error", "code": "stream.error", "allow_retry": false}),
    ];
    for level in ["info", "warning", "danger"] {
        all.push(json!({"type": "notice", "level": level, "message": "**x**", "title": "T"}));
    }
    for update in updates() {
        all.push(json!({"type": "thread.item.updated", "item_id": "m", "update": update}));
    }
    for kind in ["thread.item.added", "thread.item.done", "thread.item.replaced"] {
        all.extend(items_sent().into_iter().map(|item| json!({"type": kind, "item": item})));
    }
    all
}

fn updates() -> Vec<Value> {
    let text = |kind: &str, more: Value| {
        let mut update =
            json!({"type": format!("assistant_message.content_part.{kind}"), "content_index": 0});
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        update
    };
    let image = json!({"id": "i", "url": "https://a.example/i.png"});
    vec![
        text("added", json!({"content": part("")})),
        text("text_delta", json!({"delta": "x"})),
        text("annotation_added", json!({"annotation_index": 0, "annotation": annotations()[0]})),
        text("done", json!({"content": part("x")})),
        json!({"type": "widget.streaming_text.value_delta", "component_id": "t", "delta": "x", "done": false}),
        json!({"type": "widget.component.updated", "component_id": "t", "component": {"type": "Text", "value": "x"}}),
        json!({"type": "widget.root.updated", "widget": {"type": "Card", "children": []}}),
        json!({"type": "workflow.task.added", "task_index": 0, "task": task("x", "loading")}),
        json!({"type": "workflow.task.updated", "task_index": 0, "task": task("x", "complete")}),
        json!({"type": "generated_image.updated", "image": image, "progress": 0.5}),
        json!({"type": "generated_image.updated", "image": image}),
    ]
}

/// Those that a client may see.
fn items_sent() -> Vec<Value> {
    let message = json!([{"type": "output_text", "text": "x", "annotations": annotations()}]);
    let call = json!({"status": "completed", "call_id": "c", "name": "n", "arguments": {"a": null}, "output": [null]});
    let workflow = |summary: Value| json!({"workflow": {"type": "reasoning", "tasks": tasks(), "summary": summary, "expanded": true}});
    let user = json!({
        "content": contents(), "attachments": attachments(), "quoted_text": "q",
        "inference_options": {"tool_choice": {"id": "s"}, "model": "m"},
    });
    let mut all = vec![
        item("user_message", "u", user),
        item("assistant_message", "m", json!({"content": message})),
        item("client_tool_call", "c", call),
        item("widget", "w", json!({"widget": {"type": "Card", "children": []}, "copy_text": "x"})),
        item("generated_image", "g", json!({"image": {"id": "i", "url": "https://a.example/"}})),
        item("workflow", "wf", workflow(json!({"title": "T", "icon": "bolt"}))),
        item("workflow", "wf", workflow(json!({"duration": 5}))),
        item("end_of_turn", "e", json!({})),
    ];
    all.extend(tasks().into_iter().map(|task| item("task", "task", json!({"task": task}))));
    for status in ["pending", "answered", "skipped"] {
        all.push(item("structured_input", "s", json!({"status": status, "inputs": inputs()})));
    }
    all
}

fn items() -> Vec<Value> {
    let mut all = items_sent();
    all.push(item("hidden_context_item", "h", json!({"content": [null, {"a": null}]})));
    all.push(item("sdk_hidden_context", "s", json!({"content": "x"})));
    all
}

fn tasks() -> Vec<Value> {
    let url = &sources()[0];
    let file = &sources()[1];
    vec![
        json!({"type": "custom", "status_indicator": "loading", "title": "T", "icon": "bolt", "content": "c"}),
        json!({"type": "web_search", "status_indicator": "complete", "title": "T", "title_query": "q", "queries": ["q"], "sources": [url]}),
        json!({"type": "thought", "status_indicator": "none", "title": "T", "content": "c"}),
        json!({"type": "file", "status_indicator": "none", "title": "T", "sources": [file]}),
        json!({"type": "image", "status_indicator": "none", "title": "T"}),
    ]
}

fn sources() -> Vec<Value> {
    let with = |more: Value| {
        let mut source =
            json!({"title": "T", "description": "d", "timestamp": "today", "group": "g"});
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        source
    };
    vec![
        with(json!({"type": "url", "url": "https://a.example/", "attribution": "A"})),
        with(json!({"type": "file", "filename": "a.txt"})),
        with(
            json!({"type": "entity", "id": "e", "icon": "user", "label": "L", "inline_label": "l", "interactive": true, "data": {"k": null}}),
        ),
    ]
}

fn annotations() -> Vec<Value> {
    let sources = sources().into_iter().enumerate();
    sources
        .map(|(index, source)| json!({"type": "annotation", "source": source, "index": index}))
        .collect()
}

fn inputs() -> Vec<Value> {
    let answer = json!({"values": ["Low"], "skipped": false});
    vec![
        json!({"id": "p", "question": "P?", "answer": answer, "type": "multiple_choice", "options": [{"value": "Low"}], "multiple": true}),
        json!({"id": "n", "question": "N?", "answer": {"values": [], "skipped": true}, "type": "freeform", "description": "d"}),
    ]
}

fn attachments() -> Vec<Value> {
    let with = |more: Value| {
        let place = json!({"url": "https://a.example/put", "method": "PUT", "headers": {"x": "y"}});
        let mut file = json!({"id": "a", "name": "a", "mime_type": "text/plain", "upload_descriptor": place, "thread_id": "t"});
        file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        file
    };
    vec![
        with(json!({"type": "file"})),
        with(json!({"type": "image", "preview_url": "https://a.example/preview"})),
    ]
}

fn statuses() -> Vec<Value> {
    let mut all = vec![json!({"type": "active"})];
    for status in ["locked", "closed"] {
        all.extend([json!({"type": status}), json!({"type": status, "reason": "r"})]);
    }
    all
}

fn contents() -> Vec<Value> {
    vec![
        json!({"type": "input_text", "text": "hi"}),
        json!({"type": "input_tag", "id": "e", "text": "Ann", "data": {"k": null}, "group": "g", "interactive": true}),
    ]
}
