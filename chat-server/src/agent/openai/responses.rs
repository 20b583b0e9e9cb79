//! The Responses API, stateless: nothing is stored at the provider, so what it reasoned comes back
//! sealed and is returned to it with the next request of the turn.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{
    Decode, Unread,
    body::Body,
    chat::{id_prefix, schema},
    files, history,
    lenient::Text,
    offered::Offered,
    refusal::Refusal,
    transport::{Failure, Transport},
    written,
};
use crate::agent::{
    data::{self, Fence},
    model::{File, Finish, Message, ModelError, ModelEvent, ModelRequest, ToolCall, ToolSpec},
};

/// How a model is asked.
pub(super) struct Responses {
    model: String,
    /// Models that do not reason refuse to be asked for it; that is learned once.
    plain: AtomicBool,
    offered: Offered,
}

/// What is sent.
#[derive(Serialize)]
struct Asked<'a> {
    model: &'a str,
    instructions: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<&'a RawValue>,
    input: Vec<Value>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    include: &'static [&'static str],
}

const REASONING: &[&str] = &["reasoning.encrypted_content"];

impl Responses {
    pub(super) fn new(model: String) -> Self {
        Self { model, plain: AtomicBool::new(false), offered: Offered::new(tool) }
    }

    /// Opens the stream of an answer.
    pub(super) async fn open(
        self: Arc<Self>,
        transport: Transport,
        request: ModelRequest,
    ) -> Result<Body, Failure> {
        let plain = self.plain.load(Ordering::Relaxed);
        let include = if plain { &[] } else { REASONING };
        match transport.ask(self.body(&request, include)).await {
            Err(failure) if !plain && refuses_include(&failure) => {
                self.plain.store(true, Ordering::Relaxed);
                transport.ask(self.body(&request, &[])).await
            }
            opened => opened,
        }
    }

    fn body(&self, request: &ModelRequest, include: &'static [&'static str]) -> Bytes {
        let fence = Fence::new(&request.turn_id);
        let history = history::whole(&request.messages);
        let told = files::with_files(&history);
        let tools = self.offered.list(&request.tools);
        written(&Asked {
            model: &self.model,
            instructions: fence.rules(&request.system),
            tools: tools.as_deref(),
            input: told.flat_map(|(m, files)| items(m, &files, &fence)).collect(),
            stream: true,
            store: false,
            include,
        })
    }
}

fn refuses_include(failure: &Failure) -> bool {
    matches!(failure.error, ModelError::Refused { status: 400, .. })
        && failure.param.as_deref().is_some_and(|param| param.starts_with("include"))
}

fn items(message: &Message, files: &[&File], fence: &Fence<'_>) -> Vec<Value> {
    match message {
        Message::User(text) => vec![json!({"role": "user", "content": said(text, files, fence)})],
        Message::File(file) => vec![json!({"role": "user", "content": said("", &[file], fence)})],
        // As it came: the order of reasoning and calls matters to the provider.
        Message::Assistant { raw, .. } if !raw.is_empty() => raw.clone(),
        Message::Assistant { text, calls, .. } => {
            let said = (!text.is_empty()).then(|| json!({"role": "assistant", "content": text}));
            said.into_iter().chain(calls.iter().map(call)).collect()
        }
        Message::Tool { call_id, content, is_error } => {
            let output = fence.result(content, *is_error);
            vec![json!({"type": "function_call_output", "call_id": call_id, "output": output})]
        }
    }
}

fn said(text: &str, files: &[&File], fence: &Fence<'_>) -> Value {
    let words = files::words(text, files, fence);
    let mut pictures = files::pictures(files).peekable();
    if pictures.peek().is_none() {
        return words.into();
    }
    let text = json!({"type": "input_text", "text": words});
    let pictures = pictures.map(|url| json!({"type": "input_image", "image_url": url}));
    [text].into_iter().chain(pictures).collect()
}

fn call(call: &ToolCall) -> Value {
    let ToolCall { id, name, arguments } = call;
    let arguments = data::arguments(arguments);
    json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments})
}

fn tool(spec: &ToolSpec) -> Value {
    let ToolSpec { name, description, .. } = spec;
    json!({
        "type": "function",
        "name": name,
        "description": description,
        "parameters": schema(spec),
        "strict": false,
    })
}

