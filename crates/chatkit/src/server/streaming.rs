//! Operations that are answered with a turn.

use std::sync::Arc;

use super::{Inner, input, not_implemented};
use crate::protocol::{
    Object, StreamingOperation as Operation, Thread, ThreadAddUserMessageParams,
    ThreadCreateParams, ThreadItem, ThreadMetadata, ThreadStatus, ThreadStreamEvent,
    UserMessageInput,
};
use crate::turn::{self, Opening};
use crate::{Error, EventStream, IdKind, Responder, Store, TurnStart};

/// Checks everything that can be refused, keeps what the user sent, and starts the turn.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    operation: Operation,
    context: S::Context,
) -> Result<EventStream, Error> {
    match operation {
        Operation::ThreadsCreate(params) => create(server, params, context).await,
        Operation::ThreadsAddUserMessage(params) => add_user_message(server, params, context).await,
        Operation::ThreadsAddClientToolOutput(_)
        | Operation::ThreadsAddStructuredInput(_)
        | Operation::ThreadsRetryAfterItem(_)
        | Operation::ThreadsCustomAction(_) => Err(not_implemented()),
    }
}

async fn create<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    params: ThreadCreateParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    input::check(&params.input, &server.options.limits)?;
    let thread = ThreadMetadata {
        id: server.store.new_id(IdKind::Thread),
        title: None,
        created_at: server.store.now(),
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Object::new(),
    };
    let created = ThreadStreamEvent::ThreadCreated { thread: Thread::from(thread.clone()) };
    answer(server, thread, Some(created), params.input, context).await
}

async fn add_user_message<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    params: ThreadAddUserMessageParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    input::check(&params.input, &server.options.limits)?;
    let thread = server.store.load_thread(&context, &params.thread_id).await?;
    input::check_open(&thread)?;
    answer(server, thread, None, params.input, context).await
}

/// Keeps the message, with its conversation if that is new, and starts the turn that answers it.
async fn answer<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    thread: ThreadMetadata,
    created: Option<ThreadStreamEvent>,
    message: UserMessageInput,
    context: S::Context,
) -> Result<EventStream, Error> {
    let id = server.store.new_id(IdKind::Message);
    let message = input::item(message, id, &thread, server.store.now());
    let item = ThreadItem::UserMessage(message.clone());
    let start = TurnStart { thread: &thread, is_new: created.is_some(), item: Some(&item) };
    server.store.begin_turn(&context, start).await?;
    let events = created.into_iter().chain([ThreadStreamEvent::done(item)]).collect();
    Ok(turn::start(server, Opening { thread, input: Some(message), context, events }))
}
