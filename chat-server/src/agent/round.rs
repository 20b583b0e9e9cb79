//! The calls of one answer: those that only read run together, those that change something run
//! alone and in the model's order. Results are in the order of the calls whatever ran when.

use std::time::Duration;

use async_stream::stream;
use futures_util::{Stream, StreamExt, stream::FuturesUnordered};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    AgentEvent,
    model::{Message, ToolCall, ToolSpec},
    repeats::{Repeats, Verdict},
    tools::ToolOutcome,
    turn::CallTool,
};

/// Longer arguments are a model run wild; the longest honest ones hold a description.
const MAX_ARGUMENTS: usize = 128 * 1024;
const SUMMARY_CHARS: usize = 200;

/// One answer's calls, to be made.
pub(super) struct Round<'a> {
    pub(super) calls: &'a [ToolCall],
    /// How many calls the turn made before.
    pub(super) first: usize,
    pub(super) specs: &'a [ToolSpec],
    pub(super) call: &'a CallTool,
    pub(super) turn_id: &'a str,
}

/// What a round yields.
pub(super) enum RoundEvent {
    /// For whoever watches.
    Progress(AgentEvent),
    /// At the end: what the model is told, in the order of the calls.
    Results(Vec<Message>),
}

/// What is to be done about a call.
enum Step {
    Make { arguments: Value, read_only: bool },
    Answer(ToolOutcome),
}

/// A call that has ended.
struct Ended {
    place: usize,
    outcome: ToolOutcome,
    took: Duration,
    made: Option<(Value, bool)>,
}

impl Round<'_> {
    /// Makes the calls.
    pub(super) fn run(self, repeats: &mut Repeats) -> impl Stream<Item = RoundEvent> + Send {
        stream! {
            repeats.next_round();
            let mut results: Vec<Option<ToolOutcome>> = self.calls.iter().map(|_| None).collect();
            let mut next = 0;
            while next < self.calls.len() {
                let together = self.together(next);
                let mut running = FuturesUnordered::new();
                for place in next..next + together {
                    let (index, call) = (self.first + place, self.shown(place));
                    yield RoundEvent::Progress(AgentEvent::ToolStarted { index, call });
                    running.push(self.take(place, self.step(&self.calls[place], repeats)));
                }
                while let Some(ended) = running.next().await {
                    let Ended { place, outcome, took, made } = ended;
                    if let Some((arguments, read_only)) = made {
                        let name = &self.calls[place].name;
                        repeats.made(name, arguments, read_only, &outcome.content);
                    }
                    yield RoundEvent::Progress(self.finished(place, &outcome, took));
                    results[place] = Some(outcome);
                }
                next += together;
            }
            yield RoundEvent::Results(self.messages(results));
        }
    }

    /// The call as people see it: with the tool's own name.
    fn shown(&self, place: usize) -> ToolCall {
        let mut call = self.calls[place].clone();
        if let Some(spec) = self.specs.iter().find(|spec| spec.name == call.name) {
            call.name.clone_from(&spec.own_name);
        }
        call
    }

    /// How many calls from `next` on run at the same time.
    fn together(&self, next: usize) -> usize {
        let reads = self.calls[next..].iter().take_while(|call| {
            self.specs.iter().any(|spec| spec.name == call.name && spec.read_only)
        });
        reads.count().max(1)
    }

    fn step(&self, call: &ToolCall, repeats: &mut Repeats) -> Step {
        let arguments = match arguments(&call.arguments) {
            Ok(arguments) => Value::Object(arguments),
            Err(why) => return Step::Answer(failure(why)),
        };
        let Some(spec) = self.specs.iter().find(|spec| spec.name == call.name) else {
            return Step::Answer(failure(self.no_such_tool()));
        };
        match repeats.judge(&call.name, &arguments) {
            Verdict::Make => Step::Make { arguments, read_only: spec.read_only },
            Verdict::Made(result) => Step::Answer(ToolOutcome {
                content: format!("already done, not done again; the result was: {result}"),
                is_error: false,
                changed: Vec::new(),
            }),
        }
    }

    fn no_such_tool(&self) -> String {
        let names: Vec<&str> = self.specs.iter().map(|spec| spec.name.as_str()).collect();
        format!("there is no such tool; the tools are: {}", names.join(", "))
    }

    async fn take(&self, place: usize, step: Step) -> Ended {
        let started = Instant::now();
        let (outcome, made) = match step {
            Step::Answer(outcome) => (outcome, None),
            Step::Make { arguments, read_only } => {
                let mut call = self.calls[place].clone();
                call.arguments = arguments.to_string();
                let key = format!("{}-{}", self.turn_id, self.first + place);
                ((self.call)(call, key).await, Some((arguments, read_only)))
            }
        };
        Ended { place, outcome, took: started.elapsed(), made }
    }

    fn finished(&self, place: usize, outcome: &ToolOutcome, took: Duration) -> AgentEvent {
        AgentEvent::ToolFinished {
            index: self.first + place,
            call_id: self.calls[place].id.clone(),
            is_error: outcome.is_error,
            summary: summary(&outcome.content),
            changed: outcome.changed.clone(),
            took,
        }
    }

    fn messages(&self, results: Vec<Option<ToolOutcome>>) -> Vec<Message> {
        let told = |(call, outcome): (&ToolCall, Option<ToolOutcome>)| {
            let ToolOutcome { content, is_error, .. } = outcome.expect("every call has ended");
            Message::Tool { call_id: call.id.clone(), content, is_error }
        };
        self.calls.iter().zip(results).map(told).collect()
    }
}

fn failure(content: String) -> ToolOutcome {
    ToolOutcome { content, is_error: true, changed: Vec::new() }
}

/// The arguments as an object; no text at all means none.
fn arguments(text: &str) -> Result<Map<String, Value>, String> {
    if text.len() > MAX_ARGUMENTS {
        return Err("the arguments are too long; the tool was not called".to_owned());
    }
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text)
        .map_err(|e| format!("the arguments are not a JSON object ({e}); the tool was not called"))
}

fn summary(content: &str) -> String {
    let mut words = String::new();
    for word in content.split_whitespace() {
        if words.len() > SUMMARY_CHARS {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    match words.char_indices().nth(SUMMARY_CHARS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
