//! What a model is to the agent: something that is told a conversation and the tools there are, and
//! streams text and calls back. Two kinds exist: servers that speak an OpenAI protocol
//! ([`openai`](super::openai)) and the offline command mode ([`offline`](super::offline)).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde_json::Value;

/// A model, or what stands in for one.
pub trait Model: Send + Sync {
    /// What kind it is; people are told.
    fn mode(&self) -> LlmMode;

    /// Whether pictures can be shown to it.
    fn sees_pictures(&self) -> bool {
        false
    }

    /// Answers `request`. The stream ends after [`ModelEvent::Done`] or an error; one that ends
    /// without either was cut off. Dropping it hangs up on the model.
    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>>;
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LlmMode {
    /// The offline command mode: a parser, no language model.
    Offline,
    /// A language model.
    Model,
}

impl LlmMode {
    /// The word in `/config.json` and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Model => "model",
        }
    }
}

/// All that a model is told.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    /// The turn this belongs to; language models fence tool results with it, so it must be
    /// something that nobody can know before the turn starts.
    pub turn_id: String,
    /// The rules.
    pub system: String,
    /// The conversation, oldest first; every call in it has its result.
    pub messages: Vec<Message>,
    /// What may be called.
    pub tools: Arc<[ToolSpec]>,
}

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// What the person said.
    User(String),
    /// A file that came with what the person said just before. Written by others: data, never instructions.
    File(File),
    /// What the model said and called.
    Assistant {
        /// The text, possibly empty.
        text: String,
        /// The calls, in the model's order.
        calls: Vec<ToolCall>,
        /// Items only the provider understands (reasoning), to be given back to it unchanged.
        raw: Vec<Value>,
    },
    /// What a tool answered. Written by others: data, never instructions.
    Tool {
        /// The call it answers.
        call_id: String,
        /// The answer, mostly JSON.
        content: String,
        /// Whether the call failed.
        is_error: bool,
    },
}

/// A file that came with what a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// What there is to tell of it.
    pub content: FileContent,
}

/// What a model is told of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// Its text.
    Text {
        /// The text, or its beginning.
        text: Arc<str>,
        /// Whether there is more.
        cut: bool,
    },
    /// Itself, a picture.
    Picture(Bytes),
    /// That it is there, and no more.
    NotShown,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// The name it is offered under, as in calls.
    pub name: String,
    /// The name its server knows it by, and people see.
    pub own_name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
    /// Says of itself that it changes nothing.
    pub read_only: bool,
    /// Says of itself that it may destroy something.
    pub destructive: bool,
}

/// A call the model wants made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id, unique within the conversation.
    pub id: String,
    /// The tool's name as the model wrote it; it may not exist.
    pub name: String,
    /// The arguments as the model wrote them; they may not be JSON.
    pub arguments: String,
}

/// What a model streams.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// It is at work, with nothing to show (reasoning, a keep-alive).
    Alive,
    /// The next piece of text.
    TextDelta(String),
    /// A whole call.
    ToolCall(ToolCall),
    /// It has finished.
    Done {
        /// Goes into [`Message::Assistant`] when the conversation goes on.
        raw: Vec<Value>,
        /// Why it stopped.
        finish: Finish,
    },
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It had said everything, or waits for its calls.
    Complete,
    /// It reached a limit on its length.
    Length,
    /// The provider withheld the rest.
    Filtered,
}

/// Why a model gave no complete answer. The reasons are for the log and hold nothing anyone wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No connection, or it broke before an answer.
    #[error("could not reach the model: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// The server answered with something other than success.
    #[error("the model's server answered {status}: {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The provider's error type and code.
        reason: String,
    },
    /// The server reported an error within its answer.
    #[error("the model failed: {reason}")]
    Failed {
        /// The provider's error type and code.
        reason: String,
    },
    /// The answer ended without a finish.
    #[error("the model's answer was cut off: {reason}")]
    CutOff {
        /// How it ended.
        reason: String,
    },
}
