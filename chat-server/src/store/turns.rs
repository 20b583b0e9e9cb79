//! Turns: who runs one, until when that is believed, and what is left of those whose server died.
//!
//! ```text
//! begin     in the transaction that keeps the user's message: the key, then the turn
//! write     changes of a running turn, with its fence, and its end
//! lease     signs of life of all turns of this server in one statement
//! sweep     ends what had none; the next message of the thread does the same
//! read      a turn with its items; which one runs; whether it has changed
//!
//! at_once      begin and write in one round trip, where the database can do that
//! checkpoints  what there is of all answers of this server in one commit, likewise
//! ```
//!
//! Whoever changes a turn's state or writes in one locks its thread's row first. So the look at the
//! fence and the write are one step for everybody else, and two never wait for each other.
//!
//! Leases are told by the database's clock, so that servers whose clocks differ agree.

pub(super) mod at_once;
pub(super) mod begin;
pub(super) mod checkpoints;
pub(super) mod lease;
pub(super) mod read;
mod sql;
pub(super) mod sweep;
pub(super) mod write;

use chatkit_server::{StoreError, protocol::ThreadItem};
use chrono::{DateTime, Utc};
use todochat_database::{Connection, Transaction};

/// How long a turn is believed to live without a sign, in microseconds.
fn lease_micros() -> i64 {
    i64::try_from(chatkit_server::LEASE.as_micros()).unwrap_or(i64::MAX)
}

/// The text of a statement for this database.
fn text(tx: &mut Transaction, texts: sql::Timed) -> &'static str {
    match tx.connection() {
        Connection::Postgres(_) => texts.postgres,
        Connection::Sqlite(_) => texts.sqlite,
    }
}

/// Puts the items of a turn in order that was interrupted: no step of it runs any more.
async fn tidy(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    first: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let items: Vec<ThreadItem> = read::items(tx, user, thread_id, (first, i64::MAX)).await?;
    let changed = items.into_iter().filter_map(|item| chatkit_server::interrupted(item, now));
    for item in changed {
        super::threads::items::save(tx, user, thread_id, &item).await?;
    }
    Ok(())
}
