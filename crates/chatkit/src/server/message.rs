//! `threads.create` and `threads.add_user_message`: the user says something.

use super::{Server, input};
use crate::protocol::{
    Attachment, Object, Thread, ThreadAddUserMessageParams, ThreadCreateParams, ThreadItem,
    ThreadMetadata, ThreadStatus, ThreadStreamEvent, UserMessageInput,
};
use crate::turn::{self, Asked, Opening};
use crate::{Begun, Cause, Error, EventStream, IdKind, Responder, Store, StoreError, TurnStart};

/// A conversation begins.
pub(super) async fn create<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadCreateParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    input::check(&params.input, &server.options().limits)?;
    let store = server.store();
    let thread = ThreadMetadata {
        id: store.new_id(IdKind::Thread),
        title: None,
        created_at: store.now(),
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Object::new(),
    };
    let created = ThreadStreamEvent::ThreadCreated { thread: Thread::from(thread.clone()) };
    answer(server, thread, Some(created), params.input, context).await
}

/// A conversation goes on.
pub(super) async fn add<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadAddUserMessageParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    input::check(&params.input, &server.options().limits)?;
    let thread = server.store().load_thread(&context, &params.thread_id).await?;
    input::check_open(&thread)?;
    answer(server, thread, None, params.input, context).await
}

/// Keeps the message, with its files and with its conversation if that is new, and starts the turn
/// that answers it.
async fn answer<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    thread: ThreadMetadata,
    created: Option<ThreadStreamEvent>,
    message: UserMessageInput,
    context: S::Context,
) -> Result<EventStream, Error> {
    let store = server.store();
    let attachments = attachments(server, &message.attachments, &thread.id, &context).await?;
    let id = store.new_id(IdKind::Message);
    let message = input::item(message, id, attachments, &thread, store.now());
    let item = ThreadItem::UserMessage(message.clone());
    let start = TurnStart {
        is_new: created.is_some(),
        item: Some(&item),
        attachments: &message.attachments,
        ..TurnStart::of(&thread)
    };
    let Begun { turn, thread } = server.begin(&context, start).await?;
    let is_new = created.is_some();
    let before = created.into_iter().chain([ThreadStreamEvent::done(item)]).collect();
    let asked = Asked::Answer { input: Some(message), cause: Cause::Message };
    let opening = Opening { is_new, before, ..Opening::new(thread, asked, context) };
    Ok(turn::start(&server.inner, turn, opening))
}

/// The files that a message names, as part of its conversation. Nothing is kept yet, so that a
/// file that is missing leaves nothing half made.
async fn attachments<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    ids: &[String],
    thread_id: &str,
    context: &S::Context,
) -> Result<Vec<Attachment>, Error> {
    let mut attachments = Vec::with_capacity(ids.len());
    for id in ids {
        let mut attachment = match server.store().load_attachment(context, id).await {
            // Where there is nowhere to put files, that is what the client has to know.
            Err(StoreError::NotFound) if server.attachments.is_none() => {
                return Err(Error::not_configured());
            }
            loaded => loaded?,
        };
        attachment.set_thread_id(thread_id);
        attachments.push(attachment);
    }
    Ok(attachments)
}
