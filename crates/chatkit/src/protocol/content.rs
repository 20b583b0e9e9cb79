//! What messages are made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Object, lenient};

/// One part of a user's message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UserMessageContent {
    /// Plain text; never rendered as markdown.
    InputText {
        /// The text.
        text: String,
    },
    /// A mention.
    InputTag(UserMessageTagContent),
}

impl UserMessageContent {
    /// What the user reads: the text, or the mention's label.
    pub fn text(&self) -> &str {
        match self {
            Self::InputText { text } => text,
            Self::InputTag(tag) => &tag.text,
        }
    }
}

/// A mention of something the application knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct UserMessageTagContent {
    /// The application's id of the thing.
    pub id: String,
    /// What the user reads.
    pub text: String,
    /// The application's own data.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    pub data: Object,
    /// A heading to list it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether it can be clicked.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    pub interactive: bool,
}

/// What the user picked for this message besides words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct InferenceOptions {
    /// A tool picked in the composer.
    #[serde(
        default,
        deserialize_with = "lenient::optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub tool_choice: Option<ToolChoice>,
    /// A model picked in the composer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A tool picked in the composer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ToolChoice {
    /// Its id among the composer's tools.
    pub id: String,
}

/// One part of the assistant's message: markdown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "output_text")]
pub struct AssistantMessageContent {
    /// The text so far.
    #[serde(default)]
    pub text: String,
    /// What the text cites.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
}

impl AssistantMessageContent {
    /// A part that cites nothing.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), annotations: Vec::new() }
    }
}

/// A citation inside a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "annotation")]
pub struct Annotation {
    /// What is cited.
    pub source: Source,
    /// Where the marker goes, in characters; equal ones are grouped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}

/// Something a text or a task refers to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Source {
    /// A file.
    File(FileSource),
    /// A page.
    Url(UrlSource),
    /// Something of the application.
    Entity(EntitySource),
}

/// A file that is referred to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct FileSource {
    /// What the reader sees.
    pub title: String,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// A heading to list it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The file's name.
    pub filename: String,
}

/// A page that is referred to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct UrlSource {
    /// What the reader sees.
    pub title: String,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// A heading to list it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The address.
    pub url: String,
    /// Who it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
}

/// Something of the application that is referred to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EntitySource {
    /// What the reader sees.
    pub title: String,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// A heading to list it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The application's id of the thing.
    pub id: String,
    /// An icon's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// What stands in the list of sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What stands in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline_label: Option<String>,
    /// Whether it can be clicked.
    #[serde(default)]
    pub interactive: bool,
    /// The application's own data.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    pub data: Object,
    /// Deprecated by the protocol and without effect; carried as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(type = "\"lazy\""))]
    pub preview: Option<Value>,
}
