//! Passwords: argon2id on a bounded pool.

mod hashing;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// The most characters that a password may have, after normalisation.
pub const MAX_PASSWORD_CHARS: usize = 256;

/// How many may wait for each one that is being hashed. More than that is a flood, and waiting
/// longer would only make it worse.
const WAITING_PER_WORKER: usize = 32;

/// A hash of nothing that anybody can type, with the parameters of today: an unknown user costs
/// the same time as a known one.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$dG9kb2NoYXQgZHVtbXkgMQ$TncDW1BHGMtFeRRpTVYPzCdwRv0GdIuVRAAHXRLSbtA";

/// Hashes and verifies passwords with argon2id (19 MiB, 2 passes, 1 lane; OWASP's first choice),
/// never more at once than it was made for, so that logins starve nothing else.
#[derive(Clone, Debug)]
pub struct Passwords {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    workers: Arc<Semaphore>,
    room: usize,
    inside: AtomicUsize,
}

/// Why a password was neither hashed nor verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Too many are waiting already.
    #[error("too many passwords are being checked")]
    Busy,
    /// Longer than [`MAX_PASSWORD_CHARS`].
    #[error("the password is too long")]
    TooLong,
    /// There is no memory or randomness, or the pool was stopped.
    #[error("the password could not be hashed")]
    Failed,
}

impl Passwords {
    /// A pool that hashes up to `workers` at once, each taking 19 MiB while it does.
    pub fn new(workers: usize) -> Self {
        let workers = workers.max(1);
        let room = workers * (1 + WAITING_PER_WORKER);
        Self {
            pool: Arc::new(Pool {
                workers: Arc::new(Semaphore::new(workers)),
                room,
                inside: AtomicUsize::new(0),
            }),
        }
    }

    /// Hashes a password into a PHC string with a salt of its own.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let password = normalised(&password).ok_or(PasswordError::TooLong)?;
        let hash = self.pool.run(move || hashing::hash(password.as_bytes())).await?;
        hash.map_err(|_| PasswordError::Failed)
    }

    /// Whether `password` is the one that was hashed into `phc`. `None`, for a user that does not
    /// exist, takes as long as any other and is false; so does a hash that cannot be read.
    pub async fn verify(
        &self,
        password: String,
        phc: Option<String>,
    ) -> Result<bool, PasswordError> {
        let known = phc.is_some();
        let candidate = normalised(&password);
        let acceptable = known && candidate.is_some();
        let phc = phc.unwrap_or_else(|| DUMMY.to_owned());
        let candidate = candidate.unwrap_or_default();
        let fits = self.pool.run(move || hashing::fits(candidate.as_bytes(), &phc)).await?;
        Ok(acceptable && fits.unwrap_or(false))
    }

    /// Whether a hash was made with weaker parameters than today's and should be made anew, which
    /// can be done when its owner logs in.
    pub fn is_outdated(phc: &str) -> bool {
        hashing::is_outdated(phc)
    }
}

impl Pool {
    /// Runs `work` when its turn comes. The place and the turn go with the work and not with the
    /// request: one that hangs up early frees neither before the work is done.
    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.enter()?;
        let turn = Arc::clone(&self.workers).acquire_owned().await;
        let turn = turn.map_err(|_| PasswordError::Failed)?;
        let working = tokio::task::spawn_blocking(move || {
            let (_place, _turn) = (place, turn);
            work()
        });
        working.await.map_err(|_| PasswordError::Failed)
    }

    fn enter(self: &Arc<Self>) -> Result<Place, PasswordError> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        if before < self.room { Ok(place) } else { Err(PasswordError::Busy) }
    }
}

/// One place in the pool, given back when the work is done or was never begun.
struct Place(Arc<Pool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

/// NFKC, so that the same password typed on two keyboards is the same bytes; `None` if too long.
fn normalised(password: &str) -> Option<String> {
    let mut characters = password.nfkc();
    let taken: String = characters.by_ref().take(MAX_PASSWORD_CHARS).collect();
    characters.next().is_none().then_some(taken)
}

#[cfg(test)]
mod tests;
