//! Changing a task: completing, deleting, renaming, describing.

use super::{
    Command, Missing, NotOffered, Part,
    phrase::{Phrase, is_number},
};

const AS_DONE: &[&str] = &[
    "as being done",
    "as done",
    "as complete",
    "as completed",
    "as finished",
    "as closed",
    "to done",
    "to complete",
    "to completed",
    "to finished",
    "done",
    "complete",
    "completed",
    "finished",
    "off",
];
const TO_DONE: &[&str] = &[
    "to done",
    "to complete",
    "to completed",
    "to finished",
    "as done",
    "as complete",
    "as completed",
    "as finished",
];
const AS_OPEN: &[&str] = &[
    "as not done",
    "as not completed",
    "as not complete",
    "as not finished",
    "as undone",
    "as open",
    "as incomplete",
    "as unfinished",
    "as uncompleted",
    "as pending",
    "as todo",
    "as to do",
    "not done",
    "undone",
    "incomplete",
    "to not done",
    "to open",
    "to undone",
    "to incomplete",
    "open again",
    "as active",
    "as outstanding",
];
const DONE_FIRST: &[&str] = &[
    "mark as done",
    "mark as complete",
    "mark as completed",
    "mark as finished",
    "mark done",
    "mark complete",
    "mark completed",
    "mark off",
    "check off",
    "tick off",
    "cross off",
    "cross out",
    "strike off",
    "strike out",
];
const DONE: &[&str] = &["complete", "finish", "done with", "done"];
const I_DID: &[&str] = &[
    "i have just finished",
    "i have just completed",
    "i've just finished",
    "i've just completed",
    "i just finished",
    "i just completed",
    "i just did",
    "i already finished",
    "i already completed",
    "i already did",
    "i have already finished",
    "i have already done",
    "i've already finished",
    "i've already done",
    "i have finished",
    "i have completed",
    "i have done",
    "i've finished",
    "i've completed",
    "i've done",
    "i am done with",
    "i'm done with",
    "i am finished with",
    "i'm finished with",
    "i finished",
    "i completed",
    "i did",
    "we finished",
    "we completed",
    "we did",
    "we've finished",
    "we have finished",
    "i'm through with",
];
const IS_DONE: &[&str] = &[
    "is already done",
    "is already finished",
    "is done",
    "are done",
    "is finished",
    "are finished",
    "is complete",
    "is completed",
    "are completed",
    "has been done",
    "done",
    "✓",
    "✔",
    "✅",
];
const DELETE: &[&str] =
    &["delete", "remove", "erase", "get rid of", "throw away", "trash", "discard"];
const RENAME: &[&str] = &["rename", "retitle"];
const CHANGE: &[&str] = &["change", "update", "edit", "modify"];
const TITLE_OF: &[&str] = &["the title of", "the name of", "the text of", "title of", "name of"];
const DESCRIPTION_OF: &[&str] = &[
    "the description of",
    "the description for",
    "the notes of",
    "the note of",
    "the details of",
    "description of",
    "description for",
];
/// What tasks have elsewhere, and not here.
const OTHER_OF: &[&str] = &[
    "the due date",
    "due date",
    "the deadline",
    "deadline",
    "the date",
    "the priority",
    "priority",
    "the status",
    "the list",
    "the color",
    "the colour",
    "the time",
    "the owner",
    "the tag",
    "the label",
];
const REOPEN: &[&str] =
    &["reopen", "re-open", "uncheck", "untick", "unmark", "uncomplete", "undo task"];

