//! Threads and items: the ChatKit server's store.
//!
//! Every statement has the user in its predicate, so that somebody else's thread is one that does
//! not exist. An item is kept as the JSON it is sent as; its place in the thread is a sequence
//! that the thread's own row hands out.

mod at_once;
pub(super) mod items;
pub(super) mod rows;
mod sql;
mod turns;

use chatkit_server::{
    Begun, Change, Hidden, IdKind, IdempotencyKey, KeptTurn, PageRequest, Store, StoreError,
    TurnEnd, TurnLease, TurnStart,
    protocol::{Attachment, Order, Page, ThreadItem, ThreadMetadata},
};
use chrono::{DateTime, Utc};
use serde_json::value::{RawValue, to_raw_value};
use todochat_database::{Database, Error, Notice, Topic, Transaction, on_each};
use todochat_service::{Clock, Ids};

use self::rows::ThreadRow;
use super::{
    MessageLimit, attachments,
    turns::{at_once::named, checkpoints::Checkpoints},
};
use crate::{attachments::Links, caller::Caller, metrics::TurnCounters};

/// How many items of a conversation the model is told at most.
const RECENT: u32 = 100;

/// Threads and items in the database.
#[derive(Clone, Debug)]
pub struct Threads {
    database: Database,
    clock: Clock,
    ids: Ids,
    limit: MessageLimit,
    links: Option<Links>,
    /// What this server is called for as long as it runs: the owner of its turns.
    server: String,
    turns: Option<TurnCounters>,
    checkpoints: Checkpoints,
}

impl Threads {
    /// A store in `database` that lets each user send as many messages as `limit` says.
    pub fn new(database: Database, clock: Clock, ids: Ids, limit: MessageLimit) -> Self {
        let server = ids.next("srv_");
        let checkpoints = Checkpoints::new(database.clone(), &server);
        Self { database, clock, ids, limit, links: None, server, turns: None, checkpoints }
    }

    /// The same, with turns counted.
    #[must_use]
    pub fn counting(self, turns: TurnCounters) -> Self {
        Self { turns: Some(turns), ..self }
    }

    /// The same, with addresses for files.
    #[must_use]
    pub fn with_links(self, links: Links) -> Self {
        Self { links: Some(links), ..self }
    }

    /// The addresses of pictures are good for a while only, so each reader is given new ones.
    fn renew_links(&self, caller: &Caller, items: &mut [ThreadItem]) {
        if let Some(links) = &self.links {
            for item in items {
                links.renew(&caller.user, item);
            }
        }
    }

    /// The newest items of a thread, oldest first, hidden ones included: what a model is told.
    pub async fn recent_items(
        &self,
        caller: &Caller,
        thread_id: &str,
    ) -> Result<Vec<ThreadItem>, StoreError> {
        let page = PageRequest { limit: RECENT, after: None, order: Order::Desc };
        let mut items = self.load_items(caller, thread_id, &page, Hidden::Include).await?.data;
        items.reverse();
        Ok(items)
    }

    async fn cursor_then_threads(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<ThreadMetadata>, StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.read(caller).await?;
        let (from, id) = match &page.after {
            None => rows::beginning(page.order),
            Some(after) => place_of(&mut tx, user, after).await?,
        };
        let statement = match page.order {
            Order::Asc => sql::THREADS_ASCENDING,
            Order::Desc => sql::THREADS_DESCENDING,
        };
        let found: Vec<ThreadRow> = on_each!(tx, connection => {
            sqlx::query_as(statement)
                .bind(user)
                .bind(from)
                .bind(&id)
                .bind(i64::from(page.limit) + 1)
                .fetch_all(connection)
                .await
        })
        .map_err(failed)?;
        let threads = found.into_iter().map(ThreadRow::into_thread);
        Ok(rows::cut(threads.collect::<Result<_, _>>()?, page.limit, |thread| &thread.id))
    }

    async fn thread_then_items(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<(ThreadMetadata, Page<ThreadItem>), StoreError> {
        let mut tx = self.read(caller).await?;
        let thread = load(&mut tx, caller, thread_id).await?;
        let mut items = items::page(&mut tx, caller.user.as_str(), thread_id, page, hidden).await?;
        self.renew_links(caller, &mut items.data);
        Ok((thread, items))
    }

    async fn read(&self, caller: &Caller) -> Result<Transaction, StoreError> {
        self.database.read_as(caller.user.as_str()).await.map_err(StoreError::failed)
    }

    async fn write(&self, caller: &Caller) -> Result<Transaction, StoreError> {
        self.database.write_as(caller.user.as_str()).await.map_err(StoreError::failed)
    }
}

impl Store for Threads {
    type Context = Caller;

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn new_id(&self, kind: IdKind) -> String {
        self.ids.next(kind.prefix())
    }

