//! Operations that are answered with a turn: everything that can be refused is checked, what the
//! user sent is kept, and the turn starts.

use super::{Server, action, client_tool_output, message, retry, structured_input};
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
        Operation::ThreadsAddClientToolOutput(params) => {
            client_tool_output::process(server, params, context).await
        }
        Operation::ThreadsAddStructuredInput(params) => {
            structured_input::process(server, params, context).await
        }
        Operation::ThreadsRetryAfterItem(params) => retry::process(server, params, context).await,
        Operation::ThreadsCustomAction(params) => action::process(server, params, context).await,
    }
}