const OFF_LIST: &[&str] = &[
    "from my to-do list",
    "from my to do list",
    "from my todo list",
    "from my task list",
    "from my list",
    "from the list",
    "from my tasks",
    "from the tasks",
    "off my to-do list",
    "off my todo list",
    "off my list",
    "off the list",
    "on my list",
    "on the list",
    "in my list",
    "for me",
    "again",
];
const ARTICLES: &[&str] = &["the", "my", "our", "a", "an", "this", "that"];
const NOUN: &[&str] = &[
    "task number",
    "task no",
    "task nr",
    "task called",
    "task named",
    "task titled",
    "tasks numbers",
    "tasks number",
    "tasks",
    "task",
    "to-do item",
    "todo item",
    "todo",
    "to-do",
    "item number",
    "items",
    "item",
    "numbers",
    "number",
    "no",
    "nr",
    "#",
];
const NOUN_AT_END: &[&str] =
    &["to-do item", "to do item", "todo item", "task", "todo", "to-do", "item", "one"];
const ALL: &[&str] = &[
    "all",
    "everything",
    "all of it",
    "all of them",
    "them all",
    "all of my tasks",
    "every task",
    "each task",
    "all tasks",
    "all my tasks",
    "all the tasks",
    "all of the tasks",
    "all open tasks",
    "all my open tasks",
    "all completed tasks",
    "all my completed tasks",
    "all the completed tasks",
    "all done tasks",
    "all finished tasks",
    "completed tasks",
    "my completed tasks",
    "the completed tasks",
    "finished tasks",
    "done tasks",
    "open tasks",
    "all todos",
    "my tasks",
    "the tasks",
    "my list",
    "the list",
    "the whole list",
    "my whole list",
    "my to-do list",
    "my todo list",
    "tasks",
    "the rest",
    "all the rest",
    "both",
];
const IT: &[&str] =
    &["it", "that", "this", "them", "these", "those", "that one", "this one", "the task", "a task"];

/// A command that changes a task, by its first word.
pub(super) fn change(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    if phrase.after(REOPEN).is_some() {
        return Some(vec![Part::NotOffered(NotOffered::Reopen)]);
    }
    mark(phrase)
        .or_else(|| phrase.after(DELETE).map(delete))
        .or_else(|| rename(phrase))
        .or_else(|| phrase.after(DONE).map(complete))
        .or_else(|| phrase.after(I_DID).map(complete))
}

/// What says that something is done, in words that may also be part of a title or a question:
/// "groceries are done", "3 done", "finished the report".
pub(super) fn remark(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    if let Some(task) = phrase.after(&["completed", "finished"]) {
        return Some(complete(task));
    }
    let task = phrase.before(IS_DONE).filter(|task| !task.is_empty() && task.len() <= 8)?;
    let question = phrase.after(&["what", "what's", "which", "who", "how", "is", "are", "when"]);
    (question.is_none() && task.after(&["i", "i'm", "we", "not", "don't"]).is_none())
        .then(|| complete(task))
}

/// "mark … as done", "check … off", "check off …".
fn mark(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    let marking = phrase.after(&["mark", "set", "flag", "change", "move", "update"]);
    if marking.and_then(|rest| rest.before(AS_OPEN)).is_some_and(|task| !task.is_empty()) {
        return Some(vec![Part::NotOffered(NotOffered::Reopen)]);
    }
    if let Some(rest) = phrase.after(DONE_FIRST) {
        return Some(complete(rest));
    }
    let crossing = phrase.after(&["check", "tick", "cross", "strike"]);
    let crossed = crossing.and_then(|rest| {
        rest.skip_end(OFF_LIST).before(&["off", "out"]).or_else(|| rest.before(OFF_LIST))
    });
    let marked = phrase.after(&["mark", "flag"]).and_then(|rest| rest.before(AS_DONE));
    let set = phrase.after(&["set", "change", "move", "update"]);
    let set = set.and_then(|rest| rest.before(TO_DONE));
    crossed.or(marked).or(set).map(complete)
}

fn complete(tasks: Phrase<'_>) -> Vec<Part> {
    let tasks = tasks.skip_end(&["now", "already", "today", "as done", "as completed"]);
    each(tasks, Missing::ToComplete, |task| Command::Complete { task })
}

