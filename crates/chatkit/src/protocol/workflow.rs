//! Groups of steps the assistant took: what shows as badges.

use serde::{Deserialize, Serialize};

use super::Source;

/// A collapsible group of tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Workflow {
    /// What the group is of.
    #[serde(rename = "type")]
    pub kind: WorkflowType,
    /// Its tasks; a task's index never changes.
    #[serde(default)]
    pub tasks: Vec<Task>,
    /// The heading once it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<WorkflowSummary>,
    /// Whether it is shown open.
    #[serde(default)]
    pub expanded: bool,
}

/// What a workflow is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum WorkflowType {
    /// Steps such as tool calls.
    #[default]
    Custom,
    /// The model's own thoughts.
    Reasoning,
}

/// The heading of a finished workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(untagged)]
pub enum WorkflowSummary {
    /// Words of the application's own.
    Custom {
        /// The words.
        title: String,
        /// An icon's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        icon: Option<String>,
    },
    /// "Worked for n seconds", in the client's language.
    Duration {
        /// Whole seconds.
        duration: u32,
    },
}

/// How a task stands. The protocol has no failed state; title, icon or content say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum StatusIndicator {
    /// No indicator.
    #[default]
    None,
    /// It runs.
    Loading,
    /// It ended.
    Complete,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Task {
    /// Anything, such as a tool call.
    Custom(CustomTask),
    /// A search of the web.
    WebSearch(SearchTask),
    /// A thought of the model.
    Thought(ThoughtTask),
    /// Files that were read.
    File(FileTask),
    /// A picture that was made.
    Image(ImageTask),
}

impl Task {
    /// How it stands.
    pub fn status_indicator(&self) -> StatusIndicator {
        match self {
            Self::Custom(task) => task.status_indicator,
            Self::WebSearch(task) => task.status_indicator,
            Self::Thought(task) => task.status_indicator,
            Self::File(task) => task.status_indicator,
            Self::Image(task) => task.status_indicator,
        }
    }

    /// Says how it stands.
    pub fn set_status_indicator(&mut self, status: StatusIndicator) {
        match self {
            Self::Custom(task) => task.status_indicator = status,
            Self::WebSearch(task) => task.status_indicator = status,
            Self::Thought(task) => task.status_indicator = status,
            Self::File(task) => task.status_indicator = status,
            Self::Image(task) => task.status_indicator = status,
        }
    }
}

/// A step of any kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct CustomTask {
    /// How it stands.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// An icon's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// More about it, in markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// A search of the web.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct SearchTask {
    /// How it stands.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The query to put into the client's own words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_query: Option<String>,
    /// What was searched for.
    #[serde(default)]
    pub queries: Vec<String>,
    /// What was found: pages.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// A thought of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ThoughtTask {
    /// How it stands.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The thought, in markdown.
    pub content: String,
}

/// Files that were read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct FileTask {
    /// How it stands.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The files.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// A picture that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ImageTask {
    /// How it stands.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}
