//! How a turn ends: what is left open is closed and kept, and the client is told.

use std::any::Any;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Running, keep, pending};
use crate::protocol::{
    ErrorCode, ErrorEvent, SdkHiddenContextItem, ThreadItem, ThreadStreamEvent as Event,
};
use crate::store::{chain, interruption};
use crate::{Change, IdKind, RespondError, Responder, Store, StoreError, TurnEnd, TurnState};

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
    /// The turn is another server's, or its message is being answered again.
    Lost,
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
        if matches!(error, StoreError::Lost) {
            return Self::Lost;
        }
        if matches!(error, StoreError::NotFound) {
            return Self::Failed(ErrorEvent {
                code: ErrorCode::Custom,
                message: Some("This conversation no longer exists.".to_owned()),
                allow_retry: false,
            });
        }
        tracing::error!(error = %chain(error), "The store failed during a turn");
        Self::Failed(interruption())
    }

    fn kept(&self) -> TurnEnd {
        match self {
            Self::Finished => TurnEnd { state: TurnState::Done, error: None },
            Self::Failed(error) => TurnEnd { state: TurnState::Failed, error: Some(error.clone()) },
            Self::Cancelled => TurnEnd { state: TurnState::Cancelled, error: None },
            Self::Stopped | Self::Lost => {
                TurnEnd { state: TurnState::Interrupted, error: Some(interruption()) }
            }
        }
    }
}

/// What a store changes of an item of a turn whose server died, if anything: a step that was running
/// is not any more. Text and widgets stay as they are.
pub fn interrupted(item: ThreadItem, now: DateTime<Utc>) -> Option<ThreadItem> {
    pending::interrupted(item, now)
}

impl<S: Store, R: Responder<S::Context>> Running<S, R> {
    /// Keeps what is left open, in the commit that ends the turn, and says how it ended.
    pub(super) async fn close(&mut self, ending: Ending) {
        self.outlet.try_flush();
        let ending = match ending {
            Ending::Lost => Ending::Lost,
            ending => self.end_turn(ending).await,
        };
        match ending {
            Ending::Finished | Ending::Cancelled => {}
            Ending::Failed(error) => self.outlet.push(Event::Error(error)),
            Ending::Stopped => {
                self.outlet.limit_patience(LAST_WORD);
                self.outlet.push(Event::Error(interruption()));
            }
            Ending::Lost => {
                tracing::warn!(turn.id = %self.lease.turn_id, "Lost a turn to another one or another server");
                self.outlet.push(Event::Error(interruption()));
            }
        }
    }

    /// Text and workflows that have something to show are closed and kept; anything else that was
    /// begun is taken back. Either way the client is told, so that it shows what a reload would.
    async fn end_turn(&mut self, ending: Ending) -> Ending {
        // As before any other change: an older state must not come after this one.
        let _ = self.aside.checkpoints.settle().await;
        let closings = self.closings();
        let note = matches!(ending, Ending::Cancelled).then(|| self.cancelled());
        let kept = closings.iter().filter(|event| !self.was_never_kept(event));
        let changes: Vec<_> = (self.held.changes())
            .chain(kept.filter_map(keep::change))
            .chain(note.iter().map(Change::Add))
            .collect();
        let end = ending.kept();
        let ended = self.store().end_turn(&self.context, &self.lease, &changes, &end);
        let Err(error) = Box::pin(ended).await else {
            self.held.release().chain(closings).for_each(|event| self.outlet.push(event));
            return ending;
        };
        if matches!(error, StoreError::Lost) {
            return Ending::Lost;
        }
        log_unkept(&error);
        self.give_up(ending, &error).await
    }

    /// Ends the turn with nothing more kept, so that the next one need not wait for the lease to end.
    async fn give_up(&mut self, ending: Ending, error: &StoreError) -> Ending {
        let ending = match ending {
            Ending::Finished => Ending::lost(error),
            ending => ending,
        };
        let end = ending.kept();
        match Box::pin(self.store().end_turn(&self.context, &self.lease, &[], &end)).await {
            Err(StoreError::Lost) => Ending::Lost,
            Err(error) => {
                log_unkept(&error);
                ending
            }
            Ok(()) => ending,
        }
    }

    /// What the client is told of each item that was left open.
    fn closings(&mut self) -> Vec<Event> {
        let now = self.store().now();
        let closed = self.pending.take().into_iter().map(|item| {
            let item_id = item.id().to_owned();
            match pending::closed(item, now) {
                Some(item) => Event::done(item),
                None => Event::ThreadItemRemoved { item_id },
            }
        });
        closed.collect()
    }

    fn was_never_kept(&self, event: &Event) -> bool {
        let Event::ThreadItemRemoved { item_id } = event else { return false };
        !self.checkpointed.contains(item_id)
    }

    /// Lets the model know, the next time it reads the conversation.
    fn cancelled(&self) -> ThreadItem {
        ThreadItem::SdkHiddenContext(SdkHiddenContextItem {
            id: self.store().new_id(IdKind::SdkHiddenContext),
            thread_id: self.thread.id.clone(),
            created_at: self.store().now(),
            content: CANCELLED.to_owned(),
        })
    }
}

fn log_unkept(error: &StoreError) {
    // A conversation that was deleted while it was being answered has nowhere to keep it.
    if !matches!(error, StoreError::NotFound) {
        tracing::error!(error = %chain(error), "The end of a turn could not be kept");
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
