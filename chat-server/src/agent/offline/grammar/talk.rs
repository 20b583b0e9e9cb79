//! What is said to the assistant rather than about tasks.

use super::{Command, NotOffered, Part, phrase::Phrase};

const HELP: &[&str] = &[
    "help",
    "help me",
    "help please",
    "commands",
    "usage",
    "what can you do",
    "what can you do for me",
    "what can i do",
    "what can i say",
    "what can i do here",
    "what do you do",
    "what do you understand",
    "who are you",
    "what are you",
    "how does this work",
    "how does it work",
    "how do you work",
    "how do i use this",
    "how do i use you",
    "how to use this",
    "options",
    "instructions",
    "manual",
];
const HOW: &[&str] =
    &["how do i", "how can i", "how do you", "how does one", "how to", "what commands"];
const UNDO: &[&str] =
    &["undo", "revert", "roll back", "restore", "bring back", "undelete", "take back"];
const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "hi there",
    "hello there",
    "hey there",
    "good morning",
    "good evening",
    "good afternoon",
    "greetings",
    "howdy",
    "yo",
];

const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thx",
    "thanks a lot",
    "many thanks",
    "thank you very much",
    "thank you so much",
    "ok thanks",
    "okay thanks",
    "great thanks",
    "thanks so much",
];

/// A question about the assistant, or something it does not do.
pub(super) fn talk(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    if phrase.is(HELP) || phrase.after(HOW).is_some() || phrase.is(GREETINGS) {
        return Some(vec![Part::Do(Command::Help)]);
    }
    phrase.after(UNDO).map(|_| vec![Part::NotOffered(NotOffered::Undo)])
}

/// What is nothing any more once it is freed of courtesies. A greeting before something else needs
/// no answer.
pub(super) fn remark(phrase: Phrase<'_>, alone: bool) -> Option<Vec<Part>> {
    if phrase.is(THANKS) {
        return Some(vec![Part::Thanks]);
    }
    (alone && phrase.is(GREETINGS)).then(|| vec![Part::Do(Command::Help)])
}
