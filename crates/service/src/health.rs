//! Whether a program is ready to be sent requests.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio_util::sync::CancellationToken;

use crate::Shutdown;

/// A check that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The list of things a program needs in order to answer. Clones share it.
#[derive(Clone)]
pub struct Readiness {
    started: Arc<AtomicBool>,
    checks: Arc<Mutex<Vec<(&'static str, Check)>>>,
    stopping: CancellationToken,
}

impl Readiness {
    /// Ready between [`Readiness::started`] and the beginning of `shutdown`, as far as no check
    /// says otherwise.
    pub fn new(shutdown: &Shutdown) -> Self {
        Self { started: Arc::default(), checks: Arc::default(), stopping: shutdown.soft().clone() }
    }

    /// The program has everything it starts with, and serves.
    pub fn started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Adds a check. It is run anew for every question; its error is a sentence for operators.
    pub fn register<F, Running>(&self, name: &'static str, check: F)
    where
        F: Fn() -> Running + Send + Sync + 'static,
        Running: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).push((name, check));
    }

    /// Runs all checks at once.
    pub async fn report(&self) -> Report {
        if self.stopping.is_cancelled() {
            return Report(vec![("shutdown", Err("the program is stopping".to_owned()))]);
        }
        if !self.started.load(Ordering::Acquire) {
            return Report(vec![("start", Err("the program is starting".to_owned()))]);
        }
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Report(join_all(checks.into_iter().map(run)).await)
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

async fn run((name, check): (&'static str, Check)) -> (&'static str, Result<(), String>) {
    let outcome = tokio::time::timeout(PATIENCE, check()).await;
    (name, outcome.unwrap_or_else(|_| Err("no answer in time".to_owned())))
}

/// The outcome of every check.
#[derive(Debug)]
pub struct Report(Vec<(&'static str, Result<(), String>)>);

impl Report {
    /// Whether everything needed is there.
    pub fn is_ready(&self) -> bool {
        self.0.iter().all(|(_, outcome)| outcome.is_ok())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, outcome) in &self.0 {
            match outcome {
                Ok(()) => writeln!(f, "{name}: ok")?,
                Err(why) => writeln!(f, "{name}: {why}")?,
            }
        }
        f.write_str(if self.is_ready() { "ready\n" } else { "not ready\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> Readiness {
        let readiness = Readiness::new(&Shutdown::new());
        readiness.started();
        readiness
    }

    #[tokio::test]
    async fn a_starting_program_is_not_ready() {
        let report = Readiness::new(&Shutdown::new()).report().await;
        assert_eq!(report.to_string(), "start: the program is starting\nnot ready\n");
    }

    #[tokio::test]
    async fn one_failing_check_makes_a_program_not_ready() {
        let readiness = started();
        readiness.register("database", || async { Ok(()) });
        assert!(readiness.report().await.is_ready());
        readiness.register("tools", || async { Err("connection refused".to_owned()) });
        let report = readiness.report().await;
        assert_eq!(report.to_string(), "database: ok\ntools: connection refused\nnot ready\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_has_failed() {
        let readiness = started();
        readiness.register("database", std::future::pending);
        let report = readiness.report().await;
        assert_eq!(report.to_string(), "database: no answer in time\nnot ready\n");
    }

    #[tokio::test]
    async fn a_stopping_program_is_not_ready() {
        let shutdown = Shutdown::new();
        let readiness = Readiness::new(&shutdown);
        readiness.started();
        shutdown.soft().cancel();
        assert!(!readiness.report().await.is_ready());
    }
}
