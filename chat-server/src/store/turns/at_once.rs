//! A turn in as few round trips as can be: its beginning, its changes and its end are a function of the database each
//! (`migrations/postgres/20261122002000_create_turn_functions.sql`, and `…3000_find_turns_by_their_key.sql`).
//!
//! Each yields `None` where that is not possible, or where what is asked is out of the ordinary; then nothing has been changed, and
//! the ordinary way does it, statement by statement, and says what is in the way.

use std::time::Duration;

use chatkit_server::{
    Begun, Change, Drops, IdempotencyKey, StoreError, TurnEnd, TurnLease, TurnStart,
    protocol::{ThreadItem, ThreadMetadata},
};
use chrono::{DateTime, Utc};
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments};
use todochat_database::Database;
use tokio::time::timeout;

use super::{begin::DAY, lease_micros, write::KEPT};
use crate::store::{
    MessageLimit,
    threads::rows::{ThreadRow, json},
    title,
};

const BEGIN: &str = "SELECT * FROM begin_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
                     $15, $16, $17, $18, $19, $20, $21)";
const KEEP: &str = "SELECT keep_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

/// As long as a transaction gives its statements. What comes later is a turn that nobody runs, which is swept, or a change of one
/// that has ended, which is refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who asks for it, and when.
#[derive(Clone, Copy)]
pub(in crate::store) struct Asking<'a> {
    pub(in crate::store) user: &'a str,
    /// The server that runs the turn.
    pub(in crate::store) owner: &'a str,
    pub(in crate::store) now: DateTime<Utc>,
}

/// What came of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kept {
    /// They are kept, and nobody reads the turn on another server.
    Unseen,
    /// They are kept, and somebody does.
    Watched,
}

impl Kept {
    /// The word that a function says.
    pub(super) fn of(word: &str) -> Result<Self, StoreError> {
        match word {
            "kept" => Ok(Self::Unseen),
            "watched" => Ok(Self::Watched),
            "lost" => Err(StoreError::Lost),
            "gone" => Err(StoreError::NotFound),
            _ => Err(StoreError::failed(format!("a turn that was kept as {word:?}"))),
        }
    }
}

/// Begins a turn with a thread or a message and no more.
pub(in crate::store) async fn begin(
    database: &Database,
    asking: Asking<'_>,
    limit: MessageLimit,
    turn_id: &str,
    start: TurnStart<'_>,
) -> Result<Option<Begun>, StoreError> {
    let is_plain = start.instead_of.is_none()
        && start.attachments.is_empty()
        && matches!(start.drops, Drops::Nothing);
    if !is_plain || !database.can_write_at_once() {
        return Ok(None);
    }
    let row = named(start)?;
    let item = start.item.map(json).transpose()?;
    let arguments = beginning(asking, limit, turn_id, start, &row, item).map_err(unsendable)?;
    let begun = timeout(PATIENCE, database.write_at_once::<ThreadRow>(BEGIN, arguments)).await;
    let begun = begun.map_err(StoreError::failed)?.map_err(StoreError::failed)?;
    let Some(kept) = begun.and_then(|mut rows| rows.pop()) else {
        return Ok(None);
    };
    let thread = if start.is_new {
        ThreadMetadata { title: kept.title, ..start.thread.clone() }
    } else {
        kept.into_thread()?
    };
    let turn = TurnLease { turn_id: turn_id.to_owned(), thread_id: thread.id.clone(), fence: 1 };
    Ok(Some(Begun { turn, thread }))
}

/// A thread, named after its first message if it has no title.
pub(in crate::store) fn named(start: TurnStart<'_>) -> Result<ThreadRow, StoreError> {
    let mut row = ThreadRow::of(start.thread)?;
    if let (None, Some(ThreadItem::UserMessage(message))) = (&row.title, start.item) {
        row.title = title::of(message);
    }
    Ok(row)
}

fn beginning(
    asking: Asking<'_>,
    limit: MessageLimit,
    turn_id: &str,
    start: TurnStart<'_>,
    row: &ThreadRow,
    item: Option<String>,
) -> Result<PgArguments, BoxDynError> {
    let Asking { user, owner, now } = asking;
    let mut arguments = PgArguments::default();
    arguments.add(user)?;
    arguments.add(owner)?;
    arguments.add(turn_id)?;
    arguments.add(&row.id)?;
    arguments.add(now)?;
    arguments.add(lease_micros())?;
    arguments.add(start.key.map(IdempotencyKey::key))?;
    arguments.add(start.key.map(IdempotencyKey::fingerprint))?;
    arguments.add(now - DAY)?;
    arguments.add(now.timestamp_micros())?;
    arguments.add(limit.interval)?;
    arguments.add(limit.tolerance)?;
    arguments.add(start.is_new)?;
    arguments.add(&row.title)?;
    arguments.add(&row.status)?;
    arguments.add(&row.image_domains)?;
    arguments.add(&row.metadata)?;
    arguments.add(row.created_at)?;
    arguments.add(start.item.map(ThreadItem::id))?;
    arguments.add(start.item.is_some_and(ThreadItem::is_hidden))?;
    arguments.add(item)?;
    Ok(arguments)
}

