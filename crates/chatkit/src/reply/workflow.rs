//! Steps that show as badges, and the model's thoughts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Reply;
use crate::IdKind;
use crate::protocol::{
    CustomTask, StatusIndicator, Task, ThreadItemUpdate, ThreadStreamEvent, Workflow, WorkflowItem,
    WorkflowSummary, WorkflowType,
};

/// What a badge shows whose step failed: the protocol has no failed status.
const FAILED_ICON: &str = "lucide:circle-x";

/// A group of steps. It begins with its first step; one without any is never seen.
///
/// Steps may run side by side, also in other tasks: each [`TaskWriter`] tells of its own. A step
/// that changes after the group is `done` replaces the whole of it.
#[derive(Clone, Debug)]
#[must_use = "a workflow is kept when it is `done`"]
pub struct WorkflowWriter {
    reply: Reply,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    kind: WorkflowType,
    /// Nothing until there is a step.
    item: Option<WorkflowItem>,
    is_done: bool,
}

/// One step of a workflow.
#[derive(Clone, Debug)]
pub struct TaskWriter {
    workflow: WorkflowWriter,
    index: usize,
}

impl Reply {
    /// A group of steps, such as calls of tools.
    pub fn workflow(&self) -> WorkflowWriter {
        self.workflow_of(WorkflowType::Custom)
    }

    /// A group of the model's thoughts.
    pub fn reasoning(&self) -> WorkflowWriter {
        self.workflow_of(WorkflowType::Reasoning)
    }

    fn workflow_of(&self, kind: WorkflowType) -> WorkflowWriter {
        let state = Arc::new(Mutex::new(State { kind, item: None, is_done: false }));
        WorkflowWriter { reply: self.clone(), state }
    }
}

impl WorkflowWriter {
    /// A step that runs and shows as a badge: its name, an icon's name, and more about it in
    /// markdown, such as a tool's arguments; empty for none.
    pub async fn badge(
        &self,
        title: impl Into<String>,
        icon: impl Into<String>,
        content: impl Into<String>,
    ) -> TaskWriter {
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        self.task(CustomTask {
            status_indicator: StatusIndicator::Loading,
            title: filled(title.into()),
            icon: filled(icon.into()),
            content: filled(content.into()),
        })
        .await
    }

    /// A step of any kind, as it stands.
    pub async fn task(&self, task: impl Into<Task>) -> TaskWriter {
        let task = task.into();
        let mut index = 0;
        let event = || {
            let mut state = self.lock();
            let (task_index, event) = state.add(&self.reply, task);
            index = task_index;
            event
        };
        self.reply.write(event).await;
        TaskWriter { workflow: self.clone(), index }
    }

    /// The group is complete, and so are its steps. It says how long it took.
    pub async fn done(self) {
        self.finish(|seconds| WorkflowSummary::Duration { duration: seconds }).await;
    }

    /// The group is complete, and so are its steps: a heading and an icon's name, if any.
    pub async fn done_as(self, title: impl Into<String>, icon: Option<&str>) {
        let summary =
            WorkflowSummary::Custom { title: title.into(), icon: icon.map(str::to_owned) };
        self.finish(|_| summary).await;
    }

    async fn finish(&self, summary: impl FnOnce(u32) -> WorkflowSummary) {
        self.reply.write_some(|| self.lock().finish(&self.reply, summary)).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TaskWriter {
    /// Changes the step.
    pub async fn change(&self, change: impl FnOnce(&mut Task)) {
        let WorkflowWriter { reply, .. } = &self.workflow;
        reply.write_some(|| self.workflow.lock().change(self.index, change)).await;
    }

    /// Appends to what there is to say of the step, in markdown.
    pub async fn append(&self, delta: impl Into<String>) {
        let delta = delta.into();
        self.change(|task| match task {
            Task::Custom(task) => task.content.get_or_insert_default().push_str(&delta),
            Task::Thought(task) => task.content.push_str(&delta),
            Task::WebSearch(_) | Task::File(_) | Task::Image(_) => {}
        })
        .await;
    }

    /// The step is complete.
    pub async fn complete(self) {
        self.change(|task| task.set_status_indicator(StatusIndicator::Complete)).await;
    }

    /// The step is complete; this is what there is to say of it, in markdown.
    pub async fn complete_with(self, content: impl Into<String>) {
        let content = content.into();
        self.change(|task| {
            task.set_status_indicator(StatusIndicator::Complete);
            set_content(task, content);
        })
        .await;
    }

    /// The step has failed; this is what there is to say of it, in markdown.
    pub async fn fail(self, content: impl Into<String>) {
        let content = content.into();
        self.change(|task| {
            task.set_status_indicator(StatusIndicator::Complete);
            set_content(task, content);
            if let Task::Custom(task) = task {
                task.icon = Some(FAILED_ICON.to_owned());
            }
        })
        .await;
    }
}

fn set_content(task: &mut Task, content: String) {
    match task {
        Task::Custom(task) => task.content = Some(content),
        Task::Thought(task) => task.content = content,
        Task::WebSearch(_) | Task::File(_) | Task::Image(_) => {}
    }
}

impl State {
    /// Another step: the event that tells of it, with the step's place.
    fn add(&mut self, reply: &Reply, task: Task) -> (usize, ThreadStreamEvent) {
        let Some(item) = &mut self.item else {
            let item = WorkflowItem {
                id: reply.new_id(IdKind::Workflow),
                thread_id: reply.thread_id().to_owned(),
                created_at: reply.now(),
                workflow: Workflow {
                    kind: self.kind,
                    tasks: vec![task],
                    summary: None,
                    expanded: false,
                },
            };
            return (0, ThreadStreamEvent::added(self.item.insert(item).clone().into()));
        };
        let index = item.workflow.tasks.len();
        item.workflow.tasks.push(task.clone());
        let update = ThreadItemUpdate::WorkflowTaskAdded { task_index: place(index), task };
        (index, changed(item, self.is_done, update))
    }

    fn change(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Task),
    ) -> Option<ThreadStreamEvent> {
        let item = self.item.as_mut()?;
        let task = item.workflow.tasks.get_mut(index)?;
        change(task);
        let task = task.clone();
        let update = ThreadItemUpdate::WorkflowTaskUpdated { task_index: place(index), task };
        Some(changed(item, self.is_done, update))
    }

    fn finish(
        &mut self,
        reply: &Reply,
        summary: impl FnOnce(u32) -> WorkflowSummary,
    ) -> Option<ThreadStreamEvent> {
        let item = self.item.as_mut().filter(|_| !self.is_done)?;
        self.is_done = true;
        let loading = |task: &&mut Task| task.status_indicator() == StatusIndicator::Loading;
        for task in item.workflow.tasks.iter_mut().filter(loading) {
            task.set_status_indicator(StatusIndicator::Complete);
        }
        let took = reply.now().signed_duration_since(item.created_at).num_seconds();
        item.workflow.summary = Some(summary(u32::try_from(took).unwrap_or(0)));
        Some(ThreadStreamEvent::done(item.clone().into()))
    }
}

/// How a change is told: small while the workflow is pending, whole once it was kept.
fn changed(item: &WorkflowItem, is_done: bool, update: ThreadItemUpdate) -> ThreadStreamEvent {
    if is_done {
        return ThreadStreamEvent::ThreadItemReplaced { item: item.clone().into() };
    }
    ThreadStreamEvent::updated(&item.id, update)
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
