//! From what was asked to calls of the tools that there are.

use serde_json::{Value, json};

use super::grammar::{Command, Part, Which};
use crate::agent::model::ToolSpec;

/// A part of the message, and the call it needs.
pub(super) struct Step {
    pub(super) part: Part,
    pub(super) call: Option<Call>,
}

/// A call.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) tool: &'static str,
    pub(super) arguments: Value,
}

/// A step for each part; one whose tool is not among `tools` gets no call.
pub(super) fn plan(parts: Vec<Part>, tools: &[ToolSpec]) -> Vec<Step> {
    let there_is = |call: &Call| tools.iter().any(|spec| spec.name == call.tool);
    let step = |part| {
        let call = match &part {
            Part::Do(command) => call(command).filter(there_is),
            _ => None,
        };
        Step { part, call }
    };
    parts.into_iter().map(step).collect()
}

fn call(command: &Command) -> Option<Call> {
    let (tool, arguments) = match command {
        Command::Add { title, description: None } => ("add_task", json!({"title": title})),
        Command::Add { title, description } => {
            ("add_task", json!({"title": title, "description": description}))
        }
        Command::List { which, query } => ("list_tasks", list(*which, query.as_deref())),
        Command::Complete { task } => ("complete_task", json!({"task_id": task})),
        Command::Delete { task } => ("delete_task", json!({"task_id": task})),
        Command::Rename { task, title } => {
            ("update_task", json!({"task_id": task, "title": title}))
        }
        Command::Describe { task, description } => {
            ("update_task", json!({"task_id": task, "description": description}))
        }
        Command::Help => return None,
    };
    Some(Call { tool, arguments })
}

fn list(which: Which, query: Option<&str>) -> Value {
    let mut arguments = json!({});
    match which {
        Which::All => {}
        Which::Open => arguments["status"] = json!("open"),
        Which::Completed => arguments["status"] = json!("completed"),
    }
    if let Some(query) = query {
        arguments["query"] = json!(query);
    }
    arguments
}