/// Makes changes of a turn, and ends it if there is an end.
pub(in crate::store) async fn keep(
    database: &Database,
    asking: Asking<'_>,
    turn: &TurnLease,
    changes: &[Change<'_>],
    end: Option<&TurnEnd>,
) -> Result<Option<Kept>, StoreError> {
    if !database.can_write_at_once() {
        return Ok(None);
    }
    let items = Items::of(changes)?;
    let thread = changes.iter().rev().find_map(|change| match change {
        Change::Thread(thread) => Some(ThreadRow::of(thread)),
        _ => None,
    });
    let thread = thread.transpose()?;
    let error = end.and_then(|end| end.error.as_ref()).map(json).transpose()?;
    let arguments =
        changed(asking, turn, items, thread.as_ref(), end, error).map_err(unsendable)?;
    let kept = timeout(PATIENCE, database.write_at_once::<(String,)>(KEEP, arguments)).await;
    let kept = kept.map_err(StoreError::failed)?.map_err(StoreError::failed)?;
    kept.and_then(|mut rows| rows.pop()).map(|(word,)| Kept::of(&word)).transpose()
}

fn changed(
    asking: Asking<'_>,
    turn: &TurnLease,
    items: Items,
    thread: Option<&ThreadRow>,
    end: Option<&TurnEnd>,
    error: Option<String>,
) -> Result<PgArguments, BoxDynError> {
    let Asking { user, owner, now } = asking;
    let mut arguments = PgArguments::default();
    arguments.add(user)?;
    arguments.add(owner)?;
    arguments.add(&turn.turn_id)?;
    arguments.add(&turn.thread_id)?;
    arguments.add(turn.fence)?;
    arguments.add(now)?;
    arguments.add(items.kinds)?;
    arguments.add(items.ids)?;
    arguments.add(items.hidden)?;
    arguments.add(items.texts)?;
    arguments.add(thread.is_some())?;
    arguments.add(thread.and_then(|row| row.title.as_deref()))?;
    arguments.add(thread.map(|row| row.status.as_str()))?;
    arguments.add(thread.and_then(|row| row.image_domains.as_deref()))?;
    arguments.add(thread.map(|row| row.metadata.as_str()))?;
    arguments.add(end.map(|end| end.state.as_str()))?;
    arguments.add(error)?;
    arguments.add(now - KEPT)?;
    Ok(arguments)
}

/// Changes of items as columns.
#[derive(Default)]
pub(super) struct Items {
    pub(super) kinds: Vec<&'static str>,
    pub(super) ids: Vec<String>,
    pub(super) hidden: Vec<bool>,
    pub(super) texts: Vec<String>,
}

impl Items {
    pub(super) fn of(changes: &[Change<'_>]) -> Result<Self, StoreError> {
        let mut items = Self::default();
        for change in changes {
            match change {
                Change::Add(item) | Change::Checkpoint(item) => items.add("put", item)?,
                Change::Save(item) => items.add("save", item)?,
                Change::Delete(id) => items.push("delete", (*id).to_owned(), false, String::new()),
                Change::Thread(_) => {}
            }
        }
        Ok(items)
    }

    fn add(&mut self, kind: &'static str, item: &ThreadItem) -> Result<(), StoreError> {
        self.push(kind, item.id().to_owned(), item.is_hidden(), json(item)?);
        Ok(())
    }

    pub(super) fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    pub(super) fn append(&mut self, others: &mut Self) {
        self.kinds.append(&mut others.kinds);
        self.ids.append(&mut others.ids);
        self.hidden.append(&mut others.hidden);
        self.texts.append(&mut others.texts);
    }

    fn push(&mut self, kind: &'static str, id: String, hidden: bool, text: String) {
        self.kinds.push(kind);
        self.ids.push(id);
        self.hidden.push(hidden);
        self.texts.push(text);
    }
}

pub(super) fn unsendable(error: BoxDynError) -> StoreError {
    StoreError::failed(sqlx::Error::Encode(error))
}
