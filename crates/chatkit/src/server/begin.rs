//! Beginning a turn: one at a time in each conversation, and once for each key of a client.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use tokio::time::{Instant, timeout_at};

use super::{Server, input};
use crate::protocol::ThreadStatus;
use crate::{Begun, Error, Responder, Store, StoreError, TurnStart};

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
        let begun = match self.store().begin_turn(context, start).await {
            Err(StoreError::Busy) => self.queue(context, start).await?,
            begun => return Ok(begun?),
        };
        // What was read before the wait may have changed.
        if start.thread.status == ThreadStatus::Active {
            input::check_open(&begun.thread)?;
        }
        Ok(begun)
    }

    async fn queue(&self, context: &S::Context, start: TurnStart<'_>) -> Result<Begun, Error> {
        let WhenBusy::Queue(patience) = self.options().when_busy else { return Err(busy()) };
        let deadline = Instant::now() + patience;
        loop {
            let mut changed = pin!(self.store().turn_changed(context, &start.thread.id));
            // It listens from here on, so that no end of a turn falls between.
            let _ = poll!(changed.as_mut());
            match self.store().begin_turn(context, start).await {
                Err(StoreError::Busy) => {}
                begun => return Ok(begun?),
            }
            timeout_at(deadline, changed).await.map_err(|_| busy())?;
        }
    }
}

fn busy() -> Error {
    let message = "the conversation's last message is still being answered";
    Error::conflict("thread_busy", message).with_retry_after(Some(Duration::from_secs(5)))
}
