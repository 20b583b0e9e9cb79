//! `items.feedback`: a thumb up or down.

use bytes::Bytes;

use super::Server;
use crate::protocol::ItemFeedbackParams;
use crate::{Error, Feedback, Responder, Store};

/// Hands the feedback to the responder. Of what it is about, only the conversation is looked up:
/// clients name whatever they show of a turn.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ItemFeedbackParams,
    context: S::Context,
) -> Result<Bytes, Error> {
    let ItemFeedbackParams { thread_id, item_ids, kind } = params;
    let thread = server.store().load_thread(&context, &thread_id).await?;
    server.responder().feedback(Feedback { thread, item_ids, kind, context }).await?;
    Ok(Bytes::from_static(b"{}"))
}
