//! What a case consists of, and short ways to write it down.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The time of everything in a script. Whatever has another one was stamped by a server.
pub(crate) const THEN: &str = "2020-01-01T00:00:00Z";

/// A case: what is there, what is asked, what the application then says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Case {
    #[serde(default)]
    pub(crate) threads: Vec<Seed>,
    #[serde(default)]
    pub(crate) attachments: Vec<Value>,
    pub(crate) steps: Vec<Step>,
}

/// A conversation that is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seed {
    pub(crate) user: String,
    pub(crate) thread: Value,
    pub(crate) items: Vec<Value>,
}

/// One request and what the application makes of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) user: String,
    pub(crate) request: Value,
    /// The bytes to send instead of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    pub(crate) respond: Vec<Value>,
    pub(crate) act: Vec<Value>,
    pub(crate) sync: Option<Value>,
    pub(crate) allow_cancel: bool,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A conversation of Ann's.
    pub(crate) fn thread(self, id: &str, items: impl IntoIterator<Item = Value>) -> Self {
        self.thread_of("ann", json!({"id": id}), items)
    }

    /// A conversation.
    pub(crate) fn thread_of(
        mut self,
        user: &str,
        thread: Value,
        items: impl IntoIterator<Item = Value>,
    ) -> Self {
        let items = items.into_iter().collect();
        self.threads.push(Seed { user: user.to_owned(), thread, items });
        self
    }

    /// A file of Ann's.
    pub(crate) fn attachment(mut self, attachment: Value) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Ann asks.
    pub(crate) fn ask(mut self, request: Value) -> Self {
        self.steps.push(Step {
            user: "ann".to_owned(),
            request,
            body: None,
            respond: Vec::new(),
            act: Vec::new(),
            sync: None,
            allow_cancel: true,
        });
        self
    }

    /// Ann sends just these bytes.
    pub(crate) fn send(self, body: &str) -> Self {
        let mut case = self.ask(Value::Null);
        case.last().body = Some(body.to_owned());
        case
    }

    /// The last request is somebody else's.
    pub(crate) fn by(mut self, user: &str) -> Self {
        user.clone_into(&mut self.last().user);
        self
    }

    /// The last request is answered so.
    pub(crate) fn respond(mut self, script: impl IntoIterator<Item = Value>) -> Self {
        self.last().respond = script.into_iter().collect();
        self
    }

    /// The last request's action is answered so.
    pub(crate) fn act(mut self, script: impl IntoIterator<Item = Value>) -> Self {
        self.last().act = script.into_iter().collect();
        self
    }

    /// The last request's action is answered with this item.
    pub(crate) fn sync(mut self, item: Value) -> Self {
        self.last().sync = Some(item);
        self
    }

    /// The last request's answer shows no stop button.
    pub(crate) fn without_stop(mut self) -> Self {
        self.last().allow_cancel = false;
        self
    }

    fn last(&mut self) -> &mut Step {
        self.steps.last_mut().expect("something was asked")
    }
}

/// A script does not know the id of a conversation that is not there yet.
pub(crate) fn fill(value: &Value, thread_id: &str) -> Value {
    let filled = value.to_string().replace("$thread", thread_id);
    serde_json::from_str(&filled).expect("ids need no escaping")
}

/// The id that both servers give to the first conversation that is begun.
pub(crate) const NEW: &str = "thr_1";

pub(crate) fn op(name: &str, params: Value) -> Value {
    json!({"type": name, "params": params})
}

/// The composer's input.
pub(crate) fn input(text: &str) -> Value {
    json!({"content": [{"type": "input_text", "text": text}], "attachments": [], "quoted_text": "", "inference_options": {}})
}

pub(crate) fn create(text: &str) -> Value {
    op("threads.create", json!({"input": input(text)}))
}

pub(crate) fn say(thread_id: &str, text: &str) -> Value {
    op("threads.add_user_message", json!({"thread_id": thread_id, "input": input(text)}))
}

pub(crate) fn get(thread_id: &str) -> Value {
    op("threads.get_by_id", json!({"thread_id": thread_id}))
}

