//! `threads.add_client_tool_output`: the browser ran a call, and says what came of it.

use super::Server;
use crate::protocol::{
    ClientToolCallItem, ClientToolCallStatus, Order, ThreadAddClientToolOutputParams, ThreadItem,
};
use crate::turn::{self, Asked, Opening};
use crate::{
    Begun, Cause, Drops, Error, EventStream, Hidden, PageRequest, Responder, Store, TurnStart,
};

/// How far back calls are looked for that nobody will run any more, in items.
const RECENT: u32 = 20;

/// Completes the call that the conversation waits for, and starts the turn that goes on with it.
/// No event tells of it: the client knows what it sent.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadAddClientToolOutputParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    let page = PageRequest { limit: RECENT, after: None, order: Order::Desc };
    let store = server.store();
    let (thread, recent) =
        store.load_thread_with_items(&context, &params.thread_id, &page, Hidden::Include).await?;
    let Some((waiting, before)) = recent.data.split_first() else { return Err(nothing_waits()) };
    let mut call = pending(waiting).ok_or_else(nothing_waits)?.clone();
    call.status = ClientToolCallStatus::Completed;
    call.output = Some(params.result);
    let forgotten: Vec<String> = before.iter().filter_map(pending).map(|c| c.id.clone()).collect();
    let start = TurnStart {
        item: Some(&ThreadItem::ClientToolCall(call.clone())),
        instead_of: Some(waiting),
        drops: Drops::Items(&forgotten),
        ..TurnStart::of(&thread)
    };
    let Begun { turn, thread } = server.begin(&context, start).await?;
    let asked = Asked::Answer { input: None, cause: Cause::ClientToolOutput(call) };
    Ok(turn::start(&server.inner, turn, Opening::new(thread, asked, context)))
}

/// The item as a call whose result is not there.
fn pending(item: &ThreadItem) -> Option<&ClientToolCallItem> {
    match item {
        ThreadItem::ClientToolCall(call) if call.status == ClientToolCallStatus::Pending => {
            Some(call)
        }
        _ => None,
    }
}

fn nothing_waits() -> Error {
    Error::conflict("no_pending_call", "the conversation does not wait for the result of a call")
}
