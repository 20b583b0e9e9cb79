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

use std::{collections::HashMap, sync::Arc};

use async_stream::stream;
use chatkit_server::{
    Error, Feedback, RespondError, Responder, StoreError, Turn,
    protocol::{ErrorCode, StreamOptions, ThreadItem, ThreadMetadata, ThreadStreamEvent},
};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use todochat_service::{Clock, Ids};

use self::answer::Answer;
use crate::{
    agent::{Agent, AgentError, LlmMode, Run},
    attachments::Attachments,
    caller::{Caller, Failure},
    config::BadgeArgs,
    metrics::Metrics,
    store::{
        feedback::{self, Verdicts},
        threads::Threads,
    },
};

/// No turn has more.
const MOST_ITEMS: usize = 1000;

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
    /// How much of a call its badge shows.
    pub badges: BadgeArgs,
    /// Where the files of messages are; none when they are off.
    pub attachments: Option<Attachments>,
    /// Where verdicts on answers are kept.
    pub verdicts: Verdicts,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether an answer ends when its reader hangs up. A stop button does no more, and would stop nothing otherwise.
    pub stoppable: bool,
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
            // Boxed: what is done before the answer is not to be held while it lasts.
            let run = match Box::pin(this.run(&turn, &agent)).await {
                Ok(run) => run,
                Err(error) => {
                    yield Err(error);
                    return;
                }
            };
            // A new conversation was named after its first message in the commit that began it.
            if turn.is_new && turn.thread.title.is_some() {
                yield Ok(ThreadStreamEvent::ThreadUpdated { thread: turn.thread.clone().into() });
            }
            let mut counting = this.metrics.answer(this.clock.now());
            let mut answer = this.answer(&turn);
            let mut events = agent.run(run);
            let mut shown = Vec::new();
            while let Some(event) = events.next().await {
                match event {
                    Ok(event) => {
                        counting.saw(&event, &this.clock);
                        answer.take(event, &mut shown);
                        for event in shown.drain(..) {
                            yield Ok(event);
                        }
                        // An answer begins with three at once and goes on with one at a time.
                        shown.shrink_to(1);
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
            counting.completed();
        }
        .boxed()
    }

    fn stream_options(&self, _thread: &ThreadMetadata, _context: &Caller) -> StreamOptions {
        StreamOptions { allow_cancel: self.stoppable }
    }

    fn feedback(&self, feedback: Feedback<Caller>) -> BoxFuture<'_, Result<(), Error>> {
        self.verdict(feedback).boxed()
    }
}

impl AgentResponder {
    fn answer(&self, turn: &Turn<Caller>) -> Answer {
        let thread_id = turn.thread.id.clone();
        Answer::new(self.clock.clone(), self.ids.clone(), thread_id, self.badges)
    }

    async fn verdict(&self, feedback: Feedback<Caller>) -> Result<(), Error> {
        let Feedback { thread, mut item_ids, kind, context } = feedback;
        // In one order, so that two at once do not wait for each other.
        item_ids.sort_unstable();
        item_ids.dedup();
        if item_ids.len() > MOST_ITEMS {
            return Err(Error::new(422, "too_many_items", "A verdict is on at most 1000 items."));
        }
        let given = self.verdicts.give(context.user.as_str(), &thread.id, &item_ids, kind).await;
        given.map_err(|error| Error::from(StoreError::failed(error)))?;
        self.metrics.feedback.with_label_values(&[feedback::word(kind)]).inc();
        Ok(())
    }

    async fn run(&self, turn: &Turn<Caller>, agent: &Agent) -> Result<Run, RespondError> {
        let items = match &turn.input {
            // What was just kept need not be read.
            Some(input) if turn.is_new => vec![ThreadItem::UserMessage(input.clone())],
            _ => {
                let items = self.store.recent_items(&turn.context, &turn.thread.id).await;
                items.map_err(RespondError::failed)?
            }
        };
        let files = match &self.attachments {
            // The offline command mode reads none.
            Some(attachments) if agent.mode() == LlmMode::Model => {
                attachments.told(&items, agent.sees_pictures()).await
            }
            _ => HashMap::new(),
        };
        Ok(Run {
            user: turn.context.user.clone(),
            system: instructions::text(self.prompt.as_deref(), self.clock.now(), &self.time_zone),
            messages: history::messages(&items, &files),
            turn_id: turn.turn_id.clone(),
            cancel: turn.cancel.clone(),
        })
    }
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
