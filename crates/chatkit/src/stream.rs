//! The way from a running turn to its readers.
//!
//! ```text
//! turn's task ── Outlet ── bounded channel of parcels ── EventStream ── HTTP body
//!                 │  ▲                                        │
//!                 │  └──────────── presence, on drop ─────────┘
//!                 └ ring.rs: the last events, for readers that come back
//! ```
//!
//! Events travel in parcels: whatever the responder had ready at once arrives at once, so that a
//! burst costs one wake-up and one write. The first reader's full channel holds the turn back, but
//! not for ever; another reader that does not keep up is left behind, and may come back.

mod presence;
mod ring;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::time::timeout;

pub(crate) use self::presence::Presence;
use self::presence::Seat;
use self::ring::Ring;
use crate::SseStream;
use crate::protocol::{ErrorCode, ErrorEvent, ThreadStreamEvent};

/// Events in a parcel, at most. Few and large ones: each may be a wake-up and a write.
const BATCH: usize = 128;

/// Parcels on their way, at most.
const PARCELS: usize = 2;

type Batch = VecDeque<ThreadStreamEvent>;

/// What happens to a turn whose reader went away. A stop button, a reload and a lost connection
/// look the same from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// It ends at once; what there is of the answer is kept.
    Cancel,
    /// It runs to its end.
    Continue,
    /// It has this long to come to its end, or for a reader to come back, then it is cancelled.
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

/// What both ends of one reader's channel know.
struct Shared {
    seat: Seat,
    /// Nothing if the task died.
    ending: OnceLock<Ending>,
}

impl Shared {
    fn end(&self, ending: Ending) {
        // A second word on it changes nothing.
        self.ending.get_or_init(|| ending);
    }
}

/// Events that leave together.
struct Parcel {
    events: Batch,
    /// The number of the newest event that they tell of; 0 if the turn is another server's.
    last: u64,
    /// Whether they are that event and the ones right before it. Otherwise they are a summary.
    numbered: bool,
}

/// How readers are treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// How long the first reader may take nothing before it counts as gone.
    pub(crate) patience: Duration,
    /// How often an idle stream says that it lives.
    pub(crate) keepalive: Option<Duration>,
}

/// The two ends of a turn's way out.
pub(crate) fn channel(turn_id: &str, manners: Manners) -> (Outlet, EventStream) {
    let mut outlet = Outlet {
        turn_id: turn_id.into(),
        manners,
        presence: Presence::default(),
        readers: Vec::new(),
        batch: Batch::new(),
        ring: Ring::default(),
        is_numbered: true,
    };
    let stream = outlet.admit(Parcel { events: Batch::new(), last: 0, numbered: true });
    (outlet, stream)
}

/// The same for a turn that runs somewhere else: its events here are not those of its own server,
/// and have no numbers.
pub(crate) fn remote(turn_id: &str, manners: Manners) -> (Outlet, EventStream) {
    let (mut outlet, stream) = channel(turn_id, manners);
    outlet.is_numbered = false;
    (outlet, stream)
}

/// A turn of which all is known.
pub(crate) fn told(turn_id: &str, events: Vec<ThreadStreamEvent>) -> EventStream {
    let manners = Manners { patience: Duration::ZERO, keepalive: None };
    let (outlet, mut stream) = remote(turn_id, manners);
    stream.parcel.events = events.into();
    stream.parcel.numbered = false;
    outlet.end_all();
    stream
}

/// The turn's end. It never fails: without a reader, events are let go.
pub(crate) struct Outlet {
    turn_id: Arc<str>,
    manners: Manners,
    presence: Presence,
    /// The first of them may hold the turn back.
    readers: Vec<Reader>,
    batch: Batch,
    ring: Ring,
    is_numbered: bool,
}

struct Reader {
    sender: mpsc::Sender<Parcel>,
    shared: Arc<Shared>,
    /// It was told of events up to this one when it came.
    from: u64,
}

impl Reader {
    /// A parcel without what this reader knows already.
    fn parcel(&self, mut events: Batch, last: u64) -> Parcel {
        let ahead = usize::try_from(last.saturating_sub(self.from)).unwrap_or(usize::MAX);
        if last > 0 && ahead < events.len() {
            events.drain(..events.len() - ahead);
        }
        Parcel { events, last, numbered: last > 0 }
    }

    fn leave_behind(&self) {
        tracing::info!("A reader took nothing for too long and was left behind");
        self.shared.end(Ending::LeftBehind);
        self.shared.seat.leave();
    }
}

impl Outlet {
    /// Puts an event into the batch. It leaves with the next flush.
    pub(crate) fn push(&mut self, event: ThreadStreamEvent) {
        if self.is_numbered {
            self.ring.push(&event);
        }
        if !self.readers.is_empty() {
            self.batch.push_back(event);
        }
    }

    /// Whether the batch has to leave before more is put in.
    pub(crate) fn is_full(&self) -> bool {
        self.batch.len() >= BATCH
    }