/// An item; the fields that all have are filled in.
pub(crate) fn item(kind: &str, id: &str, fields: Value) -> Value {
    let mut item = json!({"id": id, "thread_id": "$thread", "created_at": THEN, "type": kind});
    let (Value::Object(item_fields), Value::Object(fields)) = (&mut item, fields) else {
        panic!("an item's fields are an object");
    };
    item_fields.extend(fields);
    item
}

pub(crate) fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": []})
}

/// An assistant's message with one part, or with none if there is no text.
pub(crate) fn message(id: &str, text: &str) -> Value {
    let content = if text.is_empty() { json!([]) } else { json!([part(text)]) };
    item("assistant_message", id, json!({"content": content}))
}

pub(crate) fn user_message(id: &str, text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    item(
        "user_message",
        id,
        json!({"content": content, "attachments": [], "inference_options": {}}),
    )
}

pub(crate) fn hidden(id: &str) -> Value {
    item("hidden_context_item", id, json!({"content": {"for": "the model", "not": null}}))
}

pub(crate) fn widget(id: &str, widget: Value) -> Value {
    item("widget", id, json!({"widget": widget}))
}

/// A widget that every typed model of it knows.
pub(crate) fn card(text: &str) -> Value {
    json!({"type": "Card", "children": [{"id": "t", "type": "Text", "value": text}]})
}

pub(crate) fn workflow(id: &str, tasks: impl IntoIterator<Item = Value>) -> Value {
    let tasks: Vec<_> = tasks.into_iter().collect();
    item("workflow", id, json!({"workflow": {"type": "custom", "tasks": tasks, "expanded": false}}))
}

pub(crate) fn task(title: &str, status: &str) -> Value {
    json!({"type": "custom", "status_indicator": status, "title": title})
}

pub(crate) fn emit(event: Value) -> Value {
    json!({"emit": event})
}

pub(crate) fn added(item: Value) -> Value {
    emit(json!({"type": "thread.item.added", "item": item}))
}

pub(crate) fn done(item: Value) -> Value {
    emit(json!({"type": "thread.item.done", "item": item}))
}

pub(crate) fn replaced(item: Value) -> Value {
    emit(json!({"type": "thread.item.replaced", "item": item}))
}

pub(crate) fn removed(id: &str) -> Value {
    emit(json!({"type": "thread.item.removed", "item_id": id}))
}

pub(crate) fn updated(id: &str, update: Value) -> Value {
    emit(json!({"type": "thread.item.updated", "item_id": id, "update": update}))
}

pub(crate) fn part_added(id: &str, index: u32, part: Value) -> Value {
    updated(
        id,
        json!({"type": "assistant_message.content_part.added", "content_index": index, "content": part}),
    )
}

pub(crate) fn delta(id: &str, index: u32, text: &str) -> Value {
    updated(
        id,
        json!({"type": "assistant_message.content_part.text_delta", "content_index": index, "delta": text}),
    )
}

pub(crate) fn part_done(id: &str, index: u32, part: Value) -> Value {
    updated(
        id,
        json!({"type": "assistant_message.content_part.done", "content_index": index, "content": part}),
    )
}

pub(crate) fn task_added(id: &str, index: u32, task: Value) -> Value {
    updated(id, json!({"type": "workflow.task.added", "task_index": index, "task": task}))
}

pub(crate) fn task_updated(id: &str, index: u32, task: Value) -> Value {
    updated(id, json!({"type": "workflow.task.updated", "task_index": index, "task": task}))
}

/// The application changes the conversation.
pub(crate) fn thread_is(fields: Value) -> Value {
    json!({"thread": fields})
}

/// The same, beside what it says.
pub(crate) fn and_thread_is(mut said: Value, fields: Value) -> Value {
    said["thread"] = fields;
    said
}

/// The application breaks.
pub(crate) fn fail() -> Value {
    json!({"fail": {}})
}

/// The application gives up in its own words.
pub(crate) fn fail_saying(message: &str, retry: bool) -> Value {
    json!({"fail": {"code": "custom", "message": message, "retry": retry}})
}

/// The application gives up in the client's words.
pub(crate) fn fail_coded(retry: bool) -> Value {
    json!({"fail": {"code": "stream.error", "retry": retry}})
}

/// The application never goes on, and the client hangs up.
pub(crate) fn hang() -> Value {
    json!({"hang": true})
}
