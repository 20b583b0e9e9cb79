//! The wire types of the protocol and nothing else: no behaviour beyond reading and writing them.
//!
//! ```text
//! request.rs  what a client asks: 16 operations, each with its params
//! thread.rs   a conversation and its status        page.rs  one page of anything
//! item.rs     what a conversation is made of ──▶ content.rs, workflow.rs, structured_input.rs,
//!                                                attachment.rs, widget.rs
//! event.rs    what a running turn sends ──▶ update.rs, changes to an item that is still pending
//! ```
//!
//! Names are the protocol's own. What is written follows the reference server byte for byte in
//! meaning: absent values are left out, defaults are spelled out, nulls inside free-form values
//! stay. What is read is taken leniently: unknown keys are ignored, integers may come as `"5"` or
//! `5.0`, and whatever has a sensible default may be missing.

mod attachment;
mod content;
mod event;
mod item;
mod kinds;
mod lenient;
mod page;
mod request;
mod structured_input;
#[cfg(test)]
mod tests;
mod thread;
pub mod timestamp;
mod update;
mod widget;
mod workflow;

pub use attachment::{
    Attachment, AttachmentUploadDescriptor, FileAttachment, ImageAttachment, UploadMethod,
};
pub use content::{
    Annotation, AssistantMessageContent, EntitySource, FileSource, InferenceOptions, Source,
    ToolChoice, UrlSource, UserMessageContent, UserMessageTagContent,
};
pub use event::{
    ClientEffectEvent, ErrorCode, ErrorEvent, NoticeEvent, NoticeLevel, ProgressUpdateEvent,
    StreamOptions, ThreadStreamEvent,
};
pub use item::{
    AssistantMessageItem, ClientToolCallItem, ClientToolCallStatus, EndOfTurnItem, GeneratedImage,
    GeneratedImageItem, HiddenContextItem, SdkHiddenContextItem, StructuredInputItem, TaskItem,
    ThreadItem, UserMessageItem, WidgetItem, WorkflowItem,
};
pub use page::{Order, Page};
pub use request::{
    AttachmentCreateParams, AttachmentDeleteParams, CustomAction, FeedbackKind,
    InputTranscribeParams, ItemFeedbackParams, ItemsListParams, Operation, PlainOperation, Request,
    StreamingOperation, SyncCustomActionResponse, ThreadAddClientToolOutputParams,
    ThreadAddStructuredInputParams, ThreadAddUserMessageParams, ThreadCreateParams,
    ThreadCustomActionParams, ThreadDeleteParams, ThreadGetByIdParams, ThreadListParams,
    ThreadRetryAfterItemParams, ThreadUpdateParams, TranscriptionResult, UserMessageInput,
};
pub use structured_input::{
    FreeformInput, MultipleChoiceInput, MultipleChoiceOption, StructuredInput,
    StructuredInputAnswer, StructuredInputStatus, StructuredInputSubmission,
    StructuredInputSubmissionStatus,
};
pub use thread::{Thread, ThreadMetadata, ThreadStatus};
pub use update::ThreadItemUpdate;
pub use widget::WidgetRoot;
pub use workflow::{
    CustomTask, FileTask, ImageTask, SearchTask, StatusIndicator, Task, ThoughtTask, Workflow,
    WorkflowSummary, WorkflowType,
};

/// A free-form JSON object, kept as it came: nulls inside it are part of it.
pub type Object = serde_json::Map<String, serde_json::Value>;
