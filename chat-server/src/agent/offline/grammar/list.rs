//! Listing: "show me my tasks", "what's left", "find milk".
//!
//! A question is taken for one about the list only if every word of it can be part of such a
//! question; "what is the weather" is not.

use super::{Command, Part, Which, phrase::Phrase};

const SHOW: &[&str] = &["list", "show", "display"];
/// These are about the list only if they name it, or say something of tasks.
const ASK: &[&str] = &[
    "what",
    "what's",
    "whats",
    "what're",
    "which",
    "how many",
    "how much",
    "do i have",
    "do we have",
    "have i",
    "is there",
    "are there",
    "view",
    "see",
    "give me",
    "tell me",
    "get",
    "read",
    "print",
    "check",
    "look at",
    "go through",
    "any",
    "anything",
];
const FIND: &[&str] = &["find", "search for", "search", "look for", "look up"];
const ABOUT: &[&str] = &[
    "about",
    "containing",
    "that contain",
    "matching",
    "mentioning",
    "that mention",
    "with the word",
    "with the words",
    "with",
    "named",
    "called",
    "related to",
    "regarding",
    "for",
];
const TASKS: &[&str] = &["tasks", "task", "todos", "todo", "to-dos", "to-do", "items", "item"];
const LISTS: &[&str] = &["list", "lists", "agenda", "plate", "have", "do"];
/// All that can be said about a list.
const WORDS: &[&str] = &[
    "a",
    "about",
    "active",
    "again",
    "agenda",
    "all",
    "am",
    "and",
    "any",
    "anything",
    "are",
    "as",
    "at",
    "be",
    "been",
    "closed",
    "complete",
    "completed",
    "current",
    "currently",
    "did",
    "do",
    "done",
    "dos",
    "entire",
    "every",
    "everything",
    "far",
    "finish",
    "finished",
    "for",
    "full",
    "get",
    "go",
    "going",
    "got",
    "had",
    "has",
    "have",
    "haven't",
    "i",
    "i'm",
    "i've",
    "in",
    "incomplete",
    "is",
    "isn't",
    "it",
    "item",
    "items",
    "just",
    "left",
    "list",
    "lists",
    "many",
    "me",
    "more",
    "much",
    "must",
    "my",
    "need",
    "next",
    "not",
    "now",
    "of",
    "off",
    "on",
    "ones",
    "open",
    "order",
    "outstanding",
    "over",
    "overall",
    "pending",
    "plate",
    "please",
    "remain",
    "remaining",
    "remains",
    "right",
    "should",
    "so",
    "still",
    "supposed",
    "task",
    "tasks",
    "that",
    "that's",
    "the",
    "there",
    "things",
    "to",
    "to-do",
    "to-dos",
    "today",
    "todo",
    "todos",
    "undone",
    "unfinished",
    "up",
    "us",
    "we",
    "what",
    "what's",
    "whats",
    "which",
    "whole",
    "with",
    "yet",
    "you",
    "your",
    "were",
    "was",
    "else",
    "ahead",
    "already",
    "these",
    "those",
    "this",
    "some",
    "can",
    "could",
];
const OPEN: &[&str] = &[
    "left",
    "open",
    "pending",
    "incomplete",
    "unfinished",
    "undone",
    "outstanding",
    "active",
    "remaining",
    "remains",
    "remain",
    "next",
    "still",
    "need",
    "should",
    "must",
    "not",
    "haven't",
    "isn't",
    "yet",
    "supposed",
    "else",
];
const CLOSED: &[&str] = &["done", "completed", "complete", "finished", "closed", "finish", "did"];
const BARE: &[&str] = &[
    "my tasks",
    "my to-do list",
    "my to do list",
    "my todo list",
    "my task list",
    "my list",
    "my todos",
    "all tasks",
    "all my tasks",
    "open tasks",
    "my open tasks",
    "pending tasks",
    "remaining tasks",
    "completed tasks",
    "my completed tasks",
    "finished tasks",
    "done tasks",
    "task list",
    "todo list",
    "to-do list",
    "to do list",
    "the list",
    "tasks",
    "todos",
    "to-dos",
    "left",
    "remaining",
    "all",
    "everything",
    "overview",
    "still open",
    "tasks left",
    "tasks please",
];

/// A command that lists, by its first word.
pub(super) fn list(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    if let Some(rest) = phrase.after(FIND) {
        let words = rest.skip(&["me"]).skip(&["my", "the", "all"]).skip(TASKS).skip(ABOUT);
        return query(Which::All, words.skip_end(TASKS));
    }
    let rest =
        phrase.after(SHOW).or_else(|| phrase.after(ASK).filter(|rest| is_about_tasks(*rest)))?;
    if rest.lower().all(is_known) {
        return Some(part(which(phrase), None));
    }
    let (list, words) = rest.around(ABOUT)?;
    let is_list = list.lower().all(is_known) && list.lower().any(|word| TASKS.contains(&word));
    if is_list { query(which(list), words) } else { None }
}

fn is_about_tasks(rest: Phrase<'_>) -> bool {
    let telling =
        |word: &str| [TASKS, OPEN, CLOSED, LISTS].iter().any(|words| words.contains(&word));
    rest.lower().any(telling)
}

/// A list that is only named.
pub(super) fn bare(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    phrase.is(BARE).then(|| part(which(phrase), None))
}

fn query(which: Which, words: Phrase<'_>) -> Option<Vec<Part>> {
    let words = words.skip(&["the", "my", "a", "an"]);
    let words = words.quoted().map_or_else(|| words.as_written(), str::to_owned);
    (!words.trim().is_empty()).then(|| part(which, Some(words)))
}

fn part(which: Which, query: Option<String>) -> Vec<Part> {
    vec![Part::Do(Command::List { which, query })]
}

fn is_known(word: &str) -> bool {
    WORDS.contains(&word)
}

fn which(phrase: Phrase<'_>) -> Which {
    let words: Vec<&str> = phrase.lower().collect();
    let has = |some: &[&str]| words.iter().any(|word| some.contains(word));
    let to_do =
        words.windows(3).any(|three| matches!(three, ["have" | "there" | "got", "to", "do"]));
    match () {
        () if has(&["open"]) && has(&["and"]) && has(CLOSED) => Which::All,
        () if has(OPEN) || to_do => Which::Open,
        () if has(CLOSED) => Which::Completed,
        () => Which::All,
    }
}
