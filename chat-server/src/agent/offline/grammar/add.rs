//! Adding: "add buy milk", "create a task called 'Meeting prep'", "remember to call mum".

use super::{Command, Missing, Part, phrase::Phrase};

const ADD: &[&str] = &["add in", "add", "create", "new", "insert"];
/// These mean a task only when they say so.
const MAKE: &[&str] = &["make me", "make", "set up"];
const REMEMBER: &[&str] = &[
    "remember to",
    "remember that",
    "remember",
    "remind me to",
    "remind me that",
    "remind me about",
    "remind me of",
    "remind me",
    "don't let me forget to",
    "don't let me forget",
    "do not let me forget to",
    "don't forget to",
    "do not forget to",
    "don't forget",
    "i must remember to",
    "i have to remember to",
    "i should remember to",
    "note to self to",
    "note to self",
    "note down",
    "jot down",
    "write down",
];
const ARTICLES: &[&str] = &[
    "me a new",
    "me a",
    "me an",
    "us a",
    "a new",
    "another new",
    "one new",
    "the new",
    "my new",
    "the following",
    "one more",
    "another",
    "some",
    "the",
    "this",
    "my",
    "an",
    "a",
    "new",
    "one",
    "two",
    "three",
    "four",
    "five",
    "these",
    "2",
    "3",
    "4",
    "5",
];
const MORE: &[&str] = &["new", "quick", "simple", "short", "following"];
const ONE: &[&str] = &[
    "to-do item",
    "to do item",
    "todo item",
    "list item",
    "task item",
    "task",
    "todo",
    "to-do",
    "to do",
    "item",
    "reminder",
    "entry",
];
const MANY: &[&str] =
    &["to-do items", "todo items", "tasks", "todos", "to-dos", "items", "reminders"];
const CALLED: &[&str] = &[
    "called",
    "named",
    "titled",
    "entitled",
    "labelled",
    "labeled",
    "with the title",
    "with title",
    "with a title of",
    "with the name",
    "with name",
    "saying",
    "that says",
    "which says",
    "for me to",
    "to",
    "for",
    "about",
    "of",
    "that",
    "-",
    "–",
    "—",
];
const PLACE: &[&str] = &[
    "to my to-do list",
    "to my to do list",
    "to my todo list",
    "to my task list",
    "to my tasks list",
    "to my list of tasks",
    "to the to-do list",
    "to the to do list",
    "to the todo list",
    "to the task list",
    "to my list",
    "to the list",
    "to my tasks",
    "to the tasks",
    "to my todos",
    "to my to-dos",
    "to our list",
    "on my to-do list",
    "on my to do list",
    "on my todo list",
    "on my task list",
    "on my list",
    "on the list",
    "onto my list",
    "in my list",
    "to list",
    "as a new task",
    "as a task",
    "as a todo",
    "as a to-do",
    "as tasks",
    "as task",
];
const NOUN_AT_END: &[&str] = &["to-do item", "to do item", "todo item", "task", "todo", "to-do"];
const DESCRIBED: &[&str] = &[
    "with the description",
    "with a description",
    "with description",
    "and the description",
    "with the note",
    "with a note",
    "with note",
    "with the notes",
    "with notes",
    "with details",
    "with the details",
    "with the comment",
    "with a comment",
];
const SAYING: &[&str] = &["saying", "that says", "of", "that", "-", "–", "—"];

/// A command that adds.
pub(super) fn add(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    if let Some(what) = phrase.after(REMEMBER) {
        return Some(vec![one(what)]);
    }
    if let Some(what) = phrase.after(&["put"]).and_then(|rest| rest.before(PLACE)) {
        return Some(vec![one(what)]);
    }
    if let Some(what) = phrase.after(ONE).filter(|what| phrase.is_headed(what)) {
        return Some(vec![one(what)]);
    }
    if let Some(rest) = phrase.after(ADD) {
        return Some(named(rest).unwrap_or_else(|| free(rest)));
    }
    phrase.after(MAKE).and_then(named)
}

/// After a noun: "a task called …", "task: …", "tasks: …, … and …".
fn named(rest: Phrase<'_>) -> Option<Vec<Part>> {
    let rest = rest.skip(ARTICLES).skip(MORE);
    let many = rest.after(MANY);
    let what = many.or_else(|| rest.after(ONE))?;
    let what = what.skip(PLACE).skip(CALLED);
    let what = what.skip_end(PLACE);
    Some(match many {
        Some(_) if what.len() > 1 => what.enumerated().into_iter().map(one).collect(),
        _ => several(what),
    })
}

/// Without a noun before it: "a meeting prep task to my list".
fn free(rest: Phrase<'_>) -> Vec<Part> {
    if let Some(what) = rest.after(PLACE) {
        return several(what);
    }
    let rest = rest.skip_end(PLACE);
    let stripped = rest.before(NOUN_AT_END).map(|named| named.skip(ARTICLES));
    match stripped {
        Some(named) if !named.is_empty() => several(named),
        _ if rest.len() > 1 => several(rest.skip(&["a", "an"])),
        _ => several(rest),
    }
}

/// One task, or one for each quotation if there is nothing else.
fn several(what: Phrase<'_>) -> Vec<Part> {
    match what.all_quoted() {
        Some(quoted) if quoted.len() > 1 => quoted
            .into_iter()
            .filter(|title| !title.is_empty())
            .map(|title| Part::Do(Command::Add { title: title.to_owned(), description: None }))
            .collect(),
        _ => vec![one(what)],
    }
}

fn one(what: Phrase<'_>) -> Part {
    let (what, description) = match what.around(DESCRIBED) {
        Some((what, description)) => (what, Some(description.skip(SAYING))),
        None => (what, None),
    };
    let description = description.and_then(|phrase| phrase.title());
    match what.title() {
        Some(title) => Part::Do(Command::Add { title, description }),
        None => Part::Missing(Missing::Title),
    }
}
