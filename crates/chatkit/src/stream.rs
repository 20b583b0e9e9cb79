//! The way from a running turn to its reader.
//!
//! ```text
//! turn's task ── Outlet ── bounded channel of batches ── EventStream ── HTTP body
//!                   ▲                                         │
//!                   └───────── reader_gone, on drop ──────────┘
//! ```
//!
//! Events travel in batches: whatever the responder had ready at once arrives at once, so that a
//! burst costs one wake-up and one write. A full channel holds the turn back, but not for ever.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::SseStream;
use crate::protocol::{ErrorCode, ErrorEvent, ThreadStreamEvent};

/// Events in a batch, at most.
const BATCH: usize = 32;

/// Batches on their way, at most.
const BATCHES: usize = 8;

type Batch = VecDeque<ThreadStreamEvent>;

/// What happens to a turn whose reader went away. A stop button, a reload and a lost connection
/// look the same from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// It ends at once; what there is of the answer is kept.
    Cancel,
    /// It runs to its end.
    Continue,
    /// It has this long to come to its end, then it is cancelled.
    Grace(Duration),
}

/// How a turn's task left the stream.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// All was said.
    Finished,
    /// The reader did not keep up; the turn went on without it, or was cancelled.
    LeftBehind,
}

#[derive(Default)]
struct Shared {
    reader_gone: CancellationToken,
    /// Nothing if the task died.
    ending: OnceLock<Ending>,
}

/// The two ends of a turn's way out. A reader that takes nothing for `patience` counts as gone.
pub(crate) fn channel(patience: Duration, keepalive: Option<Duration>) -> (Outlet, EventStream) {
    let (sender, receiver) = mpsc::channel(BATCHES);
    let shared = Arc::new(Shared::default());
    let outlet =
        Outlet { sender: Some(sender), batch: Batch::new(), patience, shared: Arc::clone(&shared) };
    (outlet, EventStream { receiver, batch: Batch::new(), shared, keepalive, ended: false })
}

/// The turn's end. It never fails: without a reader, events are let go.
pub(crate) struct Outlet {
    sender: Option<mpsc::Sender<Batch>>,
    batch: Batch,
    patience: Duration,
    shared: Arc<Shared>,
}

impl Outlet {
    /// Puts an event into the batch. It leaves with the next flush.
    pub(crate) fn push(&mut self, event: ThreadStreamEvent) {
        if self.sender.is_some() {
            self.batch.push_back(event);
        }
    }

    /// Whether the batch has to leave before more is put in.
    pub(crate) fn is_full(&self) -> bool {
        self.batch.len() >= BATCH
    }

    /// Sends the batch if there is room; says whether nothing is left.
    pub(crate) fn try_flush(&mut self) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let Some(sender) = &self.sender else { return true };
        match sender.try_send(std::mem::take(&mut self.batch)) {
            Ok(()) => true,
            Err(TrySendError::Full(batch)) => {
                self.batch = batch;
                false
            }
            Err(TrySendError::Closed(_)) => {
                self.sender = None;
                true
            }
        }
    }

    /// Sends the batch, waiting for room as long as patience lasts. May be dropped half way.
    pub(crate) async fn flush(&mut self) {
        let Some(sender) = &self.sender else { return };
        if self.batch.is_empty() {
            return;
        }
        let gone = match timeout(self.patience, sender.reserve()).await {
            Ok(Ok(room)) => return room.send(std::mem::take(&mut self.batch)),
            Ok(Err(_)) => true,
            Err(_) => false,
        };
        if !gone {
            tracing::info!("A reader took nothing for too long and was left behind");
            self.end(Ending::LeftBehind);
            self.shared.reader_gone.cancel();
        }
        self.detach();
    }

    fn end(&self, ending: Ending) {
        // A second word on it changes nothing.
        self.shared.ending.get_or_init(|| ending);
    }

    /// Waits no longer than this from now on.
    pub(crate) fn limit_patience(&mut self, patience: Duration) {
        self.patience = self.patience.min(patience);
    }

    /// Goes on without the reader.
    fn detach(&mut self) {
        self.sender = None;
        self.batch = Batch::new();
    }

    /// Resolves when the reader is gone.
    pub(crate) fn reader_gone(&self) -> CancellationToken {
        self.shared.reader_gone.clone()
    }

    /// Sends what is left and ends the stream.
    pub(crate) async fn finish(mut self) {
        self.flush().await;
        if self.sender.is_some() {
            self.end(Ending::Finished);
        }
    }
}

/// A running turn's events, in order. Dropping it says that nobody reads any more, which
/// [`OnDisconnect`] answers; the turn has a task of its own.
///
/// The stream never just stops: if the turn could not say its last word, an `error` event is the
/// last one.
pub struct EventStream {
    receiver: mpsc::Receiver<Batch>,
    batch: Batch,
    shared: Arc<Shared>,
    keepalive: Option<Duration>,
    ended: bool,
}

impl EventStream {
    /// The same as server-sent events, ready to be written.
    pub fn into_sse(self) -> SseStream {
        let keepalive = self.keepalive;
        SseStream::new(self, keepalive)
    }

    /// What the client is told when the turn did not end properly.
    fn last_word(&self) -> Option<ThreadStreamEvent> {
        let error = match self.shared.ending.get() {
            Some(Ending::Finished) => return None,
            Some(Ending::LeftBehind) => ErrorEvent {
                code: ErrorCode::Custom,
                message: Some("The connection was too slow. Reload to see the answer.".to_owned()),
                allow_retry: false,
            },
            None => ErrorEvent { code: ErrorCode::StreamError, message: None, allow_retry: true },
        };
        Some(ThreadStreamEvent::Error(error))
    }
}

impl Stream for EventStream {
    type Item = ThreadStreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.batch.pop_front() {
                return Poll::Ready(Some(event));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            if let Some(batch) = ready!(self.receiver.poll_recv(context)) {
                self.batch = batch;
            } else {
                self.ended = true;
                return Poll::Ready(self.last_word());
            }
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.shared.reader_gone.cancel();
    }
}
