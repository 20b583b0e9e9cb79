//! How a turn ends: what is left open is closed and kept, and the client is told.

use std::any::Any;
use std::time::Duration;

use super::{Running, pending};
use crate::protocol::{
    ErrorCode, ErrorEvent, SdkHiddenContextItem, ThreadItem, ThreadStreamEvent as Event,
};
use crate::store::chain;
use crate::{IdKind, RespondError, Responder, Store, StoreError};

/// What the model is told after the user stopped an answer; the reference server's words.
const CANCELLED: &str = "The user cancelled the stream. Stop responding to the prior request.";

/// How long a server that stops waits for a reader to take the last events.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How a responder's part came to its end.
pub(super) enum Ending {
    /// It said all.
    Finished,
    /// It, or the store, gave up.
    Failed(ErrorEvent),
    /// Nobody wants the answer any more.
    Cancelled,
    /// The server stops.
    Stopped,
}

impl Ending {
    /// The responder gave up. The cause goes to the log, the rest to the client.
    pub(super) fn failed(error: RespondError) -> Self {
        if let Some(source) = &error.source {
            tracing::warn!(error = %chain(&**source), "The responder failed");
        }
        let RespondError { code, message, allow_retry, source: _ } = error;
        Self::Failed(ErrorEvent { code, message, allow_retry })
    }

    /// The responder panicked before it had a stream.
    pub(super) fn panicked(panic: &(dyn Any + Send)) -> Self {
        Self::failed(RespondError::from_panic(panic))
    }

    /// The store gave up in the middle of the turn.
    pub(super) fn lost(error: &StoreError) -> Self {
        if matches!(error, StoreError::NotFound) {
            return Self::Failed(ErrorEvent {
                code: ErrorCode::Custom,
                message: Some("This conversation no longer exists.".to_owned()),
                allow_retry: false,
            });
        }
        tracing::error!(error = %chain(error), "The store failed during a turn");
        Self::Failed(retryable())
    }
}

/// A failure in the client's own words, with a way to try again.
fn retryable() -> ErrorEvent {
    ErrorEvent { code: ErrorCode::StreamError, message: None, allow_retry: true }
}

impl<S: Store, R: Responder<S::Context>> Running<S, R> {
    /// Keeps what is left open, and says how the turn ended.
    pub(super) async fn close(&mut self, ending: Ending) {
        self.outlet.try_flush();
        self.close_pending().await;
        match ending {
            Ending::Finished => {}
            Ending::Failed(error) => self.outlet.push(Event::Error(error)),
            Ending::Stopped => {
                self.outlet.limit_patience(LAST_WORD);
                self.outlet.push(Event::Error(retryable()));
            }
            Ending::Cancelled => self.keep_cancelled().await,
        }
    }

    /// Text and workflows that have something to show are closed and kept; anything else that was
    /// begun is taken back. Either way the client is told, so that it shows what a reload would.
    async fn close_pending(&mut self) {
        let now = self.store().now();
        for item in self.pending.take() {
            let item_id = item.id().to_owned();
            let event = match pending::closed(item, now) {
                Some(item) => Event::done(item),
                None => Event::ThreadItemRemoved { item_id },
            };
            if let Event::ThreadItemDone { item } = &event {
                let kept = self.store().add_item(&self.context, &self.thread.id, item).await;
                if let Err(error) = kept {
                    log_unkept(&error);
                    continue;
                }
            }
            self.outlet.push(event);
        }
    }

    /// Lets the model know, the next time it reads the conversation.
    async fn keep_cancelled(&mut self) {
        let item = ThreadItem::SdkHiddenContext(SdkHiddenContextItem {
            id: self.store().new_id(IdKind::SdkHiddenContext),
            thread_id: self.thread.id.clone(),
            created_at: self.store().now(),
            content: CANCELLED.to_owned(),
        });
        let kept = self.store().add_item(&self.context, &self.thread.id, &item).await;
        if let Err(error) = kept {
            log_unkept(&error);
        }
    }
}

fn log_unkept(error: &StoreError) {
    // A conversation that was deleted while it was being answered has nowhere to keep it.
    if !matches!(error, StoreError::NotFound) {
        tracing::error!(error = %chain(error), "An item of a turn that ended could not be kept");
    }
}

impl RespondError {
    pub(super) fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let words = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self::failed(format!("the responder panicked: {words}"))
    }
}