/// One event of the stream, of any type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    delta: Text<'a>,
    output_index: Value,
    item: Value,
    response: Value,
    error: Value,
    code: Value,
}

/// Reads one answer's events.
pub(super) struct Decoder {
    id_prefix: String,
    items: Vec<Value>,
    /// The item whose text came last.
    speaking: Option<Value>,
    finish: Option<Finish>,
}

impl Decoder {
    pub(super) fn new(request: &ModelRequest) -> Self {
        let id_prefix = id_prefix(request);
        Self { id_prefix, items: Vec::new(), speaking: None, finish: None }
    }

    /// A piece of text, set apart from what another item said before.
    fn say(&mut self, text: &str, of: &Value, out: &mut Vec<ModelEvent>) {
        if text.is_empty() {
            return;
        }
        let another = self.speaking.replace(of.clone()).is_some_and(|before| before != *of);
        let text = if another { format!("\n\n{text}") } else { text.to_owned() };
        out.push(ModelEvent::TextDelta(text));
    }

    /// The end; a server that left out pieces said them here.
    fn complete(&mut self, response: &mut Value, finish: Finish, out: &mut Vec<ModelEvent>) {
        self.finish = Some(finish);
        if let (true, Some(Value::Array(items))) =
            (self.items.is_empty(), response.get_mut("output"))
        {
            self.items = mem::take(items);
        }
        if self.speaking.is_none() {
            let said: Vec<String> = self.items.iter().map(message_text).collect();
            for (n, text) in said.iter().enumerate() {
                self.say(text, &json!(n), out);
            }
        }
    }
}

impl Decode for Decoder {
    fn read(&mut self, event: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), Unread> {
        let event: Event<'_> = serde_json::from_slice(event)?;
        let Event { kind, delta, output_index, item, mut response, error, code } = event;
        match kind.as_str() {
            "response.output_text.delta" | "response.refusal.delta" => {
                self.say(delta.as_str(), &output_index, out);
            }
            "response.output_item.done" if item.is_object() => self.items.push(item),
            "response.completed" => self.complete(&mut response, Finish::Complete, out),
            "response.incomplete" => {
                let finish = match response["incomplete_details"]["reason"].as_str() {
                    Some("content_filter") => Finish::Filtered,
                    _ => Finish::Length,
                };
                self.complete(&mut response, finish, out);
            }
            "response.failed" => return Err(failed(&response)),
            "error" if error.is_null() => return Err(failed(&json!({"code": code}))),
            _ if !error.is_null() => return Err(failed(&error)),
            _ => {}
        }
        Ok(())
    }

    fn finished(&self) -> bool {
        self.finish.is_some()
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        let mut raw = mem::take(&mut self.items);
        let calls = raw.iter_mut().filter(|item| item["type"] == "function_call").enumerate();
        out.extend(calls.map(|(n, item)| {
            ModelEvent::ToolCall(settle(item, || format!("{}{n}", self.id_prefix)))
        }));
        out.push(ModelEvent::Done { raw, finish: self.finish.unwrap_or(Finish::Complete) });
    }
}

fn failed(error: &Value) -> Unread {
    Unread::Failed(ModelError::Failed { reason: Refusal::from_value(error).reason() })
}

/// The call in `item`, which is made fit to be given back: with an id, and with an object for
/// arguments.
fn settle(item: &mut Value, new_id: impl FnOnce() -> String) -> ToolCall {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let name = text(&item["name"]);
    let arguments = match &item["arguments"] {
        object @ Value::Object(_) => object.to_string(),
        other => text(other),
    };
    let arguments = if arguments.trim().is_empty() { "{}".to_owned() } else { arguments };
    let mut id = text(&item["call_id"]);
    if id.is_empty() {
        id = new_id();
    }
    item["call_id"] = json!(id);
    item["arguments"] = json!(data::arguments(&arguments));
    ToolCall { id, name, arguments }
}

/// All the text of a message.
fn message_text(item: &Value) -> String {
    let parts = item["content"].as_array().into_iter().flatten();
    let text = |part: &Value| {
        let text = part.get("text").or_else(|| part.get("refusal"));
        Some(text?.as_str()?.to_owned())
    };
    match item["type"].as_str() {
        Some("message") => parts.filter_map(text).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
