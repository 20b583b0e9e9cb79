//! The agent: asks a model, makes the calls it wants, tells it the results, until it has answered.
//!
//! ```text
//! Agent::run ─ tools.offer ─▶ turn    model ⇄ round, within the limits, until an answer stands
//!                              ├ listen   one answer of the model, with its deadlines
//!                              ├ round    one answer's calls: reads together, writes in order
//!                              └ repeats  what was called the last time, so it is not done twice
//! model    the trait; openai and offline are the two kinds
//! tools    MCP; binds each call to the user
//! data     fences tool results and files for language models
//! ```
//!
//! It knows no HTTP, SQL or `ChatKit`, and nothing a model says decides who the user is: the user
//! is bound to the calls before the model is asked.

mod data;
mod error;
mod limits;
mod listen;
pub mod model;
pub mod offline;
pub mod openai;
mod repeats;
mod round;
pub mod tools;
mod turn;

use std::{fmt, sync::Arc, time::Duration};

use async_stream::stream;
use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use todochat_auth::UserId;
use tokio_util::sync::CancellationToken;

pub use self::{
    error::AgentError,
    limits::Limits,
    model::{File, FileContent, LlmMode, Message, Model, ToolCall},
};
use self::{tools::Tools, turn::Turn};

/// A model, its tools and its limits. Cheap to clone.
#[derive(Clone)]
pub struct Agent {
    model: Arc<dyn Model>,
    tools: Tools,
    limits: Limits,
}

/// One message to be answered.
#[derive(Debug)]
pub struct Run {
    /// Whom every tool call acts for.
    pub user: UserId,
    /// The rules for the model.
    pub system: String,
    /// The conversation, oldest first, ending with the message to be answered.
    pub messages: Vec<Message>,
    /// Unique and not to be guessed; calls are keyed by it, so that one made twice acts once.
    pub turn_id: String,
    /// Ends the answer at once: the model is hung up on and calls under way are dropped.
    pub cancel: CancellationToken,
}

/// What happens while an answer is made.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentEvent {
    /// The next piece of text.
    TextDelta(String),
    /// The text so far is whole; tools follow, and what text comes after them is another message.
    TextDone,
    /// A call begins.
    ToolStarted {
        /// Counts the calls of this answer from 0.
        index: usize,
        /// The call as the model wrote it.
        call: ToolCall,
    },
    /// A call has ended. Calls that only read may end in another order than they began.
    ToolFinished {
        /// The one given at the start.
        index: usize,
        /// The call's id.
        call_id: String,
        /// Whether it failed.
        is_error: bool,
        /// The beginning of the result, on one line.
        summary: String,
        /// Ids of the tasks it changed.
        changed: Vec<String>,
        /// How long it took.
        took: Duration,
    },
}

impl Agent {
    /// An agent that asks `model` and calls `tools` within `limits`.
    pub fn new(model: Arc<dyn Model>, tools: Tools, limits: Limits) -> Self {
        Self { model, tools, limits }
    }

    /// What kind of model answers.
    pub fn mode(&self) -> LlmMode {
        self.model.mode()
    }

    /// Whether the model can be shown pictures.
    pub fn sees_pictures(&self) -> bool {
        self.model.sees_pictures()
    }

    /// Whether an answer can begin: the tools of all required servers can be listed. Mostly answered from a cache.
    pub async fn ready(&self, user: &UserId) -> Result<(), AgentError> {
        match self.tools.offer(user).await {
            Ok(_) => Ok(()),
            Err(source) => Err(AgentError::ToolsUnavailable { source: source.into() }),
        }
    }

    /// Answers one message. The stream ends after an error or when the answer is whole; when
    /// `run.cancel` is cancelled it simply ends.
    pub fn run(&self, run: Run) -> BoxStream<'static, Result<AgentEvent, AgentError>> {
        let Self { model, tools, limits } = self.clone();
        let Run { user, system, messages, turn_id, cancel } = run;
        let time = limits.turn;
        let answer = stream! {
            let offer = match Box::pin(tools.offer(&user)).await {
                Ok(offer) => offer,
                Err(source) => {
                    yield Err(AgentError::ToolsUnavailable { source: source.into() });
                    return;
                }
            };
            let system = system + &without(&offer.away);
            let specs = offer.specs.clone();
            let call = turn::caller(move |call: ToolCall, key: String| {
                let (tools, offer, user) = (tools.clone(), offer.clone(), user.clone());
                async move { tools.call(&offer, &user, &call, &key).await }.boxed()
            });
            let turn = Turn { model, limits, tools: specs, call, system, messages, id: turn_id };
            for await event in turn.run() {
                yield event;
            }
        };
        turn::within(time, cancel, answer.boxed())
    }
}

/// What the model is told of servers that are away, so that it does not promise what they do.
fn without(away: &[String]) -> String {
    let sentence = |name: &String| {
        format!("\n\nThe tools of the server {name} are unavailable at the moment.")
    };
    away.iter().map(sentence).collect()
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("mode", &self.model.mode())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
