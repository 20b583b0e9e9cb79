//! Stopping in two stages, so that nobody's answer is cut in half.
//!
//! ```text
//! SIGTERM ─▶ soft: accept nothing new, let tracked turns and connections end
//!              └─ within the grace? yes ─▶ done
//!                                   no, or a second signal ─▶ hard: cancel what still runs
//! ```

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::duration;

/// What was told to stop at once gets this long to put its things away.
const LAST_MOMENT: Duration = Duration::from_secs(3);

/// How long a stop may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ShutdownArgs {
    /// How long running answers may go on after a signal to stop
    #[arg(
        long,
        value_name = "DURATION",
        env = "TODOCHAT_SHUTDOWN_GRACE",
        default_value = "25s",
        value_parser = duration::parse
    )]
    pub shutdown_grace: Duration,
}

/// The two stages and the list of what is still running. Clones are the same shutdown.
#[derive(Clone, Debug)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// One that has not begun.
    pub fn new() -> Self {
        let hard = CancellationToken::new();
        Self { soft: hard.child_token(), hard, tracker: TaskTracker::new() }
    }

    /// Cancelled when nothing new may begin. Long waits, such as live feeds, end here.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when even running work must end; implies [`Shutdown::soft`].
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Spawn here what a shutdown must wait for: turns, connections.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// The first SIGTERM or SIGINT begins the soft stage, the second one the hard one.
    ///
    /// Fails when the process may not install a signal handler.
    pub fn on_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stages = [self.soft.clone(), self.hard.clone()];
        tokio::spawn(async move {
            for stage in stages {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tracing::info!("Got a signal to stop");
                stage.cancel();
            }
        });
        Ok(())
    }

    /// Begins the soft stage unless it has begun, waits up to `grace` for what is tracked, then cuts.
    pub async fn finish(&self, grace: Duration) {
        self.soft.cancel();
        self.tracker.close();
        tokio::select! {
            biased;
            () = self.tracker.wait() => return,
            () = self.hard.cancelled() => {}
            () = tokio::time::sleep(grace) => {}
        }
        tracing::warn!(running = self.tracker.len(), "Cutting what still runs");
        self.hard.cancel();
        if tokio::time::timeout(LAST_MOMENT, self.tracker.wait()).await.is_err() {
            tracing::warn!(running = self.tracker.len(), "Leaving behind what did not end");
        }
    }

    /// For what others need while they end: it has no soft stage, and nobody waits for it.
    #[must_use]
    pub fn to_the_end(&self) -> Self {
        Self { soft: self.hard.clone(), hard: self.hard.clone(), tracker: TaskTracker::new() }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::*;

    const GRACE: Duration = Duration::from_secs(25);

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_ends_within_the_grace_is_not_cut() {
        let shutdown = Shutdown::new();
        let hard = shutdown.hard().clone();
        let turn = shutdown.tracker().spawn(async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            hard.is_cancelled()
        });
        let began = Instant::now();
        shutdown.finish(GRACE).await;
        assert_eq!(began.elapsed().as_secs(), 20);
        assert!(!turn.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn what_outlasts_the_grace_is_cut() {
        let shutdown = Shutdown::new();
        let hard = shutdown.hard().clone();
        shutdown.tracker().spawn(async move { hard.cancelled().await });
        let began = Instant::now();
        shutdown.finish(GRACE).await;
        assert_eq!(began.elapsed(), GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_cuts_at_once() {
        let shutdown = Shutdown::new();
        let (hard, (says, second)) = (shutdown.hard().clone(), oneshot::channel::<()>());
        shutdown.tracker().spawn(async move { hard.cancelled().await });
        let signals = shutdown.clone();
        tokio::spawn(async move {
            second.await.unwrap();
            signals.hard().cancel();
        });
        says.send(()).unwrap();
        let began = Instant::now();
        shutdown.finish(GRACE).await;
        assert!(began.elapsed() < GRACE && shutdown.soft().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ignores_the_end_does_not_keep_the_process() {
        let shutdown = Shutdown::new();
        shutdown.tracker().spawn(std::future::pending::<()>());
        let began = Instant::now();
        shutdown.finish(GRACE).await;
        assert_eq!(began.elapsed(), GRACE + LAST_MOMENT);
    }
}
