//! Words for what was done, what was not, and what was not understood. Markdown; what people wrote
//! stands in it as they wrote it.

mod failure;
mod tasks;

use self::tasks::{Task, escaped, read_list, read_task};
use super::{
    Outcome,
    grammar::{Command, Missing, NotOffered, Part, Which},
    plan::Step,
};

const EXAMPLES: &str = "- add buy milk\n- show me what's left\n- done 3, or: mark buy milk as done\n\
     - rename 3 to buy oat milk\n- delete 3";
const WHO: &str = "I am the offline command mode: no language model is configured here, so I \
     understand only a few commands.";
const WELCOME: &str = "You are welcome.";
const LONGEST_ECHO: usize = 100;

/// The answer: a paragraph for each step, what was not understood last.
pub(super) fn answer(steps: &[Step], outcomes: &[Outcome<'_>]) -> String {
    let mut outcomes = outcomes.iter();
    let mut paragraphs = Vec::new();
    let mut strange = Vec::new();
    for Step { part, call } in steps {
        let outcome = call.as_ref().and_then(|_| outcomes.next());
        match (part, outcome) {
            (Part::Unknown(words), _) => strange.push(words.as_str()),
            (Part::Do(command), Some(outcome)) => paragraphs.push(said(command, outcome)),
            (part, _) => paragraphs.push(without_call(part)),
        }
    }
    if !strange.is_empty() {
        paragraphs.push(not_understood(&strange, steps.len() > strange.len()));
    }
    joined(&paragraphs)
}

/// Sentences follow each other; a list stands apart.
fn joined(paragraphs: &[String]) -> String {
    let mut text = String::new();
    let mut before = "";
    for paragraph in paragraphs {
        let apart = before.contains('\n') || paragraph.contains('\n');
        let space = if apart { "\n\n" } else { " " };
        text.push_str(if before.is_empty() { "" } else { space });
        text.push_str(paragraph);
        before = paragraph;
    }
    text
}

fn without_call(part: &Part) -> String {
    let text = match part {
        Part::Do(Command::Help) => return format!("{WHO} For example:\n\n{EXAMPLES}\n\n{MORE}"),
        Part::Do(_) => "That cannot be done here at the moment: its tool is missing.",
        Part::Missing(Missing::Title) => "What should I add? Say it like this: add buy milk.",
        Part::Missing(Missing::ToComplete) => "Which task is done? Say its number, like: done 3.",
        Part::Missing(Missing::ToDelete) => {
            "Which task should I delete? Say its number, like: delete 3."
        }
        Part::Missing(Missing::NewTitle) => {
            "Say which task and its new title, like: rename 3 to buy oat milk."
        }
        Part::NotOffered(NotOffered::Reopen) => {
            "I cannot reopen tasks. You can do it on the tasks page."
        }
        Part::NotOffered(NotOffered::Undo) => {
            "I cannot undo or restore. You can do it on the tasks page."
        }
        Part::NotOffered(NotOffered::Bulk) => {
            "I change tasks only one by one. Name them by their numbers, like: done 3 and 4."
        }
        Part::Thanks | Part::Unknown(_) => WELCOME,
    };
    text.to_owned()
}

const MORE: &str = "Tasks go by their number or by words of their title. Put a title in quotes to \
     keep it as it is, and join several commands with commas or \"and\".";

fn not_understood(strange: &[&str], others: bool) -> String {
    let echoes: Vec<String> = strange.iter().map(|words| echo(words)).collect();
    let what = match echoes.iter().filter(|echo| echo.len() > "“”".len()).count() {
        0 => "that".to_owned(),
        _ => echoes.join(" and "),
    };
    if others {
        return format!(
            "I did not understand {what}, so I left that out. Say “help” for examples."
        );
    }
    format!("I did not understand {what}. {WHO} For example:\n\n{EXAMPLES}")
}

/// What was said, on one line and not too long.
fn echo(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_ECHO) {
        Some((end, _)) => format!("“{}…”", escaped(&line[..end])),
        None => format!("“{}”", escaped(&line)),
    }
}

fn said(command: &Command, outcome: &Outcome<'_>) -> String {
    if outcome.is_error {
        return failure::said(command, outcome.content);
    }
    if let Command::List { which, query } = command {
        return list(*which, query.as_deref(), outcome.content);
    }
    let task = read_task(outcome.content);
    let name = task.as_ref().map_or_else(|| "the task".to_owned(), Task::name);
    match command {
        Command::Add { .. } => format!("Added {name}."),
        Command::Complete { .. } => format!("Marked {name} as done."),
        Command::Delete { .. } => format!("Deleted {name}."),
        Command::Rename { task, .. } => format!("Renamed {} to {name}.", renamed(task)),
        Command::Describe { description, .. } if description.is_empty() => {
            format!("Removed the description of {name}.")
        }
        Command::Describe { .. } => format!("Changed the description of {name}."),
        Command::List { .. } | Command::Help => WELCOME.to_owned(),
    }
}

/// The task as it was called before.
fn renamed(task: &str) -> String {
    if task.bytes().all(|byte| byte.is_ascii_digit()) { "the task".to_owned() } else { echo(task) }
}

fn list(which: Which, query: Option<&str>, content: &str) -> String {
    let Some(list) = read_list(content) else {
        return "The list of tasks could not be read.".to_owned();
    };
    if list.tasks.is_empty() {
        return nothing(which, query);
    }
    let (open, done): (Vec<&Task>, Vec<&Task>) = list.tasks.iter().partition(|t| !t.completed);
    let mut groups = Vec::new();
    for (heading, tasks) in [("Left to do", open), ("Done", done)] {
        if !tasks.is_empty() {
            let lines: Vec<String> = tasks.iter().map(|task| task.line()).collect();
            groups.push(format!("**{heading}** ({})\n\n{}", tasks.len(), lines.join("\n")));
        }
    }
    if list.more {
        groups.push("There are more; the tasks page shows them all.".to_owned());
    }
    groups.join("\n\n")
}

fn nothing(which: Which, query: Option<&str>) -> String {
    match (which, query) {
        (_, Some(query)) => format!("No task matches {}.", echo(query)),
        (Which::All, None) => "You have no tasks yet. Try: add buy milk.".to_owned(),
        (Which::Open, None) => "Nothing is left to do.".to_owned(),
        (Which::Completed, None) => "No task is done yet.".to_owned(),
    }
}
