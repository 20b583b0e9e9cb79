//! The reads that a page waits for, one statement after the other: where they cannot be made in one round trip, and where that
//! found nothing and it is to be said why.

use chatkit_server::{
    Hidden, PageRequest, StoreError,
    protocol::{Order, Page, ThreadItem, ThreadMetadata},
};
use todochat_database::on_each;

use super::{
    Threads, failed, items,
    rows::{self, ThreadRow},
    sql, thread,
};
use crate::caller::Caller;

impl Threads {
    /// A page of threads: where it begins, and then the page.
    pub(super) async fn cursor_then_threads(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<ThreadMetadata>, StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.read(caller).await?;
        let (from, id) = match &page.after {
            None => rows::beginning(page.order),
            Some(after) => thread::place_of(&mut tx, user, after).await?,
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

    /// A page of a thread's items, and before it the thread.
    pub(super) async fn thread_then_items(
        &self,
        caller: &Caller,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<(ThreadMetadata, Page<ThreadItem>), StoreError> {
        let mut tx = self.read(caller).await?;
        let thread = thread::load(&mut tx, caller, thread_id).await?;
        let mut items = items::page(&mut tx, caller.user.as_str(), thread_id, page, hidden).await?;
        self.renew_links(caller, &mut items.data);
        Ok((thread, items))
    }
}
