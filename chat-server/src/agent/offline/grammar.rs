//! From a sentence to commands. No state, no look at the tasks: the same words mean the same to
//! everybody.
//!
//! A message is one command or several. It is cut at line ends, `;` and ends of sentences, and at
//! commas, "and", "then" and "also" only where a command begins after them: "add buy milk and eggs"
//! is one task. What stands in quotes is never cut or changed.
//!
//! ```text
//! text      words, quotes, punctuation     phrase   matching, and making titles of words
//! add · change · list · talk               one function a command, each a list of its forms
//! ```

mod add;
mod change;
mod list;
mod phrase;
mod talk;
mod text;

use self::{
    phrase::Phrase,
    text::{Mark, Text},
};

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A command.
    Do(Command),
    /// A command that says too little.
    Missing(Missing),
    /// Something that was understood and is no command here.
    NotOffered(NotOffered),
    /// Thanks.
    Thanks,
    /// Not understood; the words as they were written.
    Unknown(String),
}

/// What can be done. A task is named by its number or by words of its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Add { title: String, description: Option<String> },
    List { which: Which, query: Option<String> },
    Complete { task: String },
    Delete { task: String },
    Rename { task: String, title: String },
    Describe { task: String, description: String },
    Help,
}

/// Which tasks to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Open,
    Completed,
}

/// What a command lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// What to add.
    Title,
    /// Which task to complete.
    ToComplete,
    /// Which task to delete.
    ToDelete,
    /// What to rename to what.
    NewTitle,
}

/// What people ask for and no tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotOffered {
    Reopen,
    Undo,
    /// Many tasks at once.
    Bulk,
}

/// The parts of a message, in order.
pub(super) fn parse(sentence: &str) -> Vec<Part> {
    let text = Text::new(sentence);
    let whole = Phrase::whole(&text);
    if whole.is_empty() {
        let nothing =
            if sentence.trim() == "?" { Part::Do(Command::Help) } else { unknown(&whole) };
        return vec![nothing];
    }
    let mut parts = Vec::new();
    let segments = segments(whole);
    let alone = segments.len() == 1;
    for segment in segments {
        let asked = segment.without_courtesies();
        match command(asked).or_else(|| talk::remark(segment, alone)) {
            Some(understood) => parts.extend(understood),
            None if asked.is_empty() => {}
            None => parts.push(unknown(&segment)),
        }
    }
    if parts.is_empty() { vec![Part::Do(Command::Help)] } else { parts }
}

fn unknown(phrase: &Phrase<'_>) -> Part {
    Part::Unknown(phrase.as_written())
}

/// A command, however it is put.
fn command(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    list::bare(phrase)
        .or_else(|| talk::talk(phrase))
        .or_else(|| opening(phrase))
        .or_else(|| change::remark(phrase))
}

/// A command whose first word says what it is.
fn opening(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    let forms = [change::change, add::add, list::list];
    forms.iter().find_map(|form| form(phrase))
}

/// The message, cut into what may be commands.
fn segments(whole: Phrase<'_>) -> Vec<Phrase<'_>> {
    let mut end = whole.len();
    let mut segments = Vec::new();
    for start in (1..whole.len()).rev() {
        if is_end(whole, start) || begins_command(whole, start, end) {
            segments.push(whole.part(start, end));
            end = start;
        }
    }
    segments.push(whole.part(0, end));
    segments.reverse();
    let last = segments.len() - 1;
    segments[..last].iter_mut().for_each(|segment| *segment = segment.without_trailing_joiner());
    segments
}

/// Whether a sentence or line ends before `start`.
fn is_end(whole: Phrase<'_>, start: usize) -> bool {
    match whole.mark(start - 1) {
        Mark::End => true,
        Mark::Stop => !whole.is_abbreviation(start - 1) && whole.is_capital(start),
        Mark::None | Mark::Comma | Mark::Colon => false,
    }
}

/// Whether a command begins at `start`, where the words before it may end.
fn begins_command(whole: Phrase<'_>, start: usize, end: usize) -> bool {
    let pause = matches!(whole.mark(start - 1), Mark::Comma | Mark::Stop);
    if !(pause || whole.is_joiner(start)) || whole.is_bullet(start - 1) {
        return false;
    }
    // Of "and then" the last word has been tried already.
    if start + 1 < end && whole.is_joiner(start) && whole.is_joiner(start + 1) {
        return false;
    }
    let understood = opening(whole.part(start, end).without_courtesies());
    understood.is_some_and(|parts| parts.iter().all(|part| !matches!(part, Part::Missing(_))))
}

#[cfg(test)]
mod tests;