    /// Sends the batch if there is room; says whether nothing is left.
    pub(crate) fn try_flush(&mut self) -> bool {
        while !self.batch.is_empty() {
            match self.readers.first() {
                None => self.batch.clear(),
                Some(first) if first.sender.is_closed() => drop(self.readers.remove(0)),
                Some(first) if first.sender.capacity() == 0 => return false,
                Some(_) => self.deliver(),
            }
        }
        true
    }

    /// To all readers; the first one has room.
    fn deliver(&mut self) {
        let (events, last) = (std::mem::take(&mut self.batch), self.ring.last());
        if self.readers.len() > 1 {
            let mut others = self.readers.split_off(1);
            others.retain(|reader| reader.take(events.clone(), last));
            self.readers.append(&mut others);
        }
        self.readers[0].take(events, last);
    }

    /// Sends the batch, waiting for room as long as patience lasts. May be dropped half way.
    pub(crate) async fn flush(&mut self) {
        while !self.try_flush() {
            let first = &self.readers[0];
            if timeout(self.manners.patience, first.sender.reserve()).await.is_err() {
                first.leave_behind();
                self.readers.remove(0);
            }
        }
    }

    /// Waits no longer than this from now on.
    pub(crate) fn limit_patience(&mut self, patience: Duration) {
        self.manners.patience = self.manners.patience.min(patience);
    }

    /// Who reads.
    pub(crate) fn presence(&self) -> Presence {
        self.presence.clone()
    }

    /// One more reader: it is told all events after the one it names, or, if they are not there any
    /// more, the state, and then what comes. Says whether it was the former.
    pub(crate) fn attach(
        &mut self,
        after: Option<u64>,
        state: impl FnOnce() -> Vec<ThreadStreamEvent>,
    ) -> (EventStream, bool) {
        let missed = after.and_then(|after| self.ring.after(after));
        let numbered = missed.is_some();
        let events = missed.unwrap_or_else(|| state().into());
        (self.admit(Parcel { events, last: self.ring.last(), numbered }), numbered)
    }

    fn admit(&mut self, parcel: Parcel) -> EventStream {
        let (sender, receiver) = mpsc::channel(PARCELS);
        let shared = Arc::new(Shared { seat: self.presence.take(), ending: OnceLock::new() });
        let from = parcel.last;
        self.readers.push(Reader { sender, shared: Arc::clone(&shared), from });
        EventStream {
            turn_id: Arc::clone(&self.turn_id),
            receiver,
            parcel,
            shared,
            keepalive: self.manners.keepalive,
            ended: false,
        }
    }

    /// Sends what is left and ends all streams.
    pub(crate) async fn finish(mut self) {
        self.flush().await;
        self.end_all();
    }

    fn end_all(&self) {
        self.readers.iter().for_each(|reader| reader.shared.end(Ending::Finished));
    }
}

impl Reader {
    /// Gives it a parcel; says whether it is still a reader.
    fn take(&self, events: Batch, last: u64) -> bool {
        match self.sender.try_send(self.parcel(events, last)) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.leave_behind();
                false
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

/// A running turn's events, in order. Dropping it says that nobody reads any more, which
/// [`OnDisconnect`] answers; the turn has a task of its own.
///
/// The stream never just stops: if the turn could not say its last word, an `error` event is the
/// last one.
pub struct EventStream {
    turn_id: Arc<str>,
    receiver: mpsc::Receiver<Parcel>,
    parcel: Parcel,
    shared: Arc<Shared>,
    keepalive: Option<Duration>,
    ended: bool,
}

impl EventStream {
    /// The turn whose events these are: what [`Server::turn_events`](crate::Server::turn_events)
    /// is asked for by a client that comes back.
    pub fn turn_id(&self) -> &str {
        &self.turn_id
    }

    /// The number of the event that was taken last, if everything up to it has been taken.
    pub fn position(&self) -> Option<u64> {
        let left = u64::try_from(self.parcel.events.len()).ok()?;
        let exact = self.parcel.numbered || left == 0;
        exact.then(|| self.parcel.last.saturating_sub(left)).filter(|number| *number > 0)
    }

    /// The same as server-sent events, ready to be written.
    pub fn into_sse(self) -> SseStream {
        let keepalive = self.keepalive;
        SseStream::new(self, keepalive)
    }

    /// Says these before anything else.
    pub(crate) fn preceded_by(mut self, events: Vec<ThreadStreamEvent>) -> Self {
        let after = std::mem::replace(&mut self.parcel.events, events.into());
        self.parcel.events.extend(after);
        self.parcel.numbered = false;
        self
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
            if let Some(event) = self.parcel.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            // Nothing is held while it waits.
            self.parcel.events = Batch::new();
            if let Some(parcel) = ready!(self.receiver.poll_recv(context)) {
                self.parcel = parcel;
            } else {
                self.ended = true;
                return Poll::Ready(self.last_word());
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EventStream")
            .field("turn_id", &self.turn_id)
            .finish_non_exhaustive()
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.shared.seat.leave();
    }
}
