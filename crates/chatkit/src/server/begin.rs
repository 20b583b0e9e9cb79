//! Beginning a turn: one at a time in each conversation, and once for each key of a client.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use tokio::time::{Instant, timeout_at};

use super::{Server, input};
use crate::protocol::ThreadItem;
use crate::{Begun, Drops, Error, Responder, Store, StoreError, TurnStart};

/// What happens to a message while the conversation's last one is being answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenBusy {
    /// It waits for its turn, at most this long; then 409. Until then nothing of it is kept.
    Queue(Duration),
    /// 409 at once.
    Conflict,
}

impl<S: Store, R: Responder<S::Context>> Server<S, R> {
    /// Begins a turn, once no other runs in its conversation.
    pub(super) async fn begin(
        &self,
        context: &S::Context,
        start: TurnStart<'_>,
    ) -> Result<Begun, Error> {
        let start = TurnStart { key: self.key.as_deref(), ..start };
        let begun = match self.begin_unbroken(context, start).await {
            Err(StoreError::Busy) => self.queue(context, start).await?,
            begun => begun?,
        };
        if matches!(start.drops, Drops::After(_)) {
            // On other servers it finds out by itself.
            self.inner.live.supersede(&begun.turn.thread_id);
        }
        Ok(begun)
    }

    /// Whoever hangs up meanwhile leaves no turn behind that nobody runs. One who waits in the queue has said nothing yet.
    async fn begin_unbroken(
        &self,
        context: &S::Context,
        start: TurnStart<'_>,
    ) -> Result<Begun, StoreError> {
        let _held = self.hold.take();
        self.store().begin_turn(context, start).await
    }

    async fn queue(&self, context: &S::Context, start: TurnStart<'_>) -> Result<Begun, Error> {
        let WhenBusy::Queue(patience) = self.options().when_busy else { return Err(busy()) };
        let deadline = Instant::now() + patience;
        loop {
            let mut changed = pin!(self.store().turn_changed(context, &start.thread.id));
            // It listens from here on, so that no end of a turn falls between.
            let _ = poll!(changed.as_mut());
            self.check_open(context, start).await?;
            match self.begin_unbroken(context, start).await {
                Err(StoreError::Busy) => {}
                begun => return Ok(begun?),
            }
            tokio::select! {
                biased;
                () = self.options().hard_stop.cancelled() => return Err(busy()),
                waited = timeout_at(deadline, changed) => waited.map_err(|_| busy())?,
            }
        }
    }

    /// The turn that is waited for may have closed the conversation.
    async fn check_open(&self, context: &S::Context, start: TurnStart<'_>) -> Result<(), Error> {
        let is_message = matches!(start.item, Some(ThreadItem::UserMessage(_)));
        if is_message || matches!(start.drops, Drops::After(_)) {
            let thread = self.store().load_thread(context, &start.thread.id).await?;
            input::check_open(&thread)?;
        }
        Ok(())
    }
}

fn busy() -> Error {
    let message = "the conversation's last message is still being answered";
    Error::conflict("thread_busy", message).with_retry_after(Some(Duration::from_secs(5)))
}
