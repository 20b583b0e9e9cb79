//! What a tool says back: a result with its JSON, or a refusal that tells the model what to do
//! next.

use std::{fmt::Write, sync::Arc};

use rmcp::{
    ErrorData,
    handler::server::tool::{IntoCallToolResult, schema_for_output},
    model::{CallToolResponse, CallToolResult, ContentBlock, JsonObject, MetaObject},
    schemars::{self, JsonSchema},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use todochat_tasks::{CHANGED_KEY, Page, Task, TaskError};

/// How many candidates an ambiguous reference lists.
const CANDIDATES: usize = 10;

/// How much JSON a list may be, in bytes: readers of results cut longer ones.
const LONGEST_LIST: usize = 14_000;

/// Characters of a description in a list of several tasks, and in a list of one.
const SHORT_DESCRIPTION: usize = 200;
const LONG_DESCRIPTION: usize = 3_000;

/// What `list_tasks` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TaskList {
    /// The tasks, newest first. Long descriptions are cut and end in "…".
    pub(crate) tasks: Vec<Task>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// What `delete_task` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeletedTask {
    /// Always true. The user can bring the task back.
    pub(crate) deleted: bool,
    /// The task as it was.
    #[serde(flatten)]
    pub(crate) task: Task,
}

/// A result: its JSON, which is sent as structured content and as text, and the tasks it changed.
/// This is also what the ledger keeps for a call that comes again.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    result: Value,
    changed: Vec<String>,
}

impl Answer {
    /// The task that was changed.
    pub(crate) fn task(task: &Task) -> Self {
        Self { result: json_of(task), changed: vec![task.id.clone()] }
    }

    /// The task that was deleted.
    pub(crate) fn deleted(task: Task) -> Self {
        let changed = vec![task.id.clone()];
        Self { result: json_of(&DeletedTask { deleted: true, task }), changed }
    }

    /// A page of the list; `Err` says how many tasks to ask for when these are too long to read.
    pub(crate) fn list(Page { tasks, next_cursor }: Page) -> Result<Self, u32> {
        let count = tasks.len();
        let mut result = json_of(&TaskList { tasks, next_cursor });
        let several = count > 1;
        let longest = if several { SHORT_DESCRIPTION } else { LONG_DESCRIPTION };
        for task in result["tasks"].as_array_mut().into_iter().flatten() {
            shorten(&mut task["description"], longest);
        }
        if several && result.to_string().len() > LONGEST_LIST {
            return Err(u32::try_from(count / 2).unwrap_or(1));
        }
        Ok(Self { result, changed: Vec::new() })
    }
}

/// The schema of a result, without the formats that are Rust's business (`int64`): strict validators
/// warn about formats they do not know.
pub(crate) fn schema_of<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    let mut schema = Value::Object((*schema_for_output::<T>()).clone());
    drop_number_formats(&mut schema);
    match schema {
        Value::Object(schema) => Arc::new(schema),
        _ => unreachable!("an object stays one"),
    }
}

fn drop_number_formats(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let rusts_own = |format: &Value| format.as_str().is_some_and(|f| f.contains("int"));
            if members.get("format").is_some_and(rusts_own) {
                members.remove("format");
            }
            members.values_mut().for_each(drop_number_formats);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_number_formats),
        _ => {}
    }
}

fn json_of(result: &impl Serialize) -> Value {
    serde_json::to_value(result).expect("results are plain structs")
}

fn shorten(value: &mut Value, longest: usize) {
    if let Value::String(text) = value
        && let Some((end, _)) = text.char_indices().nth(longest)
    {
        text.truncate(end);
        text.push('…');
    }
}

impl IntoCallToolResult for Answer {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let meta = (!self.changed.is_empty()).then(|| {
            let mut meta = MetaObject::new();
            meta.insert(CHANGED_KEY.to_owned(), json!(self.changed));
            meta
        });
        Ok(CallToolResult::structured(self.result).with_meta(meta).into())
    }
}

/// Why a tool did not do it.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A rule of the domain; the model is told how to go on.
    Rule(String),
    /// The store did not work; nothing was changed.
    Failed,
}

