//! Items that were begun and are not done: the protocol's own reducer, and how they are closed
//! when a turn ends without finishing them.

use chrono::{DateTime, Utc};

use crate::protocol::{
    AssistantMessageContent, AssistantMessageItem, StatusIndicator, Task, ThreadItem,
    ThreadItemUpdate as Update, ThreadStreamEvent as Event, Workflow, WorkflowSummary,
};
use crate::widget;

/// Parts of a message, at most: an index far beyond the end is a mistake, not a request for
/// padding.
const MAX_PARTS: usize = 1_024;

/// What a step shows that was running when its turn ended.
const UNFINISHED_ICON: &str = "lucide:circle-slash";

/// Items that were begun and are not done, in the order they were begun.
#[derive(Default)]
pub(super) struct Pending(Vec<ThreadItem>);

impl Pending {
    /// An item begins. The client's copy and this one go separate ways from here.
    pub(super) fn add(&mut self, item: &ThreadItem) {
        if !item.is_hidden() {
            self.remove(item.id());
            // Mostly it is the only one.
            self.0.reserve_exact(1);
            self.0.push(item.clone());
        }
    }

    /// An item is done, replaced or removed.
    pub(super) fn remove(&mut self, item_id: &str) {
        self.0.retain(|item| item.id() != item_id);
    }

    /// An item changes.
    pub(super) fn apply(&mut self, item_id: &str, update: &Update) {
        // The newest is nearly always the one.
        match self.0.iter_mut().rev().find(|item| item.id() == item_id) {
            Some(ThreadItem::AssistantMessage(message)) => apply_text(message, update),
            Some(ThreadItem::Workflow(item)) => apply_task(&mut item.workflow, update),
            Some(ThreadItem::Widget(item)) => widget::apply(&mut item.widget, update),
            Some(ThreadItem::GeneratedImage(item)) => {
                if let Update::GeneratedImageUpdated { image, .. } = update {
                    item.image = Some(image.clone());
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.0.iter().map(|item| item.id().to_owned()).collect()
    }

    /// What a reader is told that comes in the middle.
    pub(super) fn told(&self) -> Vec<Event> {
        self.0.iter().cloned().map(Event::added).collect()
    }

    /// What a reload should show of them, and a reader on another server. A widget is one while it
    /// changes, and is taken back all the same if it is never done.
    pub(super) fn worth_showing(&self) -> Vec<ThreadItem> {
        let is_shown =
            |item: &&ThreadItem| is_worth_keeping(item) || matches!(item, ThreadItem::Widget(_));
        self.0.iter().filter(is_shown).cloned().collect()
    }

    /// All of them, leaving none.
    pub(super) fn take(&mut self) -> Vec<ThreadItem> {
        std::mem::take(&mut self.0)
    }
}

fn apply_text(message: &mut AssistantMessageItem, update: &Update) {
    match update {
        Update::TextDelta { content_index, delta } => {
            if let Some(part) = part(message, *content_index) {
                part.text.push_str(delta);
            }
        }
        Update::ContentPartAdded { content_index, content } => {
            if let Some(part) = part(message, *content_index) {
                part.clone_from(content);
            }
        }
        Update::ContentPartDone { content_index, content } => {
            if let Some(part) = part(message, *content_index) {
                part.text.clone_from(&content.text);
                // Some servers leave out here what they streamed before.
                if !content.annotations.is_empty() {
                    part.annotations.clone_from(&content.annotations);
                }
            }
        }
        Update::AnnotationAdded { content_index, annotation_index, annotation } => {
            if let Some(part) = part(message, *content_index) {
                let at = usize::try_from(*annotation_index).unwrap_or(usize::MAX);
                part.annotations.insert(at.min(part.annotations.len()), annotation.clone());
            }
        }
        _ => {}
    }
}

/// A part of a message; missing ones before it are empty.
fn part(message: &mut AssistantMessageItem, index: u32) -> Option<&mut AssistantMessageContent> {
    let index = usize::try_from(index).ok().filter(|index| *index < MAX_PARTS)?;
    if index >= message.content.len() {
        message.content.resize_with(index + 1, AssistantMessageContent::default);
    }
    message.content.get_mut(index)
}

fn apply_task(workflow: &mut Workflow, update: &Update) {
    match update {
        Update::WorkflowTaskAdded { task_index, task } => match slot(workflow, *task_index) {
            Some(slot) => slot.clone_from(task),
            None => workflow.tasks.push(task.clone()),
        },
        Update::WorkflowTaskUpdated { task_index, task } => {
            if let Some(slot) = slot(workflow, *task_index) {
                slot.clone_from(task);
            }
        }
        _ => {}
    }
}

fn slot(workflow: &mut Workflow, index: u32) -> Option<&mut Task> {
    workflow.tasks.get_mut(usize::try_from(index).ok()?)
}

/// Whether anything is kept of an item that was never done: text that has words, and workflows that
/// have steps.
fn is_worth_keeping(item: &ThreadItem) -> bool {
    match item {
        ThreadItem::AssistantMessage(message) => {
            message.content.iter().any(|part| !part.text.trim().is_empty())
        }
        ThreadItem::Workflow(item) => !item.workflow.tasks.is_empty(),
        _ => false,
    }
}

/// What is kept of an item that was never done, if anything.
pub(super) fn closed(mut item: ThreadItem, now: DateTime<Utc>) -> Option<ThreadItem> {
    if !is_worth_keeping(&item) {
        return None;
    }
    if let ThreadItem::Workflow(item) = &mut item {
        let took = now.signed_duration_since(item.created_at);
        close_workflow(&mut item.workflow, u32::try_from(took.num_seconds()).unwrap_or(0));
    }
    Some(item)
}

/// An item of a turn whose server died, if it has to change: a step that was running is not any more.
pub(super) fn interrupted(item: ThreadItem, now: DateTime<Utc>) -> Option<ThreadItem> {
    let ThreadItem::Workflow(workflow) = &item else { return None };
    let mut steps = workflow.workflow.tasks.iter();
    let is_open = steps.any(|task| task.status_indicator() == StatusIndicator::Loading);
    if is_open { closed(item, now) } else { None }
}

/// No step runs any more. There is no failed status, so the icon says that it did not finish.
fn close_workflow(workflow: &mut Workflow, duration: u32) {
    for task in &mut workflow.tasks {
        if task.status_indicator() == StatusIndicator::Loading {
            task.set_status_indicator(StatusIndicator::Complete);
            if let Task::Custom(task) = task {
                task.icon = Some(UNFINISHED_ICON.to_owned());
            }
        }
    }
    workflow.summary.get_or_insert(WorkflowSummary::Duration { duration });
    workflow.expanded = false;
}