    async fn begin_turn(&self, caller: &Caller, start: TurnStart<'_>) -> Result<Begun, StoreError> {
        self.begin(caller, start).await
    }

    async fn keep(
        &self,
        caller: &Caller,
        turn: &TurnLease,
        changes: &[Change<'_>],
    ) -> Result<(), StoreError> {
        self.keep_changes(caller, turn, changes).await
    }

    async fn end_turn(
        &self,
        caller: &Caller,
        turn: &TurnLease,
        changes: &[Change<'_>],
        end: &TurnEnd,
    ) -> Result<(), StoreError> {
        self.end(caller, turn, changes, end).await
    }

    async fn renew_turns(&self, turns: &[TurnLease]) -> Result<Vec<String>, StoreError> {
        self.renew(turns).await
    }

    async fn sweep_turns(&self) -> Result<usize, StoreError> {
        self.sweep().await
    }

    async fn running_turn(
        &self,
        caller: &Caller,
        thread_id: &str,
    ) -> Result<Option<String>, StoreError> {
        self.running(caller, thread_id).await
    }

    async fn load_turn(&self, caller: &Caller, turn_id: &str) -> Result<KeptTurn, StoreError> {
        self.kept(caller, turn_id).await
    }

    async fn turn_of_key(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
    ) -> Result<Option<String>, StoreError> {
        self.of_key(caller, key).await
    }

    async fn turn_changed(&self, caller: &Caller, thread_id: &str) {
        self.changed(caller, thread_id).await;
    }

    async fn watch_turn(&self, caller: &Caller, turn_id: &str) -> Result<(), StoreError> {
        self.watch(caller, turn_id).await
    }

    async fn is_watched(&self, caller: &Caller, turn: &TurnLease) -> Result<bool, StoreError> {
        self.watched(caller, turn).await
    }

    async fn load_thread(
        &self,
        caller: &Caller,
        thread_id: &str,
    ) -> Result<ThreadMetadata, StoreError> {
        let mut tx = self.read(caller).await?;
        load(&mut tx, caller, thread_id).await
    }

    async fn save_thread(
        &self,
        caller: &Caller,
        thread: &ThreadMetadata,
    ) -> Result<(), StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.write(caller).await?;
        save(&mut tx, user, thread).await?;
        commit(tx, user, &thread.id).await
    }

    async fn list_threads(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<ThreadMetadata>, StoreError> {
        if let Some(threads) = self.threads_at_once(caller, page).await? {
            return Ok(threads);
        }
        Box::pin(self.cursor_then_threads(caller, page)).await
    }

    async fn delete_thread(&self, caller: &Caller, thread_id: &str) -> Result<(), StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.write(caller).await?;
        let left = attachments::leave(&mut tx, user, thread_id, self.now()).await;
        left.map_err(StoreError::failed)?;
        on_each!(tx, connection => {
            sqlx::query(sql::DELETE_THREAD)
                .bind(thread_id)
                .bind(user)
                .execute(connection)
                .await
                .map(drop)
        })
        .map_err(failed)?;
        commit(tx, user, thread_id).await
    }

    async fn load_items(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<Page<ThreadItem>, StoreError> {
        if let Some(items) = self.items_at_once(caller, thread_id, page, hidden).await? {
            return Ok(items);
        }
        Ok(Box::pin(self.thread_then_items(caller, thread_id, page, hidden)).await?.1)
    }

    async fn load_items_json(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
    ) -> Result<Page<Box<RawValue>>, StoreError> {
        if let Some(items) = self.json_at_once(caller, thread_id, page).await? {
            return Ok(items);
        }
        let items = Box::pin(self.thread_then_items(caller, thread_id, page, Hidden::Exclude));
        let written = |item| to_raw_value(&item).expect("items have text keys only");
        Ok(items.await?.1.map(written))
    }

    async fn load_thread_with_items(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<(ThreadMetadata, Page<ThreadItem>), StoreError> {
        if let Some(found) = self.thread_at_once(caller, thread_id, page, hidden).await? {
            return Ok(found);
        }
        Box::pin(self.thread_then_items(caller, thread_id, page, hidden)).await
    }

    async fn load_item(
        &self,
        caller: &Caller,
        thread_id: &str,
        item_id: &str,
    ) -> Result<ThreadItem, StoreError> {
        let mut tx = self.read(caller).await?;
        items::load(&mut tx, caller.user.as_str(), thread_id, item_id).await
    }

    async fn add_item(
        &self,
        caller: &Caller,
        thread_id: &str,
        item: &ThreadItem,
    ) -> Result<(), StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.write(caller).await?;
        items::add(&mut tx, user, thread_id, item).await?;
        commit(tx, user, thread_id).await
    }

    async fn save_item(
        &self,
        caller: &Caller,
        thread_id: &str,
        item: &ThreadItem,
    ) -> Result<(), StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.write(caller).await?;
        items::save(&mut tx, user, thread_id, item).await?;
        commit(tx, user, thread_id).await
    }

    async fn delete_item(
        &self,
        caller: &Caller,
        thread_id: &str,
        item_id: &str,
    ) -> Result<(), StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.write(caller).await?;
        items::delete(&mut tx, user, thread_id, item_id).await?;
        commit(tx, user, thread_id).await
    }

