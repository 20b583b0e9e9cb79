//! The events between the function that writes them and the stream they are read from.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::RespondError;
use crate::protocol::ThreadStreamEvent;

/// Events that may wait for the reader.
const ROOM: usize = 32;

/// A queue with one reader. A channel would do too, but takes the room for all its events at once,
/// for each of thousands of answers.
#[derive(Debug)]
pub(super) struct Queue {
    room: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<ThreadStreamEvent>,
    /// The reader, when it sleeps: while it is awake it looks by itself.
    reader: Option<Waker>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { room: Semaphore::new(ROOM), state: Mutex::default() }
    }
}

impl Queue {
    /// Waits for room, then puts in what is made then, if anything. Once nobody reads any more,
    /// nothing is made.
    pub(super) async fn push(&self, event: impl FnOnce() -> Option<ThreadStreamEvent>) {
        let Ok(room) = self.room.acquire().await else { return };
        let Some(event) = event() else { return };
        room.forget();
        let mut state = self.lock();
        state.events.push_back(event);
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    fn pop(&self) -> Option<ThreadStreamEvent> {
        let mut state = self.lock();
        state.reader = None;
        let event = state.events.pop_front()?;
        drop(state);
        self.room.add_permits(1);
        Some(event)
    }

    /// The next event, or a call when there is one.
    fn poll_pop(&self, context: &Context<'_>) -> Poll<ThreadStreamEvent> {
        let mut state = self.lock();
        let Some(event) = state.events.pop_front() else {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        drop(state);
        self.room.add_permits(1);
        Poll::Ready(event)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events, while `work` writes them. The work goes on whenever the stream is read, and has
    /// no task of its own.
    pub(super) fn stream<W>(self: Arc<Self>, work: W) -> Written
    where
        W: Future<Output = Result<(), RespondError>> + Send + 'static,
    {
        Written { queue: self, work: Some(Box::pin(work)), error: None }
    }
}

/// What is written, in order, and the error it may end with.
pub(super) struct Written {
    queue: Arc<Queue>,
    work: Option<BoxFuture<'static, Result<(), RespondError>>>,
    error: Option<RespondError>,
}

impl Stream for Written {
    type Item = Result<ThreadStreamEvent, RespondError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.queue.pop() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(work) = &mut self.work else {
                return Poll::Ready(self.error.take().map(Err));
            };
            match work.as_mut().poll(context) {
                Poll::Ready(ended) => {
                    self.work = None;
                    self.error = ended.err();
                    self.queue.room.close();
                }
                Poll::Pending => return self.queue.poll_pop(context).map(|event| Some(Ok(event))),
            }
        }
    }
}

impl Drop for Written {
    /// Whoever still writes, from a task of its own, is let go.
    fn drop(&mut self) {
        self.queue.room.close();
    }
}
