//! Operations that are answered with a turn: everything that can be refused is checked, what the
//! user sent is kept, and the turn starts.

use super::{Server, message};
use crate::protocol::StreamingOperation as Operation;
use crate::{Error, EventStream, Responder, Store};

/// Does what is asked.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    operation: Operation,
    context: S::Context,
) -> Result<EventStream, Error> {
    match operation {
        Operation::ThreadsCreate(params) => message::create(server, params, context).await,
        Operation::ThreadsAddUserMessage(params) => message::add(server, params, context).await,
        Operation::ThreadsAddClientToolOutput(_)
        | Operation::ThreadsAddStructuredInput(_)
        | Operation::ThreadsRetryAfterItem(_)
        | Operation::ThreadsCustomAction(_) => Err(Error::not_configured()),
    }
}
