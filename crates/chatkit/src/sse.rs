//! Events as server-sent events: `data: `, one line of JSON, an empty line. The last event of a chunk
//! is preceded by its number, `id: `, which a client that comes back may name; others skip it.

use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep};

use crate::EventStream;
use crate::protocol::ThreadStreamEvent;

/// A chunk is not joined with more once it has this many bytes.
const CHUNK: usize = 16 * 1024;

/// A comment, which parsers skip; it keeps proxies from closing an idle connection.
const KEEPALIVE: &[u8] = b": keepalive\n\n";

/// A running turn as server-sent events. Events that are ready together come in one chunk.
pub struct SseStream {
    events: EventStream,
    keepalive: Option<Keepalive>,
    /// How large the last chunk was: the next one is likely as large.
    expected: usize,
}

struct Keepalive {
    every: Duration,
    timer: Pin<Box<Sleep>>,
    /// When something was last written. The timer is not set anew for each chunk; when it fires
    /// it looks here.
    written: Instant,
}

impl SseStream {
    pub(crate) fn new(events: EventStream, keepalive: Option<Duration>) -> Self {
        let keepalive = keepalive.map(|every| Keepalive {
            every,
            timer: Box::pin(sleep(every)),
            written: Instant::now(),
        });
        Self { events, keepalive, expected: 256 }
    }
}

impl Stream for SseStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut chunk = Vec::new();
        let mut last = 0;
        let ended = loop {
            match self.events.poll_next_unpin(context) {
                Poll::Ready(Some(event)) => {
                    if chunk.is_empty() {
                        chunk.reserve(self.expected);
                    }
                    last = chunk.len();
                    encode(&event, &mut chunk);
                    if chunk.len() >= CHUNK {
                        break false;
                    }
                }
                Poll::Ready(None) => break true,
                Poll::Pending => break false,
            }
        };
        if !chunk.is_empty() {
            if let Some(number) = self.events.position() {
                let line = format!("id: {number}\n");
                chunk.splice(last..last, line.into_bytes());
            }
            self.expected = chunk.len().next_power_of_two().min(CHUNK);
            if let Some(keepalive) = &mut self.keepalive {
                keepalive.written = Instant::now();
            }
            return Poll::Ready(Some(chunk.into()));
        }
        if ended {
            return Poll::Ready(None);
        }
        match &mut self.keepalive {
            Some(keepalive) => keepalive.poll(context).map(Some),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for SseStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SseStream").field("events", &self.events).finish_non_exhaustive()
    }
}

impl Keepalive {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        while self.timer.as_mut().poll(context).is_ready() {
            let due = self.written + self.every;
            let now = Instant::now();
            if now >= due {
                self.written = now;
                self.timer.as_mut().reset(now + self.every);
                return Poll::Ready(Bytes::from_static(KEEPALIVE));
            }
            self.timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

/// Appends one event.
pub(crate) fn encode(event: &ThreadStreamEvent, chunk: &mut Vec<u8>) {
    chunk.extend_from_slice(b"data: ");
    serde_json::to_writer(&mut *chunk, event)
        .expect("the wire types have text keys only, and a Vec takes every byte");
    chunk.extend_from_slice(b"\n\n");
}
