//! What a client asks: one JSON object with a `type`, its `params` and the application's own
//! `metadata`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    InferenceOptions, Object, Order, StructuredInputSubmission, ThreadItem, UserMessageContent,
    lenient,
};

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// What is asked.
    #[serde(flatten)]
    pub operation: Operation,
    /// The application's own data; this crate does not look at it.
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub metadata: Object,
}

/// What is asked, by how it is answered. That depends on the `type` alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "ChatKitRequest"))]
#[serde(untagged)]
pub enum Operation {
    /// Answered with a stream of events.
    Streaming(StreamingOperation),
    /// Answered with one JSON value.
    Plain(PlainOperation),
}

impl Operation {
    /// Its `type` on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Streaming(operation) => operation.name(),
            Self::Plain(operation) => operation.name(),
        }
    }
}

/// What is answered with a stream of events.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", content = "params")]
pub enum StreamingOperation {
    /// Begin a conversation with a message.
    #[serde(rename = "threads.create")]
    ThreadsCreate(ThreadCreateParams),
    /// Say something in a conversation.
    #[serde(rename = "threads.add_user_message")]
    ThreadsAddUserMessage(ThreadAddUserMessageParams),
    /// Give the result of a call the browser ran.
    #[serde(rename = "threads.add_client_tool_output")]
    ThreadsAddClientToolOutput(ThreadAddClientToolOutputParams),
    /// Answer the assistant's questions.
    #[serde(rename = "threads.add_structured_input")]
    ThreadsAddStructuredInput(ThreadAddStructuredInputParams),
    /// Drop what came after a message and answer it again.
    #[serde(rename = "threads.retry_after_item")]
    ThreadsRetryAfterItem(ThreadRetryAfterItemParams),
    /// Something was done to a widget.
    #[serde(rename = "threads.custom_action")]
    ThreadsCustomAction(ThreadCustomActionParams),
}

impl StreamingOperation {
    /// Its `type` on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ThreadsCreate(_) => "threads.create",
            Self::ThreadsAddUserMessage(_) => "threads.add_user_message",
            Self::ThreadsAddClientToolOutput(_) => "threads.add_client_tool_output",
            Self::ThreadsAddStructuredInput(_) => "threads.add_structured_input",
            Self::ThreadsRetryAfterItem(_) => "threads.retry_after_item",
            Self::ThreadsCustomAction(_) => "threads.custom_action",
        }
    }
}

/// What is answered with one JSON value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", content = "params")]
pub enum PlainOperation {
    /// A conversation with its first page.
    #[serde(rename = "threads.get_by_id")]
    ThreadsGetById(ThreadGetByIdParams),
    /// The user's conversations.
    #[serde(rename = "threads.list")]
    ThreadsList(ThreadListParams),
    /// Name a conversation.
    #[serde(rename = "threads.update")]
    ThreadsUpdate(ThreadUpdateParams),
    /// Delete a conversation.
    #[serde(rename = "threads.delete")]
    ThreadsDelete(ThreadDeleteParams),
    /// A page of a conversation.
    #[serde(rename = "items.list")]
    ItemsList(ItemsListParams),
    /// Thumbs up or down.
    #[serde(rename = "items.feedback")]
    ItemsFeedback(ItemFeedbackParams),
    /// Announce a file.
    #[serde(rename = "attachments.create")]
    AttachmentsCreate(AttachmentCreateParams),
    /// Take a file back.
    #[serde(rename = "attachments.delete")]
    AttachmentsDelete(AttachmentDeleteParams),
    /// Turn speech into text.
    #[serde(rename = "input.transcribe")]
    InputTranscribe(InputTranscribeParams),
    /// Something was done to a widget, without a stream.
    #[serde(rename = "threads.sync_custom_action")]
    ThreadsSyncCustomAction(ThreadCustomActionParams),
}

impl PlainOperation {
    /// Its `type` on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ThreadsGetById(_) => "threads.get_by_id",
            Self::ThreadsList(_) => "threads.list",
            Self::ThreadsUpdate(_) => "threads.update",
            Self::ThreadsDelete(_) => "threads.delete",
            Self::ItemsList(_) => "items.list",
            Self::ItemsFeedback(_) => "items.feedback",
            Self::AttachmentsCreate(_) => "attachments.create",
            Self::AttachmentsDelete(_) => "attachments.delete",
            Self::InputTranscribe(_) => "input.transcribe",
            Self::ThreadsSyncCustomAction(_) => "threads.sync_custom_action",
        }
    }
}

