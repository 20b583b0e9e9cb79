//! Chat Completions: what nearly every server speaks, each a little differently. Nothing but a
//! `choices` list is relied on, and everything in it may be missing or null.

mod calls;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use self::calls::{CallDelta, Calls};
use super::{
    Decode, Unread, files, history, lenient::Text, offered::Offered, refusal::Refusal, written,
};
use crate::agent::{
    data::{self, Fence},
    model::{File, Finish, Message, ModelError, ModelEvent, ModelRequest, ToolCall, ToolSpec},
};

/// How a model is asked.
pub(super) struct Chat {
    model: String,
    offered: Offered,
}

/// What is sent.
#[derive(Serialize)]
struct Asked<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<&'a RawValue>,
    messages: Vec<Value>,
    stream: bool,
}

impl Chat {
    pub(super) fn new(model: String) -> Self {
        Self { model, offered: Offered::new(tool) }
    }

    /// The request's body.
    pub(super) fn body(&self, request: &ModelRequest) -> Bytes {
        let fence = Fence::new(&request.turn_id);
        let mut messages = vec![json!({"role": "system", "content": fence.rules(&request.system)})];
        let told = history::whole(&request.messages);
        messages
            .extend(files::with_files(&told).map(|(told, files)| message(told, &files, &fence)));
        let tools = self.offered.list(&request.tools);
        written(&Asked { model: &self.model, tools: tools.as_deref(), messages, stream: true })
    }
}

fn message(message: &Message, files: &[&File], fence: &Fence<'_>) -> Value {
    match message {
        Message::User(text) => json!({"role": "user", "content": said(text, files, fence)}),
        Message::File(file) => json!({"role": "user", "content": said("", &[file], fence)}),
        Message::Assistant { text, calls, .. } if calls.is_empty() => {
            json!({"role": "assistant", "content": text})
        }
        Message::Assistant { text, calls, .. } => {
            let content = (!text.is_empty()).then_some(text);
            let calls: Vec<Value> = calls.iter().map(call).collect();
            json!({"role": "assistant", "content": content, "tool_calls": calls})
        }
        Message::Tool { call_id, content, is_error } => {
            let content = fence.result(content, *is_error);
            json!({"role": "tool", "tool_call_id": call_id, "content": content})
        }
    }
}

/// Text where it will do: not every server takes parts.
fn said(text: &str, files: &[&File], fence: &Fence<'_>) -> Value {
    let words = files::words(text, files, fence);
    let pictures: Vec<String> = files::pictures(files).collect();
    if pictures.is_empty() {
        return words.into();
    }
    let text = json!({"type": "text", "text": words});
    let pictures =
        pictures.iter().map(|url| json!({"type": "image_url", "image_url": {"url": url}}));
    [text].into_iter().chain(pictures).collect()
}

fn call(call: &ToolCall) -> Value {
    let ToolCall { id, name, arguments } = call;
    let arguments = data::arguments(arguments);
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn tool(spec: &ToolSpec) -> Value {
    let ToolSpec { name, description, .. } = spec;
    let parameters = schema(spec);
    json!({
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    })
}

/// A tool's schema as providers take it: some refuse the dialect's address.
pub(super) fn schema(spec: &ToolSpec) -> Value {
    let mut parameters = spec.parameters.clone();
    if let Value::Object(parameters) = &mut parameters {
        parameters.remove("$schema");
    }
    parameters
}

/// One event of the stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    error: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    index: Option<u64>,
    delta: Option<Delta>,
    #[serde(borrow)]
    finish_reason: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Value,
    refusal: Value,
    tool_calls: Option<Vec<CallDelta>>,
}

/// Reads one answer's events.
pub(super) struct Decoder {
    calls: Calls,
    finish: Option<Finish>,
}

impl Decoder {
    pub(super) fn new(request: &ModelRequest) -> Self {
        Self { calls: Calls::new(id_prefix(request)), finish: None }
    }
}

/// What ids begin with that a server left empty: unique in the conversation, and short enough.
pub(super) fn id_prefix(request: &ModelRequest) -> String {
    let id: String = request.turn_id.chars().take(40).collect();
    format!("call_{id}_{}_", request.messages.len())
}

impl Decode for Decoder {
    fn read(&mut self, event: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), Unread> {
        let event: Event<'_> = serde_json::from_slice(event)?;
        if !event.error.is_null() {
            let reason = Refusal::from_value(&event.error).reason();
            return Err(Unread::Failed(ModelError::Failed { reason }));
        }
        let choices = event.choices.into_iter().flatten();
        for choice in choices.filter(|choice| choice.index.is_none_or(|index| index == 0)) {
            let Choice { delta, finish_reason, .. } = choice;
            if let Some(Delta { content, refusal, tool_calls }) = delta {
                out.extend(
                    [content, refusal].into_iter().filter_map(text).map(ModelEvent::TextDelta),
                );
                tool_calls.into_iter().flatten().for_each(|call| self.calls.add(call));
            }
            match finish_reason.as_str() {
                "" => {}
                "length" => self.finish = Some(Finish::Length),
                "content_filter" => self.finish = Some(Finish::Filtered),
                _ => self.finish = Some(Finish::Complete),
            }
        }
        Ok(())
    }

    fn finished(&self) -> bool {
        self.finish.is_some()
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        out.extend(self.calls.take().into_iter().map(ModelEvent::ToolCall));
        let finish = self.finish.unwrap_or(Finish::Complete);
        out.push(ModelEvent::Done { raw: Vec::new(), finish });
    }
}

/// Text, as a string or in parts.
fn text(content: Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text,
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
