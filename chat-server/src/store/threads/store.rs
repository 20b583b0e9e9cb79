//! What the ChatKit server asks of its store.

use chatkit_server::{
    Begun, Change, Hidden, IdKind, IdempotencyKey, KeptTurn, PageRequest, Store, StoreError,
    TurnEnd, TurnLease, TurnStart,
    protocol::{Attachment, Page, ThreadItem, ThreadMetadata},
};
use chrono::{DateTime, Utc};
use serde_json::value::{RawValue, to_raw_value};

use super::{Threads, commit, items, thread};
use crate::caller::Caller;

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
        thread::load(&mut tx, caller, thread_id).await
    }

    async fn save_thread(
        &self,
        caller: &Caller,
        thread: &ThreadMetadata,
    ) -> Result<(), StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.write(caller).await?;
        thread::save(&mut tx, user, thread).await?;
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
        thread::delete(&mut tx, user, thread_id, self.now()).await?;
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
        self.keep_file(caller, attachment).await
    }

    async fn load_attachment(
        &self,
        caller: &Caller,
        attachment_id: &str,
    ) -> Result<Attachment, StoreError> {
        self.file(caller, attachment_id).await
    }

    async fn delete_attachment(
        &self,
        caller: &Caller,
        attachment_id: &str,
    ) -> Result<(), StoreError> {
        self.forget_file(caller, attachment_id).await
    }
}
