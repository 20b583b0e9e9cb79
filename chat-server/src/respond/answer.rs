//! One answer as it is shown: at most one message being written, and one workflow with a badge for
//! each tool call.
//!
//! ```text
//! first call ─▶ added ─▶ task added, task updated … ─▶ done when text begins or the turn ends
//! a call after that ─▶ the whole workflow replaces what was kept
//! ```

mod arguments;

use chatkit_server::{
    IdKind,
    protocol::{
        AssistantMessageContent, AssistantMessageItem, ClientEffectEvent, CustomTask,
        StatusIndicator, Task, ThreadItem, ThreadItemUpdate, ThreadStreamEvent, Workflow,
        WorkflowItem, WorkflowSummary, WorkflowType,
    },
};
use serde_json::json;
use todochat_service::{Clock, Ids};

use crate::{
    agent::{AgentEvent, ToolCall},
    config::BadgeArgs,
};

/// What an answer has shown so far.
pub(super) struct Answer {
    clock: Clock,
    ids: Ids,
    thread_id: String,
    shown: BadgeArgs,
    message: Option<AssistantMessageItem>,
    badges: Option<Badges>,
}

struct Badges {
    item: WorkflowItem,
    /// Whether it has been sent as done; from then on it can only be replaced.
    kept: bool,
}

impl Answer {
    /// An answer in this thread that has shown nothing yet.
    pub(super) fn new(clock: Clock, ids: Ids, thread_id: String, shown: BadgeArgs) -> Self {
        Self { clock, ids, thread_id, shown, message: None, badges: None }
    }

    /// Adds what the client is sent for an event of the agent.
    pub(super) fn take(&mut self, event: AgentEvent, out: &mut Vec<ThreadStreamEvent>) {
        match event {
            AgentEvent::TextDelta(delta) => self.write(delta, out),
            AgentEvent::TextDone => out.extend(self.end_message()),
            AgentEvent::ToolStarted { index, call } => {
                out.extend(self.end_message());
                out.push(self.start_badge(index, &call));
            }
            AgentEvent::ToolFinished { index, is_error, changed, .. } => {
                out.extend(self.end_badge(index, is_error));
                out.extend(tasks_changed(&changed));
            }
        }
    }

    /// What the client is sent when the agent has ended.
    pub(super) fn finish(&mut self) -> Vec<ThreadStreamEvent> {
        self.keep_badges().into_iter().chain(self.end_message()).collect()
    }

    fn write(&mut self, delta: String, out: &mut Vec<ThreadStreamEvent>) {
        if self.message.is_none() {
            out.extend(self.keep_badges());
            out.extend(self.begin_message());
        }
        if let Some(message) = &mut self.message {
            message.content[0].text.push_str(&delta);
            out.push(ThreadStreamEvent::text_delta(&message.id, 0, delta));
        }
    }

    fn begin_message(&mut self) -> [ThreadStreamEvent; 2] {
        let mut message = AssistantMessageItem {
            id: self.ids.next(IdKind::Message.prefix()),
            thread_id: self.thread_id.clone(),
            created_at: self.clock.now(),
            content: Vec::new(),
        };
        let added = ThreadStreamEvent::added(ThreadItem::AssistantMessage(message.clone()));
        let content = AssistantMessageContent::text("");
        message.content.push(content.clone());
        let part = ThreadItemUpdate::ContentPartAdded { content_index: 0, content };
        let part = ThreadStreamEvent::updated(&message.id, part);
        self.message = Some(message);
        [added, part]
    }

    fn end_message(&mut self) -> Vec<ThreadStreamEvent> {
        let Some(message) = self.message.take() else { return Vec::new() };
        let content = message.content[0].clone();
        let part = ThreadItemUpdate::ContentPartDone { content_index: 0, content };
        vec![
            ThreadStreamEvent::updated(&message.id, part),
            ThreadStreamEvent::done(ThreadItem::AssistantMessage(message)),
        ]
    }

    fn start_badge(&mut self, index: usize, call: &ToolCall) -> ThreadStreamEvent {
        let task = badge(call, self.shown);
        let Some(badges) = &mut self.badges else {
            let item = WorkflowItem {
                id: self.ids.next(IdKind::Workflow.prefix()),
                thread_id: self.thread_id.clone(),
                created_at: self.clock.now(),
                workflow: Workflow {
                    kind: WorkflowType::Custom,
                    tasks: vec![task],
                    summary: None,
                    expanded: false,
                },
            };
            let event = ThreadStreamEvent::added(ThreadItem::Workflow(item.clone()));
            self.badges = Some(Badges { item, kept: false });
            return event;
        };
        badges.item.workflow.tasks.push(task.clone());
        badges.changed(ThreadItemUpdate::WorkflowTaskAdded { task_index: place(index), task })
    }

    fn end_badge(&mut self, index: usize, is_error: bool) -> Option<ThreadStreamEvent> {
        let badges = self.badges.as_mut()?;
        let task = badges.item.workflow.tasks.get_mut(index)?;
        task.set_status_indicator(StatusIndicator::Complete);
        if let (Task::Custom(task), true) = (&mut *task, is_error) {
            task.icon = Some("lucide:circle-x".to_owned());
        }
        let task = task.clone();
        let update = ThreadItemUpdate::WorkflowTaskUpdated { task_index: place(index), task };
        Some(badges.changed(update))
    }

    /// The workflow is done when text begins or the turn ends.
    fn keep_badges(&mut self) -> Option<ThreadStreamEvent> {
        let badges = self.badges.as_mut().filter(|badges| !badges.kept)?;
        badges.kept = true;
        badges.item.workflow.summary = Some(badges.summary());
        Some(ThreadStreamEvent::done(ThreadItem::Workflow(badges.item.clone())))
    }
}

impl Badges {
    /// How a change is told: small while the item is pending, whole once it was kept.
    fn changed(&mut self, update: ThreadItemUpdate) -> ThreadStreamEvent {
        if !self.kept {
            return ThreadStreamEvent::updated(&self.item.id, update);
        }
        self.item.workflow.summary = Some(self.summary());
        ThreadStreamEvent::ThreadItemReplaced { item: ThreadItem::Workflow(self.item.clone()) }
    }

    fn summary(&self) -> WorkflowSummary {
        let title = match self.item.workflow.tasks.len() {
            1 => "Used 1 tool".to_owned(),
            count => format!("Used {count} tools"),
        };
        WorkflowSummary::Custom { title, icon: Some("bolt".to_owned()) }
    }
}

/// A running call: the tool's own name, and of the arguments what may be shown.
fn badge(call: &ToolCall, shown: BadgeArgs) -> Task {
    Task::Custom(CustomTask {
        status_indicator: StatusIndicator::Loading,
        title: Some(call.name.clone()),
        icon: Some("bolt".to_owned()),
        content: arguments::shown(&call.arguments, shown),
    })
}

fn tasks_changed(ids: &[String]) -> Option<ThreadStreamEvent> {
    if ids.is_empty() {
        return None;
    }
    let mut data = serde_json::Map::new();
    data.insert("ids".to_owned(), json!(ids));
    let effect = ClientEffectEvent { name: "tasks.changed".to_owned(), data };
    Some(ThreadStreamEvent::ClientEffect(effect))
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
