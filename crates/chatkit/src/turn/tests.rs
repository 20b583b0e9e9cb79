//! Turns, played from a script against the store in memory. Events are told in short form, so that
//! a test can compare all of them.

mod ending;
mod hanging_up;
mod order;
mod reader;
mod surviving;
mod widgets;

use std::future::poll_fn;
use std::time::Duration;

use futures_util::StreamExt as _;

use crate::protocol::{
    AssistantMessageContent, AssistantMessageItem, CustomTask, HiddenContextItem, StatusIndicator,
    Task, ThreadItem, ThreadItemUpdate, ThreadStreamEvent as Event, Workflow, WorkflowItem,
    WorkflowType,
};
use crate::testing::{MemoryStore, ScriptedResponder, Step};
use crate::{EventStream, OnDisconnect, Options, Response, Server, Store as _};

type Scripted = Server<MemoryStore, ScriptedResponder<String>>;

/// Where the first conversation of a store in memory is.
const THREAD: &str = "thr_1";

fn server(on_disconnect: OnDisconnect, script: fn() -> Vec<Step>) -> Scripted {
    with_options(Options { on_disconnect, ..Options::default() }, script)
}

fn with_options(
    options: Options,
    script: impl Fn() -> Vec<Step> + Send + Sync + 'static,
) -> Scripted {
    let responder = ScriptedResponder::new(move |_| script());
    Server::new(MemoryStore::default(), responder, options)
}

const HI: &[u8] = br#"{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"hi"}]}}}"#;

/// Says "hi" in a new conversation.
async fn say_hi(server: &Scripted) -> EventStream {
    let request = server.parse(HI).unwrap();
    match server.process_request(request, "ann".to_owned()).await.unwrap() {
        Response::Stream(stream) => stream,
        Response::Json(_) => panic!("a message is answered with a stream"),
    }
}

/// What a script makes of "hi", after the three events that every turn begins with.
async fn played(server: &Scripted) -> Vec<String> {
    let events: Vec<_> = say_hi(server).await.map(|event| brief(&event)).collect().await;
    ended(server).await;
    events[3..].to_vec()
}

/// Waits until no turn runs any more.
async fn ended(server: &Scripted) {
    server.options().tracker.close();
    server.options().tracker.wait().await;
}

/// Waits until a script has come this far, and what it yielded until then has been handled.
async fn taken(server: &Scripted, steps: usize) {
    let mut taken = server.responder().taken();
    taken.wait_for(|taken| *taken >= steps).await.unwrap();
}

/// All that is kept of the conversation after the user's message.
fn kept(server: &Scripted) -> Vec<String> {
    server.store().items(THREAD).iter().skip(1).map(item).collect()
}

fn brief(event: &Event) -> String {
    match event {
        Event::ThreadCreated { thread } => format!("created {}", thread.thread.id),
        Event::ThreadUpdated { thread } => format!("thread {:?}", thread.thread.title),
        Event::ThreadItemAdded { item: it } => format!("added {}", item(it)),
        Event::ThreadItemUpdated { item_id, update } => match update {
            ThreadItemUpdate::TextDelta { delta, .. }
            | ThreadItemUpdate::WidgetTextDelta { delta, .. } => format!("{item_id} +{delta}"),
            _ => format!("{item_id} changed"),
        },
        Event::ThreadItemDone { item: it } => format!("done {}", item(it)),
        Event::ThreadItemReplaced { item: it } => format!("replaced {}", item(it)),
        Event::ThreadItemRemoved { item_id } => format!("removed {item_id}"),
        Event::StreamOptions { stream_options } => {
            format!("cancel? {}", stream_options.allow_cancel)
        }
        Event::ProgressUpdate(progress) => format!("progress {}", progress.text),
        Event::ClientEffect(effect) => format!("effect {}", effect.name),
        Event::Notice(notice) => format!("notice {}", notice.message),
        Event::Error(error) => {
            let words = error.message.as_deref().unwrap_or("-");
            format!("error {} {words} retry={}", error.code.as_str(), error.allow_retry)
        }
    }
}

fn item(item: &ThreadItem) -> String {
    let inside = match item {
        ThreadItem::AssistantMessage(message) => {
            message.content.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("|")
        }
        ThreadItem::Workflow(item) => item.workflow.tasks.iter().map(task).collect(),
        ThreadItem::SdkHiddenContext(item) => item.content.clone(),
        ThreadItem::Widget(item) => {
            item.widget.0["children"][0]["value"].as_str().unwrap_or("-").to_owned()
        }
        _ => String::new(),
    };
    format!("{} {inside}", item.id()).trim_end().to_owned()
}

fn task(task: &Task) -> String {
    let Task::Custom(CustomTask { status_indicator, title, icon, .. }) = task else {
        panic!("these tests have no other tasks");
    };
    let (title, icon) = (title.as_deref().unwrap_or("-"), icon.as_deref().unwrap_or("-"));
    format!("[{title} {status_indicator:?} {icon}]")
}

fn message(id: &str, text: &str) -> ThreadItem {
    let content = if text.is_empty() { vec![] } else { vec![AssistantMessageContent::text(text)] };
    ThreadItem::AssistantMessage(AssistantMessageItem {
        id: id.to_owned(),
        thread_id: THREAD.to_owned(),
        created_at: MemoryStore::default().now(),
        content,
    })
}

fn workflow(id: &str, titles: &[&str]) -> ThreadItem {
    ThreadItem::Workflow(WorkflowItem {
        id: id.to_owned(),
        thread_id: THREAD.to_owned(),
        created_at: MemoryStore::default().now(),
        workflow: Workflow {
            kind: WorkflowType::Custom,
            tasks: titles.iter().map(|title| running(title)).collect(),
            summary: None,
            expanded: false,
        },
    })
}

fn running(title: &str) -> Task {
    Task::Custom(CustomTask {
        status_indicator: StatusIndicator::Loading,
        title: Some(title.to_owned()),
        icon: None,
        content: None,
    })
}

fn complete(index: u32, title: &str) -> ThreadItemUpdate {
    let mut task = running(title);
    task.set_status_indicator(StatusIndicator::Complete);
    ThreadItemUpdate::WorkflowTaskUpdated { task_index: index, task }
}

fn hidden(id: &str) -> ThreadItem {
    ThreadItem::HiddenContext(HiddenContextItem {
        id: id.to_owned(),
        thread_id: THREAD.to_owned(),
        created_at: MemoryStore::default().now(),
        content: "for the model".into(),
    })
}

fn text(id: &str, delta: &str) -> Step {
    Event::text_delta(id, 0, delta).into()
}
