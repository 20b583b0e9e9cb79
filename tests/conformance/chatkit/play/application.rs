//! The application around our server: it follows the script of the step that is being played.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chatkit_server::protocol::{
    Attachment, AttachmentCreateParams, ErrorCode, FeedbackKind, StreamOptions, Thread, ThreadItem,
    ThreadMetadata, ThreadStreamEvent, TranscriptionResult,
};
use chatkit_server::testing::ScriptedFiles;
use chatkit_server::{
    ActionTurn, AttachmentStore, Audio, Error, Feedback, RespondError, Responder, SyncAction,
    Transcriber, Turn,
};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use serde_json::Value;
use tokio::sync::Notify;

use super::read;
use crate::script::{Step, fill};

type Events = BoxStream<'static, Result<ThreadStreamEvent, RespondError>>;

/// Follows scripts.
#[derive(Clone, Default)]
pub(super) struct Application(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    hanging: Notify,
}

#[derive(Default)]
struct State {
    step: Option<Step>,
    heard: Vec<String>,
}

/// One thing that a script does.
#[expect(clippy::large_enum_variant, reason = "a script is short")]
enum Act {
    Yield(ThreadStreamEvent),
    Fail(RespondError),
    Pause,
    Panic,
    Hang,
}

impl Application {
    /// From now on it is this step's script.
    pub(super) fn follow(&self, step: &Step) {
        self.state().step = Some(step.clone());
    }

    /// Resolves when a script hangs.
    pub(super) async fn hanging(&self) {
        self.0.hanging.notified().await;
    }

    /// What it was asked besides answering, since the last time.
    pub(super) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.state().heard)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, what: String) {
        self.state().heard.push(what);
    }

    fn play(&self, script: impl Fn(&Step) -> &[Value], thread: ThreadMetadata) -> Events {
        let acts = self.state().step.as_ref().map(|step| acts(script(step), thread));
        let start = (acts.unwrap_or_default(), self.clone());
        let events = stream::unfold(start, async |(mut acts, application)| {
            let said = application.take(&mut acts).await?;
            Some((said, (acts, application)))
        });
        events.boxed()
    }

    async fn take(
        &self,
        acts: &mut VecDeque<Act>,
    ) -> Option<Result<ThreadStreamEvent, RespondError>> {
        loop {
            match acts.pop_front()? {
                Act::Yield(event) => return Some(Ok(event)),
                Act::Fail(error) => return Some(Err(error)),
                Act::Pause => tokio::task::yield_now().await,
                Act::Panic => panic!("the application panics"),
                Act::Hang => {
                    self.0.hanging.notify_one();
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

impl Responder<String> for Application {
    fn respond(&self, turn: Turn<String>) -> Events {
        self.play(|step| &step.respond, turn.thread)
    }

    fn act(&self, turn: ActionTurn<String>) -> Events {
        let sender = turn.sender.map_or_else(|| "-".to_owned(), |sender| sender.id);
        self.hear(format!("act {} {sender}", turn.action.kind));
        self.play(|step| &step.act, turn.thread)
    }

    fn act_sync(
        &self,
        action: SyncAction<String>,
    ) -> BoxFuture<'_, Result<Option<ThreadItem>, Error>> {
        let sender = action.sender.map_or_else(|| "-".to_owned(), |sender| sender.id);
        self.hear(format!("act_sync {} {sender}", action.action.kind));
        let item = self.state().step.as_ref().and_then(|step| step.sync.clone());
        let item = item.map(|item| read(fill(&item, &action.thread.id)));
        Box::pin(std::future::ready(Ok(item)))
    }

    fn feedback(&self, feedback: Feedback<String>) -> BoxFuture<'_, Result<(), Error>> {
        let kind = match feedback.kind {
            FeedbackKind::Positive => "positive",
            FeedbackKind::Negative => "negative",
        };
        let heard = format!("feedback {kind} {}", feedback.item_ids.join(" "));
        self.hear(heard.trim_end().to_owned());
        Box::pin(std::future::ready(Ok(())))
    }

    fn stream_options(&self, _thread: &ThreadMetadata, _context: &String) -> StreamOptions {
        let allow_cancel = self.state().step.as_ref().is_none_or(|step| step.allow_cancel);
        StreamOptions { allow_cancel }
    }
}

/// A script as our applications write it: a change of the conversation is an event of its own,
/// after the one that it goes with and before a failure.
fn acts(script: &[Value], mut thread: ThreadMetadata) -> VecDeque<Act> {
    let mut acts = VecDeque::new();
    for step in script {
        if let Some(event) = step.get("emit") {
            acts.push_back(Act::Yield(read(fill(event, &thread.id))));
        }
        if let Some(fields) = step.get("thread") {
            change(&mut thread, fields);
            let thread = Thread::from(thread.clone());
            acts.push_back(Act::Yield(ThreadStreamEvent::ThreadUpdated { thread }));
        }
        match step {
            _ if step.get("fail").is_some() => acts.push_back(Act::Fail(failure(&step["fail"]))),
            _ if step.get("pause").is_some() => acts.push_back(Act::Pause),
            _ if step.get("panic").is_some() => acts.push_back(Act::Panic),
            _ if step.get("hang").is_some() => acts.push_back(Act::Hang),
            _ => {}
        }
    }
    acts
}

fn change(thread: &mut ThreadMetadata, fields: &Value) {
    for (field, value) in fields.as_object().expect("fields are an object") {
        let value = value.clone();
        match field.as_str() {
            "title" => thread.title = read(value),
            "status" => thread.status = read(value),
            "allowed_image_domains" => thread.allowed_image_domains = read(value),
            "metadata" => thread.metadata = read(value),
            other => panic!("no application changes `{other}`"),
        }
    }
}

fn failure(fail: &Value) -> RespondError {
    let retry = fail["retry"].as_bool();
    match fail["code"].as_str() {
        Some("custom") => {
            RespondError::custom(fail["message"].as_str().unwrap(), retry.unwrap_or(false))
        }
        Some(_) => RespondError {
            code: ErrorCode::StreamError,
            message: None,
            allow_retry: retry.unwrap_or(true),
            source: None,
        },
        None => RespondError::failed("the application failed"),
    }
}

/// Announces files, and tells which were deleted since the last time.
#[derive(Clone, Default)]
pub(super) struct Files(Arc<(ScriptedFiles, Mutex<usize>)>);

impl Files {
    pub(super) fn deleted(&self) -> Vec<String> {
        let deleted = self.0.0.deleted().len();
        let mut told = self.0.1.lock().unwrap();
        let news = deleted - std::mem::replace(&mut *told, deleted);
        vec!["delete_file".to_owned(); news]
    }
}

impl AttachmentStore<String> for Files {
    fn create_attachment<'a>(
        &'a self,
        context: &'a String,
        params: AttachmentCreateParams,
    ) -> BoxFuture<'a, Result<Attachment, Error>> {
        self.0.0.create_attachment(context, params)
    }

    fn delete_attachment<'a>(
        &'a self,
        context: &'a String,
        attachment_id: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.0.0.delete_attachment(context, attachment_id)
    }
}

/// Hears how long a recording is.
pub(super) struct Listener;

impl Transcriber<String> for Listener {
    fn transcribe<'a>(
        &'a self,
        _context: &'a String,
        audio: Audio,
    ) -> BoxFuture<'a, Result<TranscriptionResult, Error>> {
        let text = format!("{}:{}", audio.media_type, audio.bytes.len());
        Box::pin(std::future::ready(Ok(TranscriptionResult { text })))
    }
}
