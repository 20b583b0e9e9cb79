//! Rows and what they stand for.

use chatkit_server::{
    StoreError,
    protocol::{Order, Page, ThreadMetadata},
};
use chrono::{DateTime, Utc};

/// A row of `threads`.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::store) struct ThreadRow {
    pub(in crate::store) id: String,
    pub(in crate::store) title: Option<String>,
    pub(in crate::store) status: String,
    pub(in crate::store) image_domains: Option<String>,
    pub(in crate::store) metadata: String,
    pub(in crate::store) created_at: DateTime<Utc>,
}

/// The same with a place that was taken in it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Place {
    pub(super) place: i64,
    #[sqlx(flatten)]
    pub(super) thread: ThreadRow,
}

/// The same with a page of its items.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct WithItems {
    pub(super) items: Vec<String>,
    #[sqlx(flatten)]
    pub(super) thread: ThreadRow,
}

impl ThreadRow {
    pub(in crate::store) fn of(thread: &ThreadMetadata) -> Result<Self, StoreError> {
        let domains = thread.allowed_image_domains.as_ref();
        Ok(Self {
            id: thread.id.clone(),
            title: thread.title.clone(),
            status: json(&thread.status)?,
            image_domains: domains.map(json).transpose()?,
            metadata: json(&thread.metadata)?,
            created_at: thread.created_at,
        })
    }

    pub(in crate::store) fn into_thread(self) -> Result<ThreadMetadata, StoreError> {
        let read = |column: &'static str| {
            let id = self.id.clone();
            move |source| StoreError::failed(Unreadable { table: "threads", column, id, source })
        };
        let domains = self.image_domains.as_deref().map(serde_json::from_str).transpose();
        Ok(ThreadMetadata {
            status: serde_json::from_str(&self.status).map_err(read("status"))?,
            allowed_image_domains: domains.map_err(read("image_domains"))?,
            metadata: serde_json::from_str(&self.metadata).map_err(read("metadata"))?,
            id: self.id,
            title: self.title,
            created_at: self.created_at,
        })
    }
}

/// What the database should have made impossible.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column} of {id} is not what this version writes")]
pub(in crate::store) struct Unreadable {
    pub(in crate::store) table: &'static str,
    pub(in crate::store) column: &'static str,
    pub(in crate::store) id: String,
    pub(in crate::store) source: serde_json::Error,
}

/// A word that this version does not know.
pub(in crate::store) fn unreadable(
    table: &'static str,
    column: &'static str,
    id: &str,
) -> StoreError {
    let source = serde::de::Error::custom("a word that is not known");
    StoreError::failed(Unreadable { table, column, id: id.to_owned(), source })
}

pub(in crate::store) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::failed)
}

/// Before the first thread, in this order.
pub(super) fn beginning(order: Order) -> (DateTime<Utc>, String) {
    match order {
        Order::Asc => (DateTime::UNIX_EPOCH, String::new()),
        Order::Desc => (far_future(), String::new()),
    }
}

fn far_future() -> DateTime<Utc> {
    const YEAR_9999: i64 = 253_370_764_800;
    DateTime::from_timestamp(YEAR_9999, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A page of at most `limit`, out of one row more than that.
pub(super) fn cut<T>(mut data: Vec<T>, limit: u32, id: impl Fn(&T) -> &str) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = data.len() > limit;
    data.truncate(limit);
    let after = data.last().filter(|_| has_more).map(|last| id(last).to_owned());
    Page { data, has_more, after }
}
