//! What a connection is doing, and until when it may.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use http::Version;
use tokio::time::{Instant, Sleep};

use super::Limits;

/// Why a connection is closed by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// No whole request head in time.
    Header,
    /// Nothing asked for a while.
    Idle,
    /// The client takes none of what it asked for.
    Write,
}

impl Expired {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Idle => "idle",
            Self::Write => "write",
        }
    }
}

/// What happens on one connection, told by its socket and its requests.
pub(super) struct Activity {
    state: Mutex<State>,
    /// Wakes the connection's task when the last answer ended on another one (HTTP/2 streams are
    /// tasks of their own).
    watch: AtomicWaker,
}

struct State {
    requests: usize,
    http2: bool,
    /// Since when nothing is being answered.
    quiet: Instant,
    /// Since when the head of a next request is arriving.
    head: Option<Instant>,
    /// Since when a write does not get through.
    stuck: Option<Instant>,
    /// Whether a first request has come.
    greeted: bool,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            requests: 0,
            http2: false,
            quiet: Instant::now(),
            head: None,
            stuck: None,
            greeted: false,
        };
        Arc::new(Self { state: Mutex::new(state), watch: AtomicWaker::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.requests == 0 && state.head.is_none() {
            state.head = Some(Instant::now());
        }
    }

    /// A write went through, or did not.
    pub(super) fn wrote(&self, through: bool) {
        let mut state = self.state();
        match (through, state.stuck) {
            (true, _) => state.stuck = None,
            (false, None) => state.stuck = Some(Instant::now()),
            (false, Some(_)) => {}
        }
    }

    /// The head of a request is complete; it lasts until the result is dropped.
    pub(super) fn request(self: &Arc<Self>, version: Version) -> InRequest {
        let mut state = self.state();
        state.requests += 1;
        state.head = None;
        state.greeted = true;
        state.http2 = version == Version::HTTP_2;
        InRequest(self.clone())
    }
}

impl State {
    /// The next moment at which something is overdue, if it stays as it is.
    fn deadline(&self, limits: &Limits) -> Option<(Instant, Expired)> {
        let stuck = self.stuck.map(|since| (since + limits.write, Expired::Write));
        let waiting = (self.requests == 0).then(|| self.waiting(limits));
        [stuck, waiting].into_iter().flatten().min_by_key(|(when, _)| *when)
    }

    fn waiting(&self, limits: &Limits) -> (Instant, Expired) {
        match self.head {
            _ if !self.greeted => (self.quiet + limits.header, Expired::Header),
            // Frames that keep an HTTP/2 connection alive are not the beginning of a request.
            Some(since) if !self.http2 => (since + limits.header, Expired::Header),
            _ => (self.quiet + limits.idle, Expired::Idle),
        }
    }
}

/// A request between its head and the end of its answer.
pub(super) struct InRequest(Arc<Activity>);

impl Drop for InRequest {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        if state.requests == 0 {
            state.quiet = Instant::now();
            if state.http2 {
                drop(state);
                self.0.watch.wake();
            }
        }
    }
}

/// Waits for something to be overdue.
pub(super) struct Watch {
    activity: Arc<Activity>,
    limits: Limits,
    alarm: Pin<Box<Sleep>>,
}

impl Watch {
    pub(super) fn new(activity: Arc<Activity>, limits: Limits) -> Self {
        let alarm = Box::pin(tokio::time::sleep(limits.header));
        Self { activity, limits, alarm }
    }

    /// Resolves when the connection must be closed. Poll it after the connection itself, in the same
    /// task: what the connection did in that poll is then seen.
    pub(super) async fn expired(&mut self) -> Expired {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Expired> {
        self.activity.watch.register(context.waker());
        loop {
            let Some((when, what)) = self.activity.state().deadline(&self.limits) else {
                return Poll::Pending;
            };
            // A deadline that moved away, as it does with every request, costs nothing: the alarm
            // rings at the old one and is set anew then.
            if when < self.alarm.deadline() || self.alarm.is_elapsed() {
                self.alarm.as_mut().reset(when);
            }
            match self.alarm.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if Instant::now() >= when => return Poll::Ready(what),
                Poll::Ready(()) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_hours(1);

    fn limits() -> Limits {
        Limits { header: 10 * SECOND, idle: 60 * SECOND, write: 30 * SECOND, ..Limits::default() }
    }

    /// When the connection expires if nothing more happens within an hour, counted from now.
    async fn expires(activity: &Arc<Activity>) -> Option<(u64, Expired)> {
        let began = Instant::now();
        let mut watch = Watch::new(activity.clone(), limits());
        let expired = tokio::time::timeout(HOUR, watch.expired()).await.ok()?;
        Some((began.elapsed().as_secs(), expired))
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_has_the_header_time_whatever_it_sends() {
        let activity = Activity::new();
        tokio::time::advance(4 * SECOND).await;
        activity.received();
        assert_eq!(expires(&activity).await, Some((6, Expired::Header)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_due_while_a_request_is_answered() {
        let activity = Activity::new();
        let _answer = activity.request(Version::HTTP_11);
        activity.received();
        assert_eq!(expires(&activity).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_idle_time_counts_from_the_end_of_the_last_answer() {
        let activity = Activity::new();
        let (first, last) = (activity.request(Version::HTTP_2), activity.request(Version::HTTP_2));
        drop(first);
        assert_eq!(expires(&activity).await, None);
        drop(last);
        assert_eq!(expires(&activity).await, Some((60, Expired::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_head_has_the_header_time_from_its_first_byte() {
        let activity = Activity::new();
        drop(activity.request(Version::HTTP_11));
        tokio::time::advance(30 * SECOND).await;
        activity.received();
        tokio::time::advance(3 * SECOND).await;
        activity.received();
        assert_eq!(expires(&activity).await, Some((7, Expired::Header)));
    }

    #[tokio::test(start_paused = true)]
    async fn pings_between_http2_requests_are_no_head() {
        let activity = Activity::new();
        drop(activity.request(Version::HTTP_2));
        activity.received();
        assert_eq!(expires(&activity).await, Some((60, Expired::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stuck_write_ends_even_a_running_answer() {
        let activity = Activity::new();
        let _answer = activity.request(Version::HTTP_11);
        activity.wrote(false);
        tokio::time::advance(5 * SECOND).await;
        activity.wrote(false);
        assert_eq!(expires(&activity).await, Some((25, Expired::Write)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_gets_through_starts_anew() {
        let activity = Activity::new();
        let _answer = activity.request(Version::HTTP_11);
        activity.wrote(false);
        activity.wrote(true);
        assert_eq!(expires(&activity).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_an_http2_answer_wakes_the_watch() {
        let activity = Activity::new();
        let answer = activity.request(Version::HTTP_2);
        let watched = activity.clone();
        let watching = tokio::spawn(async move { expires(&watched).await });
        tokio::task::yield_now().await;
        tokio::time::advance(11 * SECOND).await;
        drop(answer);
        assert_eq!(watching.await.unwrap(), Some((71, Expired::Idle)));
    }
}
