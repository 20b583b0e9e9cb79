//! Items that come all at once, and changes to those that are kept already.

use serde_json::Value;

use super::Reply;
use crate::IdKind;
use crate::protocol::{
    ClientToolCallItem, ClientToolCallStatus, EndOfTurnItem, HiddenContextItem, Object,
    StructuredInput, StructuredInputItem, StructuredInputStatus, Task, TaskItem, ThreadItem,
    ThreadStreamEvent,
};

impl Reply {
    /// A single step, outside of any group.
    pub async fn task(&self, task: impl Into<Task>) {
        self.item(TaskItem {
            id: self.new_id(IdKind::Task),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            task: task.into(),
        })
        .await;
    }

    /// Questions to the user. They take the composer's place, so the answer ends with them; the
    /// user's answers begin another turn, with [`Cause::StructuredInput`](crate::Cause).
    pub async fn structured_input(&self, questions: Vec<StructuredInput>) {
        self.item(StructuredInputItem {
            id: self.new_id(IdKind::Message),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            status: StructuredInputStatus::Pending,
            inputs: questions,
        })
        .await;
    }

    /// A call for the browser to run. The answer ends with it; its result begins another turn, with
    /// [`Cause::ClientToolOutput`](crate::Cause). `call_id` is the model's id of the call.
    pub async fn client_tool_call(
        &self,
        call_id: impl Into<String>,
        name: impl Into<String>,
        arguments: Object,
    ) {
        self.item(ClientToolCallItem {
            id: self.new_id(IdKind::ToolCall),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            status: ClientToolCallStatus::Pending,
            call_id: call_id.into(),
            name: name.into(),
            arguments,
            output: None,
        })
        .await;
    }

    /// Something for the model to read the next time. It is kept; the client never sees it.
    pub async fn hidden_context(&self, content: impl Into<Value>) {
        self.item(HiddenContextItem {
            id: self.new_id(IdKind::Message),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            content: content.into(),
        })
        .await;
    }

    /// Ends the group of items that the action buttons belong to.
    pub async fn end_of_turn(&self) {
        self.item(EndOfTurnItem {
            id: self.new_id(IdKind::Message),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
        })
        .await;
    }

    /// An item of any kind, complete.
    pub async fn item(&self, item: impl Into<ThreadItem>) {
        self.send(ThreadStreamEvent::done(item.into())).await;
    }

    /// An item that is kept already is now this: a widget after its button was pressed, for
    /// instance.
    pub async fn replace(&self, item: impl Into<ThreadItem>) {
        self.send(ThreadStreamEvent::ThreadItemReplaced { item: item.into() }).await;
    }

    /// An item is to be gone.
    pub async fn remove(&self, item_id: impl Into<String>) {
        self.send(ThreadStreamEvent::ThreadItemRemoved { item_id: item_id.into() }).await;
    }
}