fn delete(rest: Phrase<'_>) -> Vec<Part> {
    if let Some(task) = rest.after(DESCRIPTION_OF) {
        let without = |task| Command::Describe { task, description: String::new() };
        return each(task, Missing::ToDelete, without);
    }
    each(rest, Missing::ToDelete, |task| Command::Delete { task })
}

/// "rename … to …", "change the description of … to …".
fn rename(phrase: Phrase<'_>) -> Option<Vec<Part>> {
    let to: &[&str] = &["to", "into", "->", "=>", "→"];
    let describing = phrase.skip(&["set"]).skip(CHANGE).after(DESCRIPTION_OF);
    if let Some((task, text)) = describing.and_then(|of| of.around(to)) {
        let description = text.quoted().map_or_else(|| text.as_written(), str::to_owned);
        let describe = |task| Command::Describe { task, description: description.clone() };
        return Some(each(task, Missing::NewTitle, describe));
    }
    let renaming = phrase.after(RENAME).is_some();
    let rest = phrase.after(RENAME).or_else(|| phrase.after(CHANGE))?;
    if rest.after(OTHER_OF).or(rest.after(DESCRIPTION_OF)).is_some() {
        return None;
    }
    let rest = rest.skip(TITLE_OF).skip(ARTICLES);
    let halves = rest.around(to).or_else(|| rest.around(&["as"]).filter(|_| renaming));
    match halves.and_then(|(task, title)| Some((reference(task)?, title.title()?))) {
        Some((task, title)) => Some(vec![Part::Do(Command::Rename { task, title })]),
        None => renaming.then(|| vec![Part::Missing(Missing::NewTitle)]),
    }
}

/// The same command for each of the tasks that are named: numbers or quotations in a row, or one.
fn each(tasks: Phrase<'_>, missing: Missing, command: impl Fn(String) -> Command) -> Vec<Part> {
    let tasks = tasks.skip_end(OFF_LIST);
    if tasks.is(ALL) {
        return vec![Part::NotOffered(NotOffered::Bulk)];
    }
    if let Some(named) = numbers(tasks).or_else(|| quotations(tasks)) {
        return named.into_iter().map(|task| Part::Do(command(task))).collect();
    }
    match reference(tasks) {
        Some(task) => vec![Part::Do(command(task))],
        None => vec![Part::Missing(missing)],
    }
}

fn numbers(tasks: Phrase<'_>) -> Option<Vec<String>> {
    let tasks = tasks.skip(ARTICLES).skip(NOUN);
    let mut numbers = Vec::new();
    for word in tasks.lower() {
        match word {
            "and" | "&" | "+" | "task" | "number" => {}
            word => {
                let listed = word.split(',').map(|number| {
                    is_number(number).then(|| number.trim_start_matches('#').to_owned())
                });
                numbers.extend(listed.collect::<Option<Vec<_>>>()?);
            }
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

fn quotations(tasks: Phrase<'_>) -> Option<Vec<String>> {
    let quoted = tasks.all_quoted()?;
    let named = quoted.into_iter().filter(|title| !title.is_empty()).map(str::to_owned);
    Some(named.collect::<Vec<_>>()).filter(|named| named.len() > 1)
}

/// What names one task: its number, or the words that tell it from others.
fn reference(task: Phrase<'_>) -> Option<String> {
    if task.is(IT) {
        return None;
    }
    if let Some(quoted) = task.quoted() {
        return (!quoted.is_empty()).then(|| quoted.to_owned());
    }
    let short = [task.skip(ARTICLES).skip(NOUN), task.skip(ARTICLES)];
    let short = short.into_iter().map(|words| words.skip_end(NOUN_AT_END)).find(|w| !w.is_empty());
    let words = short.unwrap_or(task);
    if let Some(quoted) = words.quoted() {
        return (!quoted.is_empty()).then(|| quoted.to_owned());
    }
    let written = words.as_written();
    let named = if is_number(&written) { written.trim_start_matches('#') } else { &written };
    (!named.trim().is_empty()).then(|| named.to_owned())
}
