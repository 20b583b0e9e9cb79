//! `threads.custom_action` and `threads.sync_custom_action`: something was done to a widget.

use bytes::Bytes;

use super::{Server, json};
use crate::protocol::{
    ErrorCode, ErrorEvent, SyncCustomActionResponse, ThreadCustomActionParams, ThreadItem,
    ThreadMetadata, ThreadStreamEvent, WidgetItem,
};
use crate::turn::{self, Asked, Opening};
use crate::{Begun, Error, EventStream, Responder, Store, SyncAction, TurnStart};

/// What an action was done to.
enum Sender {
    Widget(WidgetItem),
    /// The conversation as a whole.
    Nothing,
    /// Some other item, which has no actions.
    Unfit,
}

/// Starts the turn that answers the action. One that comes from no widget is answered with an
/// error, as the reference server does.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadCustomActionParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    let (thread, sender) = sender(server.store(), &params, &context).await?;
    let sender = match sender {
        Sender::Widget(widget) => Some(widget),
        Sender::Nothing => None,
        Sender::Unfit => return Ok(turn::refused(no_widget())),
    };
    let Begun { turn, thread } = server.begin(&context, TurnStart::of(&thread)).await?;
    let asked = Asked::Action { action: params.action, sender };
    Ok(turn::start(&server.inner, turn, Opening::new(thread, asked, context)))
}

/// Answers the action at once. Nothing is kept here.
pub(super) async fn process_sync<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadCustomActionParams,
    context: S::Context,
) -> Result<Bytes, Error> {
    let (thread, sender) = sender(server.store(), &params, &context).await?;
    let sender = match sender {
        Sender::Widget(widget) => Some(widget),
        Sender::Nothing => None,
        Sender::Unfit => return Err(Error::conflict("not_a_widget", "the item has no actions")),
    };
    let action = SyncAction { thread, action: params.action, sender, context };
    let updated = server.responder().act_sync(action).await?;
    let updated_item = updated.filter(|item| !item.is_hidden());
    Ok(json(&SyncCustomActionResponse { updated_item }))
}

async fn sender<S: Store>(
    store: &S,
    params: &ThreadCustomActionParams,
    context: &S::Context,
) -> Result<(ThreadMetadata, Sender), Error> {
    let thread = store.load_thread(context, &params.thread_id).await?;
    let Some(item_id) = &params.item_id else { return Ok((thread, Sender::Nothing)) };
    let sender = match store.load_item(context, &params.thread_id, item_id).await? {
        ThreadItem::Widget(widget) => Sender::Widget(widget),
        _ => Sender::Unfit,
    };
    Ok((thread, sender))
}

fn no_widget() -> ThreadStreamEvent {
    let code = ErrorCode::StreamError;
    ThreadStreamEvent::Error(ErrorEvent { code, message: None, allow_retry: false })
}
