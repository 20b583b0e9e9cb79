//! Listens to one answer of the model and notices when it does not begin, or falls silent.

use std::{pin::Pin, time::Duration};

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
    stall: Duration,
}

impl Listening {
    pub(super) fn new(
        events: BoxStream<'static, Result<ModelEvent, ModelError>>,
        limits: &Limits,
    ) -> Self {
        let alarm = Box::pin(sleep_until(Instant::now() + limits.first_byte));
        Self { events, alarm, heard: None, stall: limits.stall }
    }

    /// The next event; an answer that ends before it is done is an error.
    pub(super) async fn next(&mut self) -> Result<ModelEvent, AgentError> {
        loop {
            tokio::select! {
                biased;
                event = self.events.next() => {
                    self.heard_something();
                    return match event {
                        Some(event) => event.map_err(AgentError::from),
                        None => Err(ModelError::CutOff { reason: "no finish".to_owned() }.into()),
                    };
                }
                () = &mut self.alarm => {
                    let Some(heard) = self.heard else { return Err(AgentError::ModelTimeout) };
                    let due = heard + self.stall;
                    if due <= Instant::now() {
                        return Err(AgentError::ModelStalled);
                    }
                    self.alarm.as_mut().reset(due);
                }
            }
        }
    }

    /// Only reads the clock: the timer is moved when it fires, not for every piece of text.
    fn heard_something(&mut self) {
        let now = Instant::now();
        if self.heard.replace(now).is_none() {
            self.alarm.as_mut().reset(now + self.stall);
        }
    }
}
