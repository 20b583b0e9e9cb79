//! What a conversation is made of.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AssistantMessageContent, Attachment, InferenceOptions, Object, StructuredInput,
    StructuredInputStatus, Task, UserMessageContent, WidgetRoot, Workflow, lenient, timestamp,
};

/// One entry of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ThreadItem {
    /// What the user wrote.
    UserMessage(UserMessageItem),
    /// What the assistant wrote.
    AssistantMessage(AssistantMessageItem),
    /// A call the browser is asked to run.
    ClientToolCall(ClientToolCallItem),
    /// A widget.
    Widget(WidgetItem),
    /// A picture the assistant made.
    GeneratedImage(GeneratedImageItem),
    /// Questions to the user.
    StructuredInput(StructuredInputItem),
    /// A group of steps: the badges.
    Workflow(WorkflowItem),
    /// A single step.
    Task(TaskItem),
    /// Ends the group that the action buttons belong to.
    EndOfTurn(EndOfTurnItem),
    /// Context for the model that the application keeps; clients never see it.
    #[serde(rename = "hidden_context_item")]
    HiddenContext(HiddenContextItem),
    /// Context for the model that this crate keeps; clients never see it.
    #[serde(rename = "sdk_hidden_context")]
    SdkHiddenContext(SdkHiddenContextItem),
}

/// The same expression for whichever item it is.
macro_rules! each {
    ($self:expr, $item:ident => $value:expr) => {
        match $self {
            ThreadItem::UserMessage($item) => $value,
            ThreadItem::AssistantMessage($item) => $value,
            ThreadItem::ClientToolCall($item) => $value,
            ThreadItem::Widget($item) => $value,
            ThreadItem::GeneratedImage($item) => $value,
            ThreadItem::StructuredInput($item) => $value,
            ThreadItem::Workflow($item) => $value,
            ThreadItem::Task($item) => $value,
            ThreadItem::EndOfTurn($item) => $value,
            ThreadItem::HiddenContext($item) => $value,
            ThreadItem::SdkHiddenContext($item) => $value,
        }
    };
}

impl ThreadItem {
    /// Its id, opaque and unique within the conversation.
    pub fn id(&self) -> &str {
        each!(self, item => &item.id)
    }

    /// The conversation it belongs to.
    pub fn thread_id(&self) -> &str {
        each!(self, item => &item.thread_id)
    }

    /// When it was made.
    pub fn created_at(&self) -> DateTime<Utc> {
        each!(self, item => item.created_at)
    }

    /// Its `type` on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UserMessage(_) => "user_message",
            Self::AssistantMessage(_) => "assistant_message",
            Self::ClientToolCall(_) => "client_tool_call",
            Self::Widget(_) => "widget",
            Self::GeneratedImage(_) => "generated_image",
            Self::StructuredInput(_) => "structured_input",
            Self::Workflow(_) => "workflow",
            Self::Task(_) => "task",
            Self::EndOfTurn(_) => "end_of_turn",
            Self::HiddenContext(_) => "hidden_context_item",
            Self::SdkHiddenContext(_) => "sdk_hidden_context",
        }
    }

    /// Whether it is for the model only and must never reach a client.
    pub fn is_hidden(&self) -> bool {
        matches!(self, Self::HiddenContext(_) | Self::SdkHiddenContext(_))
    }

    /// Reads an item that a store kept as JSON. Twice as fast as going through `Deserialize`,
    /// which has to copy everything aside until it has seen the `type`.
    pub fn from_json(json: &str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Tag {
            #[serde(rename = "type")]
            kind: String,
        }
        let Tag { kind } = serde_json::from_str(json)?;
        Ok(match kind.as_str() {
            "user_message" => Self::UserMessage(serde_json::from_str(json)?),
            "assistant_message" => Self::AssistantMessage(serde_json::from_str(json)?),
            "workflow" => Self::Workflow(serde_json::from_str(json)?),
            _ => serde_json::from_str(json)?,
        })
    }
}

/// What the user wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct UserMessageItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// Its parts, in order.
    pub content: Vec<UserMessageContent>,
    /// The files that go with it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// What the user quoted; stock clients send an empty text when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted_text: Option<String>,
    /// What the user picked besides words.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    pub inference_options: InferenceOptions,
}

impl UserMessageItem {
    /// What the user reads: the parts one after the other.
    pub fn text(&self) -> String {
        self.content.iter().map(UserMessageContent::text).collect()
    }
}

/// What the assistant wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssistantMessageItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// Its parts, in order.
    pub content: Vec<AssistantMessageContent>,
}

/// A call the browser is asked to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ClientToolCallItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// Whether its result is there.
    #[serde(default)]
    pub status: ClientToolCallStatus,
    /// The model's id of the call.
    pub call_id: String,
    /// The tool's name.
    pub name: String,
    /// What it is called with.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    pub arguments: Object,
    /// Its result.
    #[serde(default, skip_serializing_if = "none_or_null")]
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub output: Option<Value>,
}

#[expect(clippy::ref_option, reason = "serde hands the field over like this")]
fn none_or_null(value: &Option<Value>) -> bool {
    value.as_ref().is_none_or(Value::is_null)
}

/// Whether the result of a call in the browser is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum ClientToolCallStatus {
    /// Not yet.
    #[default]
    Pending,
    /// It is.
    Completed,
}

/// A widget in the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct WidgetItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// The widget.
    pub widget: WidgetRoot,
    /// What the copy button copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_text: Option<String>,
}

/// A picture the assistant made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct GeneratedImageItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// The picture; absent while it is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<GeneratedImage>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GeneratedImage {
    /// Opaque id.
    pub id: String,
    /// Where it is.
    pub url: String,
}

/// Questions to the user; they take the composer's place while pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StructuredInputItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// How they stand.
    #[serde(default)]
    pub status: StructuredInputStatus,
    /// The questions, in order.
    pub inputs: Vec<StructuredInput>,
}

/// A group of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WorkflowItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// The group.
    pub workflow: Workflow,
}

/// A single step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TaskItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// The step; its status indicator is not shown here.
    pub task: Task,
}

/// Ends the group that the action buttons belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EndOfTurnItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
}

/// Context for the model that the application keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HiddenContextItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// Anything.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub content: Value,
}

/// Context for the model that this crate keeps, such as that the user stopped an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SdkHiddenContextItem {
    /// Opaque id.
    pub id: String,
    /// The conversation.
    pub thread_id: String,
    /// When it was made.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// A sentence to the model.
    pub content: String,
}
