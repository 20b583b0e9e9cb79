//! One turn: the model and its tools, by turns, until an answer stands.
//!
//! The user is not here: [`CallTool`] has it bound in, so nothing in this loop can act for somebody
//! else, and tests can hand in a closure where a tool server would be.

use std::{
    mem,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_stream::try_stream;
use futures_util::{Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    AgentError, AgentEvent, Limits,
    listen::Listening,
    model::{Finish, Message, Model, ModelEvent, ModelRequest, ToolCall, ToolSpec},
    repeats::Repeats,
    round::{Round, RoundEvent},
    tools::ToolOutcome,
};

/// Makes one call for the user it is bound to; the string is the call's idempotency key.
pub(super) type CallTool =
    Arc<dyn Fn(ToolCall, String) -> BoxFuture<'static, ToolOutcome> + Send + Sync>;

/// `f` as a [`CallTool`].
pub(super) fn caller<F>(f: F) -> CallTool
where
    F: Fn(ToolCall, String) -> BoxFuture<'static, ToolOutcome> + Send + Sync + 'static,
{
    Arc::new(f)
}

/// All that one turn needs.
pub(super) struct Turn {
    pub(super) model: Arc<dyn Model>,
    pub(super) limits: Limits,
    pub(super) tools: Arc<[ToolSpec]>,
    pub(super) call: CallTool,
    pub(super) system: String,
    pub(super) messages: Vec<Message>,
    pub(super) id: String,
}

/// One answer of the model.
#[derive(Default)]
struct Answer {
    text: String,
    calls: Vec<ToolCall>,
    raw: Vec<serde_json::Value>,
}

const TOO_MANY_STEPS: &str =
    "I stopped here because this was taking too many steps. What was done so far stands.";
const TOO_MANY_CALLS: &str = "I stopped here because one message may only do so many things at \
     once. What was done so far stands; please ask for the rest in another message.";
const GOING_IN_CIRCLES: &str =
    "I stopped here because I was repeating myself. What was done so far stands.";
const TOO_LONG: &str = "\n\n(The answer was cut short at the model's length limit.)";
const WITHHELD: &str = "\n\n(The model's provider withheld the rest of this answer.)";
const NOTHING_SAID: &str = "The language model gave no answer. Please ask in other words.";
const NOTHING_ADDED: &str = "Done.";

impl Turn {
    /// Asks the model and makes its calls until it calls nothing more or a limit is reached.
    pub(super) fn run(mut self) -> impl Stream<Item = Result<AgentEvent, AgentError>> + Send {
        try_stream! {
            let mut repeats = Repeats::default();
            let mut made = 0;
            for _ in 0..self.limits.model_turns {
                let mut answer = Answer::default();
                let mut listening = Listening::new(self.model.stream(self.request()), &self.limits);
                let finish = loop {
                    match listening.next().await? {
                        ModelEvent::Alive => {}
                        ModelEvent::TextDelta(text) if text.is_empty() => {}
                        ModelEvent::TextDelta(text) => {
                            answer.text.push_str(&text);
                            yield AgentEvent::TextDelta(text);
                        }
                        ModelEvent::ToolCall(call) => answer.calls.push(call),
                        ModelEvent::Done { raw, finish } => {
                            answer.raw = raw;
                            break finish;
                        }
                    }
                };
                drop(listening);
                if answer.calls.is_empty() {
                    if let Some(words) = last_words(&answer.text, finish, made) {
                        yield AgentEvent::TextDelta(words.to_owned());
                    }
                    return;
                }
                if !answer.text.is_empty() {
                    yield AgentEvent::TextDone;
                }
                let over_budget = made + answer.calls.len() > self.limits.tool_calls;
                answer.calls.truncate(self.limits.tool_calls - made);
                let mut results = Vec::new();
                {
                    let mut events = pin!(self.round(&answer.calls, made).run(&mut repeats));
                    while let Some(event) = events.next().await {
                        match event {
                            RoundEvent::Progress(event) => yield event,
                            RoundEvent::Results(all) => results = all,
                        }
                    }
                }
                let circles = repeats.going_in_circles().then_some(GOING_IN_CIRCLES);
                if let Some(why) = over_budget.then_some(TOO_MANY_CALLS).or(circles) {
                    yield AgentEvent::TextDelta(why.to_owned());
                    return;
                }
                made += answer.calls.len();
                self.remember(answer, results);
            }
            yield AgentEvent::TextDelta(TOO_MANY_STEPS.to_owned());
        }
    }

    fn request(&self) -> ModelRequest {
        ModelRequest {
            turn_id: self.id.clone(),
            system: self.system.clone(),
            messages: self.messages.clone(),
            tools: Arc::clone(&self.tools),
        }
    }

    fn round<'a>(&'a self, calls: &'a [ToolCall], first: usize) -> Round<'a> {
        Round { calls, first, specs: &self.tools, call: &self.call, turn_id: &self.id }
    }

    fn remember(&mut self, answer: Answer, results: Vec<Message>) {
        let Answer { text, calls, raw } = answer;
        self.messages.push(Message::Assistant { text, calls, raw });
        self.messages.extend(results);
    }
}

/// What has to be added to the model's last text so that a person is never left without a word.
fn last_words(text: &str, finish: Finish, calls: usize) -> Option<&'static str> {
    match finish {
        Finish::Length => Some(TOO_LONG),
        Finish::Filtered => Some(WITHHELD),
        Finish::Complete if !text.trim().is_empty() => None,
        Finish::Complete if calls > 0 => Some(NOTHING_ADDED),
        Finish::Complete => Some(NOTHING_SAID),
    }
}

/// `answer` until `time` is over or `cancel` is cancelled; then it is dropped, and with it the
/// model's stream and the calls under way.
pub(super) fn within(
    time: Duration,
    cancel: CancellationToken,
    answer: BoxStream<'static, Result<AgentEvent, AgentError>>,
) -> BoxStream<'static, Result<AgentEvent, AgentError>> {
    let over = Box::pin(tokio::time::sleep(time));
    let cancelled = Box::pin(cancel.clone().cancelled_owned());
    Within { answer: Some(answer), cancel, cancelled, over, in_a_row: 0 }.boxed()
}

/// Events that are taken in a row before the clock is looked at.
const IN_A_ROW: u32 = 64;

struct Within {
    answer: Option<BoxStream<'static, Result<AgentEvent, AgentError>>>,
    cancel: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    over: Pin<Box<Sleep>>,
    in_a_row: u32,
}

impl Stream for Within {
    type Item = Result<AgentEvent, AgentError>;

    /// The timer and the wait for the token are looked at when there is nothing else to do: a look at
    /// them costs as much as an event.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(answer) = this.answer.as_mut().filter(|_| !this.cancel.is_cancelled()) else {
            this.answer = None;
            return Poll::Ready(None);
        };
        if this.in_a_row < IN_A_ROW
            && let Poll::Ready(event) = answer.poll_next_unpin(context)
        {
            this.in_a_row += 1;
            return Poll::Ready(event);
        }
        let is_ready = mem::take(&mut this.in_a_row) == IN_A_ROW;
        if this.over.as_mut().poll(context).is_ready() {
            this.answer = None;
            return Poll::Ready(Some(Err(AgentError::OutOfTime)));
        }
        if this.cancelled.as_mut().poll(context).is_ready() {
            this.answer = None;
            return Poll::Ready(None);
        }
        if is_ready { answer.poll_next_unpin(context) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests;
