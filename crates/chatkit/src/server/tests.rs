//! Requests as bytes, answers as bytes.

#![expect(clippy::needless_pass_by_value, reason = "requests are written where they are used")]

mod action;
mod attachments;
mod client_tool_output;
mod feedback;
mod malformed;
mod plain;
mod retry;
mod streaming;
mod structured_input;
mod transcribe;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::*;
use crate::protocol::{
    AssistantMessageContent, AssistantMessageItem, HiddenContextItem, Object, ProgressUpdateEvent,
    ThreadItem, ThreadMetadata, ThreadStatus, ThreadStreamEvent,
};
use crate::testing::{MemoryStore, ScriptedResponder, Step};
use crate::{Cause, Drops, Store as _, Turn, TurnStart};

type Scripted = Server<MemoryStore, ScriptedResponder<String>>;

/// A server that answers nothing to any message.
fn server() -> Scripted {
    Server::new(MemoryStore::default(), ScriptedResponder::new(|_| Vec::new()), Options::default())
}

/// A server that answers with what its responder was told.
fn told() -> Scripted {
    let script = |turn: &Turn<String>| {
        let message = turn.input.as_ref().map_or("nothing", |message| &message.id);
        vec![progress(match &turn.cause {
            Cause::Message => message.to_owned(),
            Cause::ClientToolOutput(call) => format!("the output of {}", call.id),
            Cause::StructuredInput(questions) => format!("the answers to {}", questions.id),
            Cause::Retry => format!("{message} again"),
        })]
    };
    Server::new(MemoryStore::default(), ScriptedResponder::new(script), Options::default())
}

fn progress(text: String) -> Step {
    ThreadStreamEvent::ProgressUpdate(ProgressUpdateEvent { icon: None, text }).into()
}

/// Asks as `user`: the JSON that comes back, or the events, or the error.
async fn ask(server: &Scripted, user: &str, request: Value) -> Result<Value, Error> {
    let request = server.parse(request.to_string().as_bytes())?;
    match server.process_request(request, user.to_owned()).await? {
        Response::Json(bytes) => Ok(serde_json::from_slice(&bytes).unwrap()),
        Response::Stream(events) => {
            let events: Vec<_> = events.collect().await;
            Ok(serde_json::to_value(events).unwrap())
        }
    }
}

/// As [`ask`], when it is refused: the status and the code.
async fn refused(server: &Scripted, user: &str, request: Value) -> (u16, String) {
    let error = ask(server, user, request.clone()).await.expect_err(&request.to_string());
    (error.status(), error.code().to_owned())
}

fn create(input: Value) -> Value {
    json!({"type": "threads.create", "params": {"input": input}})
}

fn say(thread_id: &str, text: &str) -> Value {
    let input = json!({"content": [{"type": "input_text", "text": text}]});
    json!({"type": "threads.add_user_message", "params": {"thread_id": thread_id, "input": input}})
}

fn op(name: &str, params: Value) -> Value {
    json!({"type": name, "params": params})
}

/// A conversation of Ann's.
fn put_thread(server: &Scripted, id: &str, status: ThreadStatus, items: Vec<ThreadItem>) {
    let thread = ThreadMetadata {
        id: id.to_owned(),
        title: None,
        created_at: server.store().now(),
        status,
        allowed_image_domains: None,
        metadata: Object::from_iter([("plan".to_owned(), json!("gold"))]),
    };
    server.store().put("ann", thread, items);
}

fn message(id: &str) -> ThreadItem {
    ThreadItem::AssistantMessage(AssistantMessageItem {
        id: id.to_owned(),
        thread_id: "thr_a".to_owned(),
        created_at: MemoryStore::default().now(),
        content: vec![AssistantMessageContent::text(id)],
    })
}

fn hidden(id: &str) -> ThreadItem {
    ThreadItem::HiddenContext(HiddenContextItem {
        id: id.to_owned(),
        thread_id: "thr_a".to_owned(),
        created_at: MemoryStore::default().now(),
        content: Value::Null,
    })
}

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}
