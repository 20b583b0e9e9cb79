//! A request whose client hangs up while its turn begins.
//!
//! HTTP servers drop the future of a request that nobody waits for any more. While the store begins a turn, that would leave
//! one which nobody runs: its commit may take place all the same. So what is under way is given to a task of its own then,
//! which takes it as far as the start of the turn. Its reader has gone away, and [`OnDisconnect`](crate::OnDisconnect) says
//! what comes of that. At any other moment such a request is over, and nothing of it was kept.
//!
//! A request that nobody drops has no task of its own, and waits for none.

use std::future::{pending, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Whether a request must not be broken off now. Clones are about the same request.
#[derive(Clone, Default)]
pub(super) struct Hold(Arc<AtomicBool>);

/// It must not, until this is dropped.
pub(super) struct Held<'a>(&'a Hold);

impl Hold {
    pub(super) fn take(&self) -> Held<'_> {
        self.0.store(true, Ordering::Release);
        Held(self)
    }

    fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// Work that goes on in a task of its own if it is dropped while it is held.
pub(super) struct Unbroken<T: Send + 'static> {
    work: BoxFuture<'static, T>,
    hold: Hold,
    tracker: TaskTracker,
}

impl<T: Send + 'static> Unbroken<T> {
    pub(super) fn new(
        work: impl Future<Output = T> + Send + 'static,
        hold: Hold,
        tracker: TaskTracker,
    ) -> Self {
        Self { work: Box::pin(work), hold, tracker }
    }
}

impl<T: Send + 'static> Future for Unbroken<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.work.poll_unpin(context)
    }
}

impl<T: Send + 'static> Drop for Unbroken<T> {
    fn drop(&mut self) {
        if !self.hold.is_taken() {
            return;
        }
        // Without a runtime there is nobody left to run a turn either.
        if let Ok(runtime) = Handle::try_current() {
            let work = mem::replace(&mut self.work, Box::pin(pending::<T>()));
            let rest = see_through(work, self.hold.clone()).in_current_span();
            self.tracker.spawn_on(rest, &runtime);
        }
    }
}

/// Goes on with it for as long as it must not be broken off. Nobody waits for what comes of it.
async fn see_through<T>(mut work: BoxFuture<'static, T>, hold: Hold) {
    poll_fn(|context| match work.poll_unpin(context) {
        Poll::Pending if hold.is_taken() => Poll::Pending,
        _ => Poll::Ready(()),
    })
    .await;
}
