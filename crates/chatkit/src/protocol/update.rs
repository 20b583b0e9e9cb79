//! Changes to an item that is still pending.

use serde::{Deserialize, Serialize};

use super::{Annotation, AssistantMessageContent, GeneratedImage, Task, WidgetRoot};

/// One change to an item that is still pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type")]
pub enum ThreadItemUpdate {
    /// A part of the assistant's message begins.
    #[serde(rename = "assistant_message.content_part.added")]
    ContentPartAdded {
        /// Which part.
        content_index: u32,
        /// What it starts as.
        content: AssistantMessageContent,
    },
    /// More text.
    #[serde(rename = "assistant_message.content_part.text_delta")]
    TextDelta {
        /// Which part.
        content_index: u32,
        /// What to append.
        delta: String,
    },
    /// A citation; inserted at its index, or appended if that is beyond the end.
    #[serde(rename = "assistant_message.content_part.annotation_added")]
    AnnotationAdded {
        /// Which part.
        content_index: u32,
        /// Where among the part's annotations.
        annotation_index: u32,
        /// The citation.
        annotation: Annotation,
    },
    /// A part is complete.
    #[serde(rename = "assistant_message.content_part.done")]
    ContentPartDone {
        /// Which part.
        content_index: u32,
        /// All of it.
        content: AssistantMessageContent,
    },
    /// More text in a widget.
    #[serde(rename = "widget.streaming_text.value_delta")]
    WidgetTextDelta {
        /// The text's id.
        component_id: String,
        /// What to append.
        delta: String,
        /// Whether that was all.
        done: bool,
    },
    /// A part of a widget in place of what was there.
    #[serde(rename = "widget.component.updated")]
    WidgetComponentUpdated {
        /// The part's id.
        component_id: String,
        /// The part.
        component: WidgetRoot,
    },
    /// A whole widget in place of what was there.
    #[serde(rename = "widget.root.updated")]
    WidgetRootUpdated {
        /// The widget.
        widget: WidgetRoot,
    },
    /// A step of a workflow begins; at an index that exists already it replaces.
    #[serde(rename = "workflow.task.added")]
    WorkflowTaskAdded {
        /// Which step.
        task_index: u32,
        /// The step.
        task: Task,
    },
    /// A step of a workflow changed.
    #[serde(rename = "workflow.task.updated")]
    WorkflowTaskUpdated {
        /// Which step.
        task_index: u32,
        /// All of it.
        task: Task,
    },
    /// A picture so far.
    #[serde(rename = "generated_image.updated")]
    GeneratedImageUpdated {
        /// The picture.
        image: GeneratedImage,
        /// How far it is, from 0 to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<f64>,
    },
}
