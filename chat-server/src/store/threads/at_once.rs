//! The reads that a page waits for, in one round trip each where the database can do that.
//!
//! An empty answer does not say why it is empty: nothing there, somebody else's, or a cursor that means nothing. That is left to
//! the ordinary way, which asks one after the other.

use chatkit_server::{
    Hidden, PageRequest, StoreError,
    protocol::{Order, Page, ThreadItem, ThreadMetadata},
};
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

    /// A thread with a page of its items, if it can be read in one go and there is one.
    pub(super) async fn items_at_once(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<Option<(ThreadRow, Page<ThreadItem>)>, StoreError> {
        let statement = match page.order {
            Order::Asc => sql::ITEMS_ASCENDING_AT_ONCE,
            Order::Desc => sql::ITEMS_DESCENDING_AT_ONCE,
        };
        let arguments = items(caller, thread_id, page, hidden).map_err(unsendable)?;
        let found = self.database.read_at_once::<WithItems>(statement, arguments).await;
        let found = found.map_err(StoreError::failed)?.and_then(|mut found| found.pop());
        let Some(WithItems { thread, items }) = found.filter(|found| !found.items.is_empty())
        else {
            return Ok(None);
        };
        let mut items = items::cut(thread_id, &items, page.limit)?;
        self.renew_links(caller, &mut items.data);
        Ok(Some((thread, items)))
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
