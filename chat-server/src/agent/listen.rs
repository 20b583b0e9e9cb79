//! Listens to one answer of the model and notices when it does not begin, or falls silent.

use std::{
    future::poll_fn,
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{StreamExt, stream::BoxStream};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    AgentError, Limits,
    model::{ModelError, ModelEvent},
};

/// One answer, being streamed.
pub(super) struct Listening {
    events: BoxStream<'static, Result<ModelEvent, ModelError>>,
    alarm: Pin<Box<Sleep>>,
    heard: Option<Instant>,
    /// Whether it has said something since it was last waited for.
    is_heard: bool,
    stall: Duration,
}

impl Listening {
    pub(super) fn new(
        events: BoxStream<'static, Result<ModelEvent, ModelError>>,
        limits: &Limits,
    ) -> Self {
        let alarm = Box::pin(sleep_until(Instant::now() + limits.first_byte));
        Self { events, alarm, heard: None, is_heard: false, stall: limits.stall }
    }

    /// The next event; an answer that ends before it is done is an error.
    pub(super) async fn next(&mut self) -> Result<ModelEvent, AgentError> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<ModelEvent, AgentError>> {
        if let Poll::Ready(event) = self.events.poll_next_unpin(context) {
            self.is_heard = true;
            return Poll::Ready(match event {
                Some(event) => event.map_err(AgentError::from),
                None => Err(ModelError::CutOff { reason: "no finish".to_owned() }.into()),
            });
        }
        if mem::take(&mut self.is_heard) {
            self.heard_something();
        }
        while self.alarm.as_mut().poll(context).is_ready() {
            let Some(heard) = self.heard else { return Poll::Ready(Err(AgentError::ModelTimeout)) };
            let due = heard + self.stall;
            if due <= Instant::now() {
                return Poll::Ready(Err(AgentError::ModelStalled));
            }
            self.alarm.as_mut().reset(due);
        }
        Poll::Pending
    }

    /// Only reads the clock, and only once for all that was there at once: the timer is moved when it
    /// fires.
    fn heard_something(&mut self) {
        let now = Instant::now();
        if self.heard.replace(now).is_none() {
            self.alarm.as_mut().reset(now + self.stall);
        }
    }
}
