//! The items of a thread.

use chatkit_server::{
    Hidden, PageRequest, StoreError,
    protocol::{Order, Page, ThreadItem},
};
use todochat_database::{Transaction, on_each};

use super::{
    failed,
    rows::{Unreadable, json},
    sql,
};

/// Adds an item at the end of its thread, or in place of the one with its id.
pub(super) async fn add(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    item: &ThreadItem,
) -> Result<(), StoreError> {
    let place: Option<i64> = on_each!(tx, connection => {
        sqlx::query_scalar(sql::TAKE_PLACE)
            .bind(thread_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    put(tx, user, thread_id, place.ok_or(StoreError::NotFound)?, item).await
}

/// Whether an item of a thread that is locked is still what it was when it was read.
pub(super) async fn check(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    read: &ThreadItem,
) -> Result<(), StoreError> {
    let is_same = load(tx, user, thread_id, read.id()).await? == *read;
    if is_same { Ok(()) } else { Err(StoreError::changed()) }
}

/// Puts an item in a place that was taken for it, or in place of the one with its id.
pub(in crate::store) async fn put(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    place: i64,
    item: &ThreadItem,
) -> Result<(), StoreError> {
    let text = json(item)?;
    on_each!(tx, connection => {
        sqlx::query(sql::ADD_ITEM)
            .bind(thread_id)
            .bind(place)
            .bind(item.id())
            .bind(user)
            .bind(item.is_hidden())
            .bind(&text)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)
}

/// Puts an item in place of the one with its id.
pub(in crate::store) async fn save(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    item: &ThreadItem,
) -> Result<(), StoreError> {
    let text = json(item)?;
    let saved = on_each!(tx, connection => {
        sqlx::query(sql::SAVE_ITEM)
            .bind(thread_id)
            .bind(item.id())
            .bind(user)
            .bind(item.is_hidden())
            .bind(&text)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    if saved.map_err(failed)? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Deletes an item, if it is there.
pub(in crate::store) async fn delete(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    item_id: &str,
) -> Result<(), StoreError> {
    on_each!(tx, connection => {
        sqlx::query(sql::DELETE_ITEM)
            .bind(thread_id)
            .bind(item_id)
            .bind(user)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)
}

/// Deletes what comes after an item.
pub(super) async fn delete_after(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    item_id: &str,
) -> Result<(), StoreError> {
    let place = place_of(tx, user, thread_id, item_id).await?.ok_or(StoreError::NotFound)?;
    on_each!(tx, connection => {
        sqlx::query(sql::DELETE_AFTER)
            .bind(thread_id)
            .bind(place)
            .bind(user)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)
}

/// One item.
pub(super) async fn load(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    item_id: &str,
) -> Result<ThreadItem, StoreError> {
    let item: Option<String> = on_each!(tx, connection => {
        sqlx::query_scalar(sql::LOAD_ITEM)
            .bind(thread_id)
            .bind(item_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    read(thread_id, &item.ok_or(StoreError::NotFound)?)
}

/// A page of the items of a thread that is known to be the user's.
pub(super) async fn page(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    page: &PageRequest,
    hidden: Hidden,
) -> Result<Page<ThreadItem>, StoreError> {
    let statement = match page.order {
        Order::Asc => sql::ITEMS_ASCENDING,
        Order::Desc => sql::ITEMS_DESCENDING,
    };
    let from = match &page.after {
        None => beginning(page.order),
        Some(after) => {
            let place = place_of(tx, user, thread_id, after).await?;
            place.ok_or_else(StoreError::unknown_cursor)?
        }
    };
    let texts: Vec<String> = on_each!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(thread_id)
            .bind(user)
            .bind(from)
            .bind(hidden == Hidden::Include)
            .bind(i64::from(page.limit) + 1)
            .fetch_all(connection)
            .await
    })
    .map_err(failed)?;
    cut(thread_id, texts.iter().map(String::as_str), page.limit)
}

/// Before the first item, in this order.
pub(super) fn beginning(order: Order) -> i64 {
    match order {
        Order::Asc => 0,
        Order::Desc => i64::MAX,
    }
}

/// A page of at most `limit`, out of one item more than that.
pub(super) fn cut<'a>(
    thread_id: &str,
    texts: impl ExactSizeIterator<Item = &'a str>,
    limit: u32,
) -> Result<Page<ThreadItem>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = texts.len() > limit;
    let items = texts.take(limit).map(|text| read(thread_id, text));
    let data = items.collect::<Result<Vec<_>, _>>()?;
    let after = data.last().filter(|_| has_more).map(|item| item.id().to_owned());
    Ok(Page { data, has_more, after })
}

async fn place_of(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    item_id: &str,
) -> Result<Option<i64>, StoreError> {
    on_each!(tx, connection => {
        sqlx::query_scalar(sql::PLACE_OF_ITEM)
            .bind(thread_id)
            .bind(item_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)
}

pub(in crate::store) fn read(thread_id: &str, text: &str) -> Result<ThreadItem, StoreError> {
    ThreadItem::from_json(text).map_err(|source| unreadable(thread_id, source))
}

pub(super) fn unreadable(thread_id: &str, source: serde_json::Error) -> StoreError {
    let id = thread_id.to_owned();
    StoreError::failed(Unreadable { table: "thread_items", column: "item", id, source })
}
