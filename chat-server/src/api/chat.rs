//! `POST /api/chat`: one answer, not streamed. The same conversation, agent and store as the
//! panel's, for scripts.

use std::iter;

use axum::{Router, extract::State, routing::post};
use chatkit_server::{
    EventStream,
    protocol::{
        ErrorEvent, Operation, Request, StreamingOperation, Task, ThreadAddUserMessageParams,
        ThreadCreateParams, ThreadItem, ThreadStreamEvent, UserMessageContent, UserMessageInput,
    },
};
use futures_util::StreamExt as _;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use todochat_auth::UserId;
use todochat_service::{ApiError, json::Json};

use crate::{
    caller::{Caller, Failure},
    chatkit::{idempotency_key, place, refused},
    state::AppState,
};

/// `POST /api/chat`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/chat", post(chat))
}

#[derive(Debug, Deserialize, Serialize)]
struct Question {
    message: String,
    #[serde(default)]
    conversation_id: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct Answer {
    conversation_id: String,
    response: String,
    tool_calls: Vec<Called>,
}

#[derive(Debug, Serialize)]
struct Called {
    tool: String,
    arguments: Value,
}

async fn chat(
    State(state): State<AppState>,
    user: UserId,
    headers: HeaderMap,
    Json(question): Json<Question>,
) -> Result<Json<Answer>, ApiError> {
    question.check()?;
    let key = idempotency_key(&headers, question.words().as_bytes())?;
    let is_keyed = key.is_some();
    let _place = place(&state, &user).await?;
    let caller = Caller::new(user);
    let (request, known) = question.into_request();
    let answer = state.chat.process_request_once(request, caller.clone(), key).await;
    let chatkit_server::Response::Stream(events) = answer.map_err(|error| refused(&error))? else {
        return Err(ApiError::internal());
    };
    let started = Answer { conversation_id: known, ..Answer::default() };
    started.read(events).await.map(Json).map_err(|_| failed(&caller, is_keyed))
}

impl Question {
    /// Refuses what no database keeps, as the ChatKit endpoint does.
    fn check(&self) -> Result<(), ApiError> {
        let mut texts = iter::once(&self.message).chain(&self.conversation_id);
        if texts.any(|text| text.contains('\0')) {
            let message = "A text holds U+0000, which cannot be kept.";
            return Err(ApiError::bad_request("invalid_request", message));
        }
        Ok(())
    }

    /// What was asked, for comparing it with what is asked under the same key later.
    fn words(&self) -> String {
        serde_json::json!({"path": "/api/chat", "body": self}).to_string()
    }

    /// The operation that the panel would send, and the conversation's id if there is one already.
    fn into_request(self) -> (Request, String) {
        let input = UserMessageInput {
            content: vec![UserMessageContent::InputText { text: self.message }],
            ..UserMessageInput::default()
        };
        let known = self.conversation_id.clone().unwrap_or_default();
        let operation = match self.conversation_id {
            None => StreamingOperation::ThreadsCreate(ThreadCreateParams { input }),
            Some(thread_id) => {
                StreamingOperation::ThreadsAddUserMessage(ThreadAddUserMessageParams {
                    thread_id,
                    input,
                })
            }
        };
        let operation = Operation::Streaming(operation);
        (Request { operation, metadata: serde_json::Map::default() }, known)
    }
}

impl Answer {
    /// Reads the stream to its end.
    async fn read(mut self, mut events: EventStream) -> Result<Self, ErrorEvent> {
        while let Some(event) = events.next().await {
            match event {
                ThreadStreamEvent::ThreadCreated { thread } => {
                    self.conversation_id = thread.thread.id;
                }
                ThreadStreamEvent::ThreadItemDone { item }
                | ThreadStreamEvent::ThreadItemReplaced { item } => self.take(&item),
                ThreadStreamEvent::Error(error) => return Err(error),
                _ => {}
            }
        }
        Ok(self)
    }

    fn take(&mut self, item: &ThreadItem) {
        match item {
            ThreadItem::AssistantMessage(message) => {
                if !self.response.is_empty() {
                    self.response.push_str("\n\n");
                }
                self.response.extend(message.content.iter().map(|part| part.text.as_str()));
            }
            // One workflow a turn; a later one is the same with more calls.
            ThreadItem::Workflow(badges) => {
                self.tool_calls = badges.workflow.tasks.iter().filter_map(Called::of).collect();
            }
            _ => {}
        }
    }
}

impl Called {
    fn of(task: &Task) -> Option<Self> {
        let Task::Custom(task) = task else { return None };
        let arguments = task.content.as_deref().unwrap_or("{}");
        Some(Self {
            tool: task.title.clone()?,
            // What is not JSON is shown as it came.
            arguments: serde_json::from_str(arguments).unwrap_or_else(|_| arguments.into()),
        })
    }
}

fn failed(caller: &Caller, is_repeated: bool) -> ApiError {
    match caller.failure.get() {
        Some(Failure::Unavailable) => ApiError::unavailable(
            "assistant_unavailable",
            "The assistant is temporarily unavailable. Try again later.",
        ),
        Some(Failure::TimedOut) => ApiError::gateway_timeout(
            "assistant_timeout",
            "The assistant took too long to answer. Try again.",
        ),
        // It was answered before, or on another server, and nobody knows any more how it failed.
        None if is_repeated => ApiError::unavailable(
            "assistant_unavailable",
            "The assistant is temporarily unavailable. Try again later.",
        ),
        None => ApiError::internal(),
    }
}
