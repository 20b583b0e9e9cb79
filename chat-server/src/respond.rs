//! Agent events become ChatKit events.
//!
//! ```text
//! Turn ─▶ history (store → conversation) ─▶ Agent::run ─▶ AgentEvent ─▶ Answer ─▶ ThreadStreamEvent
//! ```
//!
//! Nothing is kept here: the ChatKit server persists what this yields, when an item is done.

mod answer;
mod history;
mod instructions;

use std::sync::Arc;

use async_stream::stream;
use chatkit_server::{
    RespondError, Responder, Turn,
    protocol::{ErrorCode, Thread, ThreadStreamEvent},
};
use futures_util::{StreamExt as _, stream::BoxStream};
use todochat_service::{Clock, Ids};

use self::answer::Answer;
use crate::{
    agent::{Agent, AgentError, Run},
    caller::{Caller, Failure},
    metrics::Metrics,
    store::threads::Threads,
};

const UNAVAILABLE: &str = "The assistant is not available at the moment.";

/// Answers with the agent.
#[derive(Clone, Debug)]
pub struct AgentResponder {
    /// What answers.
    pub agent: Option<Arc<Agent>>,
    /// Where the conversation so far is read.
    pub store: Threads,
    /// The time, as the model is told it.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// The user's time zone, an IANA name.
    pub time_zone: String,
    /// More rules for the model, after the built-in ones.
    pub prompt: Option<Arc<str>>,
    /// What is counted.
    pub metrics: Metrics,
}

impl Responder<Caller> for AgentResponder {
    fn respond(
        &self,
        turn: Turn<Caller>,
    ) -> BoxStream<'static, Result<ThreadStreamEvent, RespondError>> {
        let this = self.clone();
        stream! {
            let Some(agent) = this.agent.clone() else {
                yield Err(RespondError::custom(UNAVAILABLE, true));
                return;
            };
            let run = match this.run(&turn).await {
                Ok(run) => run,
                Err(error) => {
                    yield Err(error);
                    return;
                }
            };
            let mut counting = this.metrics.answer(this.clock.now());
            let mut answer = Answer::new(this.clock.clone(), this.ids.clone(), turn.thread.id.clone());
            let mut events = agent.run(run);
            while let Some(event) = events.next().await {
                match event {
                    Ok(event) => {
                        counting.saw(&event, this.clock.now());
                        for event in answer.take(event) {
                            yield Ok(event);
                        }
                    }
                    Err(error) => {
                        counting.failed();
                        yield Err(failed(&turn.context, error));
                        return;
                    }
                }
            }
            for event in answer.finish() {
                yield Ok(event);
            }
            // At the end, because keeping it is a commit that nobody should wait for.
            if let Some(thread) = titled(&turn) {
                yield Ok(ThreadStreamEvent::ThreadUpdated { thread });
            }
            counting.completed();
        }
        .boxed()
    }
}

impl AgentResponder {
    async fn run(&self, turn: &Turn<Caller>) -> Result<Run, RespondError> {
        let items = self
            .store
            .recent_items(&turn.context, &turn.thread.id)
            .await
            .map_err(RespondError::failed)?;
        Ok(Run {
            user: turn.context.user.clone(),
            system: instructions::text(self.prompt.as_deref(), self.clock.now(), &self.time_zone),
            messages: history::messages(&items),
            turn_id: self.ids.next("trn_"),
            cancel: turn.cancel.clone(),
        })
    }
}

/// A new conversation was named after its first message in the commit that began it; say so.
fn titled(turn: &Turn<Caller>) -> Option<Thread> {
    if turn.thread.title.is_some() {
        return None;
    }
    let mut thread = turn.thread.clone();
    thread.title = crate::store::title::of(turn.input.as_ref()?);
    Some(thread.into())
}

fn failed(caller: &Caller, error: AgentError) -> RespondError {
    // Nobody reads a second failure: a turn ends with its first.
    let _ = caller.failure.set(Failure::from(&error));
    RespondError {
        code: ErrorCode::Custom,
        message: Some(error.sentence().to_owned()),
        allow_retry: error.allow_retry(),
        source: Some(Box::new(error)),
    }
}
