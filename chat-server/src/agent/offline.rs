//! The offline command mode: what answers while no language model is configured. It understands a
//! small language of commands, and says so; it is never passed off as a model.
//!
//! ```text
//! grammar   a sentence → what is to be done, and what was not understood     (pure)
//! plan      that → calls of the tools there are                             (pure)
//! answer    their results → words                                           (pure)
//! ```
//!
//! It stands behind the same trait as the models, so badges, limits and errors are the same. It is
//! asked twice: for the calls, and with their results for the answer. It keeps nothing in between;
//! the same sentence means the same again.

mod answer;
mod grammar;
mod plan;

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use self::plan::Step;
use super::model::{
    Finish, LlmMode, Message, Model, ModelError, ModelEvent, ModelRequest, ToolCall,
};

/// The offline command mode.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

/// Said of files, in whatever comes with them.
const UNREAD: &str =
    "I cannot read files in the offline command mode; they are kept with your message.";

/// What became of a call.
struct Outcome<'a> {
    content: &'a str,
    is_error: bool,
}

impl Model for Offline {
    fn mode(&self) -> LlmMode {
        LlmMode::Offline
    }

    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let mut events = respond(&request);
        events.push(ModelEvent::Done { raw: Vec::new(), finish: Finish::Complete });
        stream::iter(events.into_iter().map(Ok)).boxed()
    }
}

fn respond(request: &ModelRequest) -> Vec<ModelEvent> {
    let Asked { sentence, files, after } = asked(&request.messages);
    if sentence.trim().is_empty() && files > 0 {
        return words(UNREAD);
    }
    let steps = plan::plan(grammar::parse(sentence), &request.tools);
    let calls = calls(&steps, &request.turn_id);
    if after.is_empty() && !calls.is_empty() {
        return calls.into_iter().map(ModelEvent::ToolCall).collect();
    }
    let outcomes: Vec<Outcome<'_>> = calls.iter().map(|call| outcome(after, &call.id)).collect();
    let answer = answer::answer(&steps, &outcomes);
    if files > 0 { words(&format!("{answer}\n\n{UNREAD}")) } else { words(&answer) }
}

/// What a person waits for an answer to.
struct Asked<'a> {
    /// The last thing they said.
    sentence: &'a str,
    /// How many files came with it.
    files: usize,
    /// What has happened since.
    after: &'a [Message],
}

fn asked(messages: &[Message]) -> Asked<'_> {
    let said = messages.iter().enumerate().rev().find_map(|(place, message)| match message {
        Message::User(text) => Some((place, text)),
        _ => None,
    });
    let (sentence, after) =
        said.map_or(("", &[][..]), |(place, text)| (text.as_str(), &messages[place + 1..]));
    let files = after.iter().take_while(|message| matches!(message, Message::File(_))).count();
    Asked { sentence, files, after: &after[files..] }
}

fn calls(steps: &[Step], turn_id: &str) -> Vec<ToolCall> {
    let calls = steps.iter().filter_map(|step| step.call.as_ref()).enumerate();
    calls
        .map(|(n, call)| ToolCall {
            id: format!("call_{turn_id}_{n}"),
            name: call.tool.to_owned(),
            arguments: call.arguments.to_string(),
        })
        .collect()
}

fn outcome<'a>(after: &'a [Message], id: &str) -> Outcome<'a> {
    let found = after.iter().find_map(|message| match message {
        Message::Tool { call_id, content, is_error } if call_id == id => {
            Some(Outcome { content, is_error: *is_error })
        }
        _ => None,
    });
    found.unwrap_or(Outcome { content: "It was not done", is_error: true })
}

/// `text` in pieces of a word each, with the space before it.
fn words(text: &str) -> Vec<ModelEvent> {
    let starts = text.char_indices().zip(text.chars().skip(1));
    let mut cuts: Vec<usize> = starts
        .filter(|((_, c), next)| !c.is_whitespace() && next.is_whitespace())
        .map(|((at, c), _)| at + c.len_utf8())
        .collect();
    cuts.push(text.len());
    let pieces = cuts.iter().scan(0, |from, cut| {
        let piece = &text[*from..*cut];
        *from = *cut;
        Some(ModelEvent::TextDelta(piece.to_owned()))
    });
    pieces.collect()
}

#[cfg(test)]
mod tests;
