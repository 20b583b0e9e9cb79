//! What a model may say to each tool. The comments are part of the tools: they are the
//! descriptions in the schemas, and the model reads them.

use std::fmt;

use rmcp::schemars::{self, JsonSchema, Schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use todochat_tasks::{Description, Edit, Filter, NewTask, PageRequest, Status, TaskError, Title};

use super::answer::Refusal;

/// Arguments of `add_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddTask {
    /// What is to be done, in 1 to 255 characters, e.g. "Buy milk".
    #[schemars(length(min = 1, max = 255))]
    pub(crate) title: String,
    /// Anything more there is to say, up to 10,000 characters. Leave it out if there is nothing.
    #[serde(default)]
    #[schemars(length(max = 10_000))]
    pub(crate) description: Option<String>,
}

impl AddTask {
    /// Takes the texts for what they must be; `id` is the task's id to be.
    pub(crate) fn parse(&self, id: String) -> Result<NewTask, TaskError> {
        let title = Title::parse(&self.title)?;
        let description = Description::parse(self.description.as_deref().unwrap_or_default())?;
        Ok(NewTask { id, title, description })
    }
}

/// Arguments of `list_tasks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListTasks {
    /// Which tasks: "all" (the default), "open" (what is left to do) or "completed".
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("enum" = ["all", "open", "completed", null]))]
    pub(crate) status: Option<Status>,
    /// Only tasks with all these words in their title or description.
    #[serde(default)]
    pub(crate) query: Option<String>,
    /// How many at most, 1 to 200; 50 if left out. Fewer come when they are long.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200), transform = without_format)]
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the answer before, to go on from there with the same status and query.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

impl ListTasks {
    /// Which tasks, and which page of them.
    pub(crate) fn parse(self) -> (Filter, PageRequest) {
        let Self { status, query, limit, cursor } = self;
        (Filter { status: status.unwrap_or_default(), query }, PageRequest { limit, cursor })
    }
}

/// Arguments of `complete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompleteTask {
    /// Which task: its number (e.g. "12"), its id, or words of its title.
    pub(crate) task_id: Reference,
}

/// Arguments of `update_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTask {
    /// Which task: its number (e.g. "12"), its id, or words of its present title.
    pub(crate) task_id: Reference,
    /// The new title, in 1 to 255 characters. Leave it out to keep the title.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    pub(crate) title: Option<String>,
    /// The new description, up to 10,000 characters; "" removes it. Leave it out to keep it.
    #[serde(default)]
    #[schemars(length(max = 10_000))]
    pub(crate) description: Option<String>,
}

impl UpdateTask {
    /// What is to change. To change nothing is a mistake the model is told of.
    pub(crate) fn parse(&self) -> Result<Edit, Refusal> {
        if self.title.is_none() && self.description.is_none() {
            return Err(Refusal::rule(
                "Neither title nor description was given, so there is nothing to change. Give one \
                 and call again; use complete_task to mark a task as done.",
            ));
        }
        let title = self.title.as_deref().map(Title::parse).transpose();
        let description = self.description.as_deref().map(Description::parse).transpose();
        let (title, description) =
            (title.map_err(TaskError::from)?, description.map_err(TaskError::from)?);
        Ok(Edit { title, description, completed: None })
    }
}

/// Arguments of `delete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteTask {
    /// Which task: its number (e.g. "12"), its id, or words of its title.
    pub(crate) task_id: Reference,
}

/// How a person or a model names a task: id, number, or words of its title. A JSON integer is
/// taken for a number, since models write `12` as often as `"12"`.
#[derive(Debug, JsonSchema)]
#[schemars(inline, with = "String")]
pub(crate) struct Reference(pub(crate) String);

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReferenceVisitor)
    }
}

struct ReferenceVisitor;

impl Visitor<'_> for ReferenceVisitor {
    type Value = Reference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task's number, id or words of its title, as a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Reference, E> {
        Ok(Reference(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Reference, E> {
        Ok(Reference(number.to_string()))
    }
}

/// `format: uint32` is Rust's business; strict validators warn about formats they do not know.
fn without_format(schema: &mut Schema) {
    schema.remove("format");
}
