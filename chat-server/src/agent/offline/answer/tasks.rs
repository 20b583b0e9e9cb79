//! Tasks as the tools tell them.

use serde_json::Value;

/// What of a task is said.
pub(super) struct Task {
    number: Option<i64>,
    title: String,
    pub(super) completed: bool,
}

/// A page of tasks.
pub(super) struct List {
    pub(super) tasks: Vec<Task>,
    pub(super) more: bool,
}

impl Task {
    fn read(task: &Value) -> Option<Self> {
        Some(Self {
            number: task["number"].as_i64(),
            title: task["title"].as_str()?.to_owned(),
            completed: task["completed"].as_bool().unwrap_or(false),
        })
    }

    /// “Buy milk” (#3)
    pub(super) fn name(&self) -> String {
        let title = escaped(&self.title);
        match self.number {
            Some(number) => format!("“{title}” (#{number})"),
            None => format!("“{title}”"),
        }
    }

    /// - #3 Buy milk
    pub(super) fn line(&self) -> String {
        let title = escaped(&self.title);
        match self.number {
            Some(number) => format!("- #{number} {title}"),
            None => format!("- {title}"),
        }
    }
}

/// The task in a tool's result.
pub(super) fn read_task(content: &str) -> Option<Task> {
    let value: Value = serde_json::from_str(content).ok()?;
    Task::read(value.get("task").unwrap_or(&value))
}

/// The tasks in a tool's result.
pub(super) fn read_list(content: &str) -> Option<List> {
    let value: Value = serde_json::from_str(content).ok()?;
    let tasks = value["tasks"].as_array()?.iter().filter_map(Task::read).collect();
    Some(List { tasks, more: value["next_cursor"].is_string() })
}

/// `text` so that markdown shows it as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '~') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
