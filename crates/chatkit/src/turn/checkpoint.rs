//! When what is not done yet is kept, so that little is lost should the server die.
//!
//! Keeping it is a task of its own: the model's next words do not wait for the store. Whatever else
//! the turn keeps does wait, so that an older state never comes after a newer one.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep};

use crate::StoreError;

/// How long something new may be only in memory.
const EVERY: Duration = Duration::from_secs(1);

/// How many bytes of it.
const BYTES: usize = 2 * 1024;

/// How a checkpoint went.
pub(super) type Written = Result<(), StoreError>;

/// When the next checkpoint is due, and the one that is being written.
pub(super) struct Checkpoints {
    /// Bytes that are new since the last one began.
    unkept: usize,
    /// Whether the timer runs.
    is_timed: bool,
    timer: Pin<Box<Sleep>>,
    writing: Option<JoinHandle<Written>>,
}

/// What there is to do.
pub(super) enum Due {
    /// Begin one.
    Begin,
    /// One has failed.
    Failed(StoreError),
}

impl Checkpoints {
    pub(super) fn new() -> Self {
        Self { unkept: 0, is_timed: false, timer: Box::pin(sleep(EVERY)), writing: None }
    }

    /// So many bytes are new.
    pub(super) fn note(&mut self, bytes: usize) {
        self.unkept += bytes.max(1);
    }

    /// All there is has been kept in another way.
    pub(super) fn clear(&mut self) {
        self.unkept = 0;
        self.is_timed = false;
    }

    pub(super) fn begin(&mut self, writing: JoinHandle<Written>) {
        self.clear();
        self.writing = Some(writing);
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Due> {
        if let Some(writing) = &mut self.writing {
            let Poll::Ready(written) = Pin::new(writing).poll(context) else {
                return Poll::Pending;
            };
            self.writing = None;
            if let Ok(Err(error)) = written {
                return Poll::Ready(Due::Failed(error));
            }
        }
        if self.unkept == 0 {
            return Poll::Pending;
        }
        if self.unkept >= BYTES {
            return Poll::Ready(Due::Begin);
        }
        if !self.is_timed {
            self.is_timed = true;
            self.timer.as_mut().reset(Instant::now() + EVERY);
        }
        self.timer.as_mut().poll(context).map(|()| Due::Begin)
    }

    /// Waits for the one that is being written.
    pub(super) async fn settle(&mut self) -> Written {
        match self.writing.take() {
            Some(writing) => writing.await.unwrap_or(Ok(())),
            None => Ok(()),
        }
    }
}
