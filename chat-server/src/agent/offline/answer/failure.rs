//! A tool's refusal as a friendly question. Tools write for models, as text; what is known of it is
//! put in other words, and of the rest the first sentence is told.

use super::{Command, echo, tasks::escaped};

pub(super) fn said(command: &Command, content: &str) -> String {
    if let Some(candidates) = candidates(content) {
        return which_one(command, &candidates);
    }
    let named = named(command);
    if content.to_lowercase().contains("no such task")
        && let Some(task) = named
    {
        return format!("I found no task {}. Say “list” to see them all.", called(task));
    }
    let reason = escaped(first_sentence(content));
    format!("That did not work: {reason}.")
}

/// The lines `3: Buy milk (open)` of "2 tasks match: …".
fn candidates(content: &str) -> Option<Vec<String>> {
    let (first, rest) = content.split_once('\n')?;
    if !first.contains("match") {
        return None;
    }
    let candidate = |line: &str| {
        let (number, title) = line.split_once(": ")?;
        let number: u64 = number.trim().parse().ok()?;
        let title = title.strip_suffix(" (open)").unwrap_or(title);
        let (title, done) = match title.strip_suffix(" (completed)") {
            Some(title) => (title, " (done)"),
            None => (title, ""),
        };
        Some(format!("- #{number} {}{done}", escaped(title)))
    };
    let candidates: Vec<String> = rest.lines().filter_map(candidate).collect();
    (!candidates.is_empty()).then_some(candidates)
}

fn which_one(command: &Command, candidates: &[String]) -> String {
    let verb = match command {
        Command::Delete { .. } => "delete",
        Command::Rename { .. } => "rename",
        Command::Describe { .. } => "change the description of",
        _ => "done",
    };
    let number = candidates[0].trim_start_matches("- #").split(' ').next().unwrap_or("1");
    let task = named(command).unwrap_or_default();
    let list = candidates.join("\n");
    format!(
        "Several tasks fit {}. Which one do you mean?\n\n{list}\n\nSay its number, like: {verb} {number}{}",
        echo(task),
        rest(command)
    )
}

/// What a command says after its task.
fn rest(command: &Command) -> String {
    match command {
        Command::Rename { title, .. } => format!(" to {}", escaped(title)),
        Command::Describe { .. } => " to …".to_owned(),
        _ => String::new(),
    }
}

fn named(command: &Command) -> Option<&str> {
    match command {
        Command::Complete { task }
        | Command::Delete { task }
        | Command::Rename { task, .. }
        | Command::Describe { task, .. } => Some(task),
        Command::Add { .. } | Command::List { .. } | Command::Help => None,
    }
}

fn called(task: &str) -> String {
    if task.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("with the number {task}")
    } else {
        format!("like {}", echo(task))
    }
}

/// The first sentence, without its full stop.
fn first_sentence(content: &str) -> &str {
    let line = content.lines().next().unwrap_or_default();
    line.split(". ").next().unwrap_or_default().trim_end_matches('.').trim()
}