impl Refusal {
    pub(crate) fn rule(text: &str) -> Self {
        Self::Rule(text.to_owned())
    }
}

impl From<TaskError> for Refusal {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::NotFound => Self::rule(
                "There is no such task. Call list_tasks to see the tasks, and name one by its \
                 number.",
            ),
            TaskError::Ambiguous(candidates) => Self::Rule(ambiguous(&candidates)),
            TaskError::Invalid(reason) => {
                Self::Rule(format!("{reason}. Correct it and call again."))
            }
            TaskError::Conflict { .. } => Self::rule(
                "The task was changed by someone else meanwhile. Call list_tasks, then try again.",
            ),
            TaskError::NothingToUndo => Self::rule("There is nothing to undo."),
            TaskError::Database(error) => error.into(),
        }
    }
}

impl From<todochat_database::Error> for Refusal {
    /// Logs the cause, which never leaves this process.
    fn from(error: todochat_database::Error) -> Self {
        let chain = todochat_service::chain(&error);
        tracing::error!(error = chain, "A tool call failed in the store");
        Self::Failed
    }
}

impl IntoCallToolResult for Refusal {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Rule(text) => Ok(CallToolResult::error(vec![ContentBlock::text(text)]).into()),
            Self::Failed => Err(ErrorData::internal_error(
                "The task store did not answer; nothing was changed.",
                None,
            )),
        }
    }
}

fn ambiguous(candidates: &[Task]) -> String {
    let mut text = format!("{} tasks match:", candidates.len());
    for task in candidates.iter().take(CANDIDATES) {
        let state = if task.completed { "completed" } else { "open" };
        write!(text, "\n{}: {} ({state})", task.number, task.title).expect("a String takes it all");
    }
    if let Some(more) = candidates.len().checked_sub(CANDIDATES).filter(|more| *more > 0) {
        write!(text, "\nand {more} more").expect("a String takes it all");
    }
    text.push_str("\nCall again with the number of the right one, or ask the user which is meant.");
    text
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn task(number: i64, description: &str) -> Task {
        Task {
            id: format!("tsk_{number}"),
            number,
            title: format!("Task {number}"),
            description: description.to_owned(),
            completed: number % 2 == 0,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn page(count: i64, description: &str) -> Page {
        let tasks = (1..=count).map(|number| task(number, description)).collect();
        Page { tasks, next_cursor: None }
    }

    #[test]
    fn candidates_are_listed_with_what_tells_them_apart() {
        let three: Vec<_> = (1..=3).map(|number| task(number, "")).collect();
        assert_eq!(
            ambiguous(&three),
            "3 tasks match:\n1: Task 1 (open)\n2: Task 2 (completed)\n3: Task 3 (open)\n\
             Call again with the number of the right one, or ask the user which is meant."
        );
        let many: Vec<_> = (1..=12).map(|number| task(number, "")).collect();
        assert!(ambiguous(&many).contains("\n10: Task 10 (completed)\nand 2 more\n"));
    }

    #[test]
    fn a_list_too_long_to_read_is_asked_for_by_half() {
        assert_eq!(Answer::list(page(200, "")), Err(100));
        assert!(Answer::list(page(50, "")).is_ok());
        assert!(Answer::list(page(0, "")).is_ok());
    }

    #[test]
    fn long_descriptions_are_cut_in_a_list() {
        let several = Answer::list(page(2, &"é".repeat(500))).unwrap();
        let description = several.result["tasks"][1]["description"].as_str().unwrap();
        assert_eq!(description, format!("{}…", "é".repeat(200)));
        let one = Answer::list(page(1, &"é".repeat(10_000))).unwrap();
        let description = one.result["tasks"][0]["description"].as_str().unwrap();
        assert_eq!(description.chars().count(), 3_001);
    }

    #[test]
    fn what_was_answered_can_be_kept_and_answered_again() {
        let answer = Answer::deleted(task(1, ""));
        let kept = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&kept).unwrap(), answer);
        assert_eq!(answer.result["deleted"], true);
        assert_eq!(answer.result["title"], "Task 1");
    }
}
