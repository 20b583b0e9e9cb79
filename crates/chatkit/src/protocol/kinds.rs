//! From a thing of some kind to whatever stands for any of its kinds.

use super::{
    Annotation, AssistantMessageItem, ClientToolCallItem, CustomTask, EndOfTurnItem, EntitySource,
    FileSource, FileTask, FreeformInput, GeneratedImageItem, HiddenContextItem, ImageTask,
    MultipleChoiceInput, ProgressUpdateEvent, SdkHiddenContextItem, SearchTask, Source,
    StructuredInput, StructuredInputItem, Task, TaskItem, ThoughtTask, ThreadItem, UrlSource,
    UserMessageItem, WidgetItem, WidgetRoot, WorkflowItem,
};

macro_rules! kinds {
    ($any:ident: $($kind:ident($one:ident)),+ $(,)?) => {
        $(impl From<$one> for $any {
            fn from(one: $one) -> Self {
                Self::$kind(one)
            }
        })+
    };
}

kinds!(ThreadItem:
    UserMessage(UserMessageItem),
    AssistantMessage(AssistantMessageItem),
    ClientToolCall(ClientToolCallItem),
    Widget(WidgetItem),
    GeneratedImage(GeneratedImageItem),
    StructuredInput(StructuredInputItem),
    Workflow(WorkflowItem),
    Task(TaskItem),
    EndOfTurn(EndOfTurnItem),
    HiddenContext(HiddenContextItem),
    SdkHiddenContext(SdkHiddenContextItem),
);

kinds!(Task:
    Custom(CustomTask),
    WebSearch(SearchTask),
    Thought(ThoughtTask),
    File(FileTask),
    Image(ImageTask),
);

kinds!(Source: File(FileSource), Url(UrlSource), Entity(EntitySource));

kinds!(StructuredInput: MultipleChoice(MultipleChoiceInput), Freeform(FreeformInput));

impl<S: Into<Source>> From<S> for Annotation {
    /// A citation that does not say where it stands.
    fn from(source: S) -> Self {
        Self { source: source.into(), index: None }
    }
}

impl From<serde_json::Value> for WidgetRoot {
    fn from(root: serde_json::Value) -> Self {
        Self(root)
    }
}

impl From<&str> for ProgressUpdateEvent {
    fn from(text: &str) -> Self {
        Self { icon: None, text: text.to_owned() }
    }
}

impl From<String> for ProgressUpdateEvent {
    fn from(text: String) -> Self {
        Self { icon: None, text }
    }
}
