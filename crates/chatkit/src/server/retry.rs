//! `threads.retry_after_item`: a message is to be answered again.

use super::{Server, input};
use crate::protocol::{ThreadItem, ThreadRetryAfterItemParams};
use crate::turn::{self, Asked, Opening};
use crate::{Begun, Cause, Drops, Error, EventStream, Responder, Store, TurnStart};

/// Deletes what came after the message and starts the turn that answers it again. No event tells
/// of the items that are gone: the client has dropped them itself.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadRetryAfterItemParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    let store = server.store();
    let thread = store.load_thread(&context, &params.thread_id).await?;
    input::check_open(&thread)?;
    let item = store.load_item(&context, &params.thread_id, &params.item_id).await?;
    let ThreadItem::UserMessage(message) = item else {
        return Err(Error::conflict("not_a_message", "only a message of the user can be retried"));
    };
    let start = TurnStart { drops: Drops::After(&message.id), ..TurnStart::of(&thread) };
    let Begun { turn, thread } = server.begin(&context, start).await?;
    let asked = Asked::Answer { input: Some(message), cause: Cause::Retry };
    Ok(turn::start(&server.inner, turn, Opening::new(thread, asked, context)))
}
