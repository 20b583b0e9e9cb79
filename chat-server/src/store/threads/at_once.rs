//! The reads that a page waits for, in one round trip each where the database can do that.
//!
//! An empty answer does not say why it is empty: nothing there, somebody else's, or a cursor that means nothing. That is left to
//! the ordinary way, which asks one after the other.

use chatkit_server::{
    Hidden, PageRequest, StoreError,
    protocol::{Order, Page, ThreadItem, ThreadMetadata},
};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments};

use super::{
    Threads, items,
    rows::{self, ThreadRow, WithItems},
    sql,
};
use crate::caller::Caller;

impl Threads {
    /// A page of threads, if it can be read in one go and there is one.
    pub(super) async fn threads_at_once(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Option<Page<ThreadMetadata>>, StoreError> {
        let statement = match page.order {
            Order::Asc => sql::THREADS_ASCENDING_AT_ONCE,
            Order::Desc => sql::THREADS_DESCENDING_AT_ONCE,
        };
        let arguments = threads(caller, page).map_err(unsendable)?;
        let found = self.database.read_at_once::<ThreadRow>(statement, arguments).await;
        let Some(found) = found.map_err(StoreError::failed)?.filter(|found| !found.is_empty())
        else {
            return Ok(None);
        };
        let threads = found.into_iter().map(ThreadRow::into_thread).collect::<Result<_, _>>()?;
        Ok(Some(rows::cut(threads, page.limit, |thread: &ThreadMetadata| &thread.id)))
    }

    /// A page of a thread's items, if it can be read in one go and there is one.
    pub(super) async fn items_at_once(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<Option<Page<ThreadItem>>, StoreError> {
        let found = self.kept_at_once(caller, thread_id, page, hidden).await?;
        let Some(found) = found else { return Ok(None) };
        let texts = found.iter().map(|(_, text)| text.as_str());
        self.page(caller, thread_id, texts, page.limit).map(Some)
    }

    /// The same as it is sent, without the hidden ones.
    pub(super) async fn json_at_once(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
    ) -> Result<Option<Page<Box<RawValue>>>, StoreError> {
        let found = self.kept_at_once(caller, thread_id, page, Hidden::Exclude).await?;
        let Some(found) = found else { return Ok(None) };
        let Page { data, has_more, after } = rows::cut(found, page.limit, |(id, _)| id);
        let data = data.into_iter().map(|(_, text)| self.sendable(caller, thread_id, text));
        Ok(Some(Page { data: data.collect::<Result<_, _>>()?, has_more, after }))
    }

    /// Ids and texts of the items of a page, and one more if there is one.
    async fn kept_at_once(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<Option<Vec<(String, String)>>, StoreError> {
        let statement = match page.order {
            Order::Asc => sql::ITEMS_ASCENDING_AT_ONCE,
            Order::Desc => sql::ITEMS_DESCENDING_AT_ONCE,
        };
        let arguments = items(caller, thread_id, page, hidden).map_err(unsendable)?;
        let found = self.database.read_at_once(statement, arguments).await;
        Ok(found.map_err(StoreError::failed)?.filter(|found: &Vec<_>| !found.is_empty()))
    }

    /// An item as it is sent: as it is kept, unless it shows pictures, whose addresses are good for a while only.
    fn sendable(
        &self,
        caller: &Caller,
        thread_id: &str,
        text: String,
    ) -> Result<Box<RawValue>, StoreError> {
        if !text.contains(r#""preview_url""#) {
            return RawValue::from_string(text)
                .map_err(|cause| items::unreadable(thread_id, cause));
        }
        let mut item = items::read(thread_id, &text)?;
        self.renew_links(caller, std::slice::from_mut(&mut item));
        to_raw_value(&item).map_err(StoreError::failed)
    }

    /// A thread with a page of its items, if it can be read in one go and there is one.
    pub(super) async fn thread_at_once(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<Option<(ThreadMetadata, Page<ThreadItem>)>, StoreError> {
        let statement = match page.order {
            Order::Asc => sql::THREAD_ASCENDING_AT_ONCE,
            Order::Desc => sql::THREAD_DESCENDING_AT_ONCE,
        };
        let arguments = items(caller, thread_id, page, hidden).map_err(unsendable)?;
        let found = self.database.read_at_once::<WithItems>(statement, arguments).await;
        let found = found.map_err(StoreError::failed)?.and_then(|mut found| found.pop());
        let Some(WithItems { thread, items }) = found.filter(|found| !found.items.is_empty())
        else {
            return Ok(None);
        };
        let items = self.page(caller, thread_id, items.iter().map(String::as_str), page.limit)?;
        Ok(Some((thread.into_thread()?, items)))
    }

    fn page<'a>(
        &self,
        caller: &Caller,
        thread_id: &str,
        texts: impl ExactSizeIterator<Item = &'a str>,
        limit: u32,
    ) -> Result<Page<ThreadItem>, StoreError> {
        let mut page = items::cut(thread_id, texts, limit)?;
        self.renew_links(caller, &mut page.data);
        Ok(page)
    }
}

fn threads(caller: &Caller, page: &PageRequest) -> Result<PgArguments, BoxDynError> {
    let (from, id) = rows::beginning(page.order);
    let mut arguments = PgArguments::default();
    arguments.add(caller.user.as_str())?;
    arguments.add(page.after.as_deref())?;
    arguments.add(from)?;
    arguments.add(id)?;
    arguments.add(i64::from(page.limit) + 1)?;
    Ok(arguments)
}

fn items(
    caller: &Caller,
    thread_id: &str,
    page: &PageRequest,
    hidden: Hidden,
) -> Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    arguments.add(caller.user.as_str())?;
    arguments.add(thread_id)?;
    arguments.add(page.after.as_deref())?;
    arguments.add(items::beginning(page.order))?;
    arguments.add(hidden == Hidden::Include)?;
    arguments.add(i64::from(page.limit) + 1)?;
    Ok(arguments)
}

fn unsendable(error: BoxDynError) -> StoreError {
    StoreError::failed(sqlx::Error::Encode(error))
}