/// A message as the composer sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct UserMessageInput {
    /// Its parts, in order.
    #[serde(deserialize_with = "lenient::objects")]
    pub content: Vec<UserMessageContent>,
    /// Ids of files sent before.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    pub attachments: Vec<String>,
    /// What the user quoted; stock clients send an empty text when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted_text: Option<String>,
    /// What the user picked besides words.
    #[serde(default, deserialize_with = "lenient::object_or_default")]
    pub inference_options: InferenceOptions,
}

/// Of `threads.create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadCreateParams {
    /// The first message.
    #[serde(deserialize_with = "lenient::object")]
    pub input: UserMessageInput,
}

/// Of `threads.add_user_message`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadAddUserMessageParams {
    /// The conversation.
    pub thread_id: String,
    /// The message.
    #[serde(deserialize_with = "lenient::object")]
    pub input: UserMessageInput,
}

/// Of `threads.add_client_tool_output`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadAddClientToolOutputParams {
    /// The conversation, whose newest item is the call.
    pub thread_id: String,
    /// The result. It may be null but must be there.
    #[serde(deserialize_with = "lenient::present")]
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub result: Value,
}

/// Of `threads.add_structured_input`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadAddStructuredInputParams {
    /// The conversation.
    pub thread_id: String,
    /// The item with the questions.
    pub item_id: String,
    /// The answers.
    #[serde(deserialize_with = "lenient::object")]
    pub input: StructuredInputSubmission,
}

/// Of `threads.retry_after_item`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadRetryAfterItemParams {
    /// The conversation.
    pub thread_id: String,
    /// The user's message to answer again.
    pub item_id: String,
}

/// Of `threads.custom_action` and `threads.sync_custom_action`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ThreadCustomActionParams {
    /// The conversation.
    pub thread_id: String,
    /// The widget it happened in, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// What happened.
    #[serde(deserialize_with = "lenient::object")]
    pub action: CustomAction,
}

/// Something that was done to a widget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CustomAction {
    /// Which action.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it carries; never to be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "unknown"))]
    pub payload: Option<Value>,
}

/// Of `threads.get_by_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadGetByIdParams {
    /// The conversation.
    pub thread_id: String,
}

/// Of `threads.list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ThreadListParams {
    /// How many at most; nothing, null and 0 mean 20.
    #[serde(
        default,
        deserialize_with = "lenient::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub limit: Option<i64>,
    /// By creation.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Order>"))]
    pub order: Order,
    /// The exclusive cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Of `items.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ItemsListParams {
    /// The conversation.
    pub thread_id: String,
    /// How many at most; nothing, null and 0 mean 20.
    #[serde(
        default,
        deserialize_with = "lenient::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub limit: Option<i64>,
    /// As the conversation went.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Order>"))]
    pub order: Order,
    /// The exclusive cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Of `threads.update`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadUpdateParams {
    /// The conversation.
    pub thread_id: String,
    /// Its new name; may be empty.
    pub title: String,
}

/// Of `threads.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadDeleteParams {
    /// The conversation.
    pub thread_id: String,
}

/// Of `items.feedback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ItemFeedbackParams {
    /// The conversation.
    pub thread_id: String,
    /// The items it is about; stock clients send those of a whole turn.
    pub item_ids: Vec<String>,
    /// Thumbs up or down.
    pub kind: FeedbackKind,
}

/// Thumbs up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FeedbackKind {
    /// Up.
    Positive,
    /// Down.
    Negative,
}

/// Of `attachments.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AttachmentCreateParams {
    /// The file's name.
    pub name: String,
    /// Its size in bytes, as the client says.
    #[serde(deserialize_with = "lenient::integer")]
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size: i64,
    /// Its media type, as the client says.
    pub mime_type: String,
}

/// Of `attachments.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AttachmentDeleteParams {
    /// The file.
    pub attachment_id: String,
}

/// Of `input.transcribe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InputTranscribeParams {
    /// The recording.
    pub audio_base64: String,
    /// Its media type, with parameters after a `;`.
    pub mime_type: String,
}

/// The answer to `input.transcribe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TranscriptionResult {
    /// What was said.
    pub text: String,
}

/// The answer to `threads.sync_custom_action`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct SyncCustomActionResponse {
    /// The item as it is now, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_item: Option<ThreadItem>,
}
