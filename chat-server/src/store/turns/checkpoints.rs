//! What there is of answers that are not done, of all turns of this server in one commit.
//!
//! ```text
//! keep ─▶ channel ─▶ one task: all that wait, no oftener than every 50 ms ─▶ keep_checkpoints(…) ─▶ each hears how it went
//! ```
//!
//! It takes one connection at most, however many turns there are, and waits for nobody's lock. But it waits for its answer as long as
//! it takes: a turn keeps nothing else meanwhile, so that an older state never comes after a newer one.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use chatkit_server::{Change, StoreError, TurnLease};
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments};
use todochat_database::{Database, Error};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use super::at_once::{Items, Kept, unsendable};

const KEEP: &str = "SELECT keep_checkpoints($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// How often there is a commit, at most.
const EVERY: Duration = Duration::from_millis(50);
/// How many turns are in it, at most.
const MOST: usize = 256;
/// How many bytes of items, about.
const BYTES: usize = 1024 * 1024;

/// The way to the task that keeps them. Clones are the same one.
#[derive(Clone, Debug)]
pub(in crate::store) struct Checkpoints {
    database: Database,
    owner: Arc<str>,
    sender: Arc<OnceLock<mpsc::Sender<Checkpoint>>>,
}

struct Checkpoint {
    user: String,
    turn: TurnLease,
    items: Items,
    told: oneshot::Sender<Told>,
}

/// What came of one; nothing if it is to be kept in the ordinary way.
type Told = Result<Option<Kept>, StoreError>;

impl Checkpoints {
    pub(in crate::store) fn new(database: Database, owner: &str) -> Self {
        Self { database, owner: owner.into(), sender: Arc::default() }
    }

    /// Keeps a checkpoint with those of other turns. `None` if it is to be kept by itself, as it always is on SQLite.
    pub(in crate::store) async fn keep(
        &self,
        user: &str,
        turn: &TurnLease,
        changes: &[Change<'_>],
    ) -> Told {
        if !self.database.can_write_at_once() {
            return Ok(None);
        }
        let (told, outcome) = oneshot::channel();
        let (user, turn, items) = (user.to_owned(), turn.clone(), Items::of(changes)?);
        let sender = self.sender.get_or_init(|| start(self.database.clone(), self.owner.clone()));
        if sender.send(Checkpoint { user, turn, items, told }).await.is_err() {
            return Ok(None);
        }
        outcome.await.unwrap_or(Ok(None))
    }
}

/// The task ends with the last sender.
fn start(database: Database, owner: Arc<str>) -> mpsc::Sender<Checkpoint> {
    let (sender, mut waiting) = mpsc::channel(MOST);
    tokio::spawn(async move {
        let mut next = Instant::now();
        while let Some(first) = waiting.recv().await {
            sleep_until(next).await;
            next = Instant::now() + EVERY;
            let batch = gather(first, &mut waiting);
            keep(&database, &owner, batch).await;
        }
    });
    sender
}

fn gather(first: Checkpoint, waiting: &mut mpsc::Receiver<Checkpoint>) -> Vec<Checkpoint> {
    let mut bytes = first.items.bytes();
    let mut batch = vec![first];
    while batch.len() < MOST
        && bytes < BYTES
        && let Ok(another) = waiting.try_recv()
    {
        bytes += another.items.bytes();
        batch.push(another);
    }
    batch
}

async fn keep(database: &Database, owner: &str, mut batch: Vec<Checkpoint>) {
    let arguments = match columns(owner, &mut batch) {
        Ok(arguments) => arguments,
        Err(error) => return tell_all(batch, || Err(unsendable(error.to_string().into()))),
    };
    match database.write_at_once::<(Vec<String>,)>(KEEP, arguments).await {
        Ok(Some(mut rows)) => {
            let words = rows.pop().map(|(words,)| words).unwrap_or_default();
            for (checkpoint, word) in batch.into_iter().zip(words) {
                // Whoever has the thread is waited for in a transaction of its own.
                let told = if word == "busy" { Ok(None) } else { Kept::of(&word).map(Some) };
                let _ = checkpoint.told.send(told);
            }
        }
        Ok(None) => tell_all(batch, || Ok(None)),
        // One of them may be at fault; by itself, it fails alone.
        Err(error) if !error.is_unavailable() && batch.len() > 1 => tell_all(batch, || Ok(None)),
        Err(error) => {
            let error: Arc<Error> = Arc::new(error);
            tell_all(batch, || Err(StoreError::failed(Arc::clone(&error))));
        }
    }
}

/// Those that have gone meanwhile need not hear it.
fn tell_all(batch: Vec<Checkpoint>, told: impl Fn() -> Told) {
    for checkpoint in batch {
        let _ = checkpoint.told.send(told());
    }
}

fn columns(owner: &str, batch: &mut [Checkpoint]) -> Result<PgArguments, BoxDynError> {
    let each = |column: fn(&Checkpoint) -> &str| batch.iter().map(column).collect::<Vec<_>>();
    let mut arguments = PgArguments::default();
    arguments.add(owner)?;
    arguments.add(each(|checkpoint| &checkpoint.user))?;
    arguments.add(each(|checkpoint| &checkpoint.turn.turn_id))?;
    arguments.add(each(|checkpoint| &checkpoint.turn.thread_id))?;
    arguments.add(batch.iter().map(|checkpoint| checkpoint.turn.fence).collect::<Vec<_>>())?;
    let counts = batch.iter().map(|checkpoint| i32::try_from(checkpoint.items.ids.len()));
    arguments.add(counts.collect::<Result<Vec<_>, _>>()?)?;
    let mut items = Items::default();
    for checkpoint in batch.iter_mut() {
        items.append(&mut checkpoint.items);
    }
    arguments.add(items.ids)?;
    arguments.add(items.hidden)?;
    arguments.add(items.texts)?;
    Ok(arguments)
}