    async fn save_attachment(
        &self,
        caller: &Caller,
        attachment: &Attachment,
    ) -> Result<(), StoreError> {
        // What is known of a file was kept when it was announced; only its conversation changes.
        let Some(thread_id) = attachment.thread_id() else { return Ok(()) };
        let mut tx = self.write(caller).await?;
        let files = std::slice::from_ref(attachment);
        attachments::join(&mut tx, caller.user.as_str(), thread_id, files).await?;
        tx.commit().await.map_err(StoreError::failed)
    }

    async fn load_attachment(
        &self,
        caller: &Caller,
        attachment_id: &str,
    ) -> Result<Attachment, StoreError> {
        let links = self.links.as_ref().ok_or(StoreError::NotFound)?;
        let mut tx = self.read(caller).await?;
        let row = attachments::load(&mut tx, caller.user.as_str(), attachment_id).await;
        let row = row.map_err(StoreError::failed)?.ok_or(StoreError::NotFound)?;
        Ok(links.describe(&caller.user, &row))
    }

    async fn delete_attachment(
        &self,
        caller: &Caller,
        attachment_id: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(caller).await?;
        let deleted = attachments::delete(&mut tx, caller.user.as_str(), attachment_id).await;
        deleted.map_err(StoreError::failed)?;
        tx.commit().await.map_err(StoreError::failed)
    }
}

/// A new thread, named after its first message; yields that name.
async fn insert_thread(
    tx: &mut Transaction,
    user: &str,
    start: TurnStart<'_>,
) -> Result<Option<String>, StoreError> {
    let row = named(start)?;
    on_each!(tx, connection => {
        sqlx::query(sql::INSERT_THREAD)
            .bind(&row.id)
            .bind(user)
            .bind(&row.title)
            .bind(&row.status)
            .bind(&row.image_domains)
            .bind(&row.metadata)
            // The first place is the turn's.
            .bind(2_i64)
            .bind(row.created_at)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)?;
    Ok(row.title)
}

/// A thread's title, status, image domains and metadata.
pub(super) async fn save(
    tx: &mut Transaction,
    user: &str,
    thread: &ThreadMetadata,
) -> Result<(), StoreError> {
    let row = ThreadRow::of(thread)?;
    let saved = on_each!(tx, connection => {
        sqlx::query(sql::SAVE_THREAD)
            .bind(&row.id)
            .bind(user)
            .bind(&row.title)
            .bind(&row.status)
            .bind(&row.image_domains)
            .bind(&row.metadata)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    if saved.map_err(failed)? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

async fn load(
    tx: &mut Transaction,
    caller: &Caller,
    thread_id: &str,
) -> Result<ThreadMetadata, StoreError> {
    let row: Option<ThreadRow> = on_each!(tx, connection => {
        sqlx::query_as(sql::LOAD_THREAD)
            .bind(thread_id)
            .bind(caller.user.as_str())
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    row.ok_or(StoreError::NotFound)?.into_thread()
}

/// Where a thread stands among its user's.
async fn place_of(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
) -> Result<(DateTime<Utc>, String), StoreError> {
    let place: Option<(DateTime<Utc>, String)> = on_each!(tx, connection => {
        sqlx::query_as(sql::PLACE_OF_THREAD)
            .bind(thread_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    place.ok_or_else(StoreError::unknown_cursor)
}

async fn commit(mut tx: Transaction, user: &str, thread_id: &str) -> Result<(), StoreError> {
    let (user, subject) = (user.to_owned(), thread_id.to_owned());
    tx.notify(Notice { topic: Topic::ThreadChanged, user, subject });
    tx.commit().await.map_err(StoreError::failed)
}

fn too_many(wait: std::time::Duration) -> StoreError {
    StoreError::Refused {
        status: 429,
        code: "rate_limited",
        message: "You have sent many messages in a short time. Wait a moment.".to_owned(),
        retry_after: Some(wait),
    }
}

pub(super) fn failed(error: sqlx::Error) -> StoreError {
    StoreError::failed(Error::from(error))
}
