//! Connections that the server had cut.

use std::time::{Duration, Instant};

use sqlx::PgPool;

/// How long a server that hangs up is tried again before its caller is told; as long as one that refuses is.
const HANGING_UP: Duration = Duration::from_secs(5);

/// A connection that was cut while it lay idle says so only when it is used. What is attempted on it has changed nothing then, so
/// the next one is tried, as many times as there were idle ones. And a server that wakes may hang up on those who come first.
pub(crate) async fn on_one_that_lives<T, W>(
    pool: PgPool,
    attempt: impl Fn(PgPool) -> W,
) -> sqlx::Result<T>
where
    W: Future<Output = sqlx::Result<T>>,
{
    let deadline = Instant::now() + HANGING_UP;
    let (mut idle, mut pause) = (pool.num_idle(), Duration::from_millis(50));
    loop {
        match attempt(pool.clone()).await {
            Err(error) if was_cut(&error) && idle > 0 => idle -= 1,
            Err(error) if was_cut(&error) && Instant::now() + pause < deadline => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}

/// Whether the server had ended the connection: 57P01 is what it says as it does so.
pub(crate) fn was_cut(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(error, sqlx::Error::Io(_)) || code.is_some_and(|code| code == "57P01")
}
