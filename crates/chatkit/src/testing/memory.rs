//! A store in memory.

mod kept;
mod page;
mod turns;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use self::kept::Kept;
use self::page::cut;
use self::turns::Turn;
use super::Gate;
use crate::protocol::{Attachment, Page, ThreadItem, ThreadMetadata};
use crate::{
    Begun, Change, Hidden, IdKind, IdempotencyKey, KeptTurn, PageRequest, Store, StoreError,
    TurnEnd, TurnLease, TurnStart,
};

/// A store in memory, for any number of users; the context is the user's name. Time moves on by a
/// millisecond whenever it is looked at and ids count up, so that a test can say what it expects.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    /// A turn has written or ended.
    changed: Notify,
}

#[derive(Default)]
struct State {
    threads: Vec<Kept>,
    turns: Vec<Turn>,
    /// By id, with whose it is.
    attachments: BTreeMap<String, (String, Attachment)>,
    looks: i64,
    ids: HashMap<IdKind, u32>,
    operations: Vec<String>,
    refusals: HashMap<&'static str, fn() -> StoreError>,
    beginning: Option<Gate>,
}

impl MemoryStore {
    /// What changed the store so far, in order, such as `add_item assistant_message`.
    pub fn operations(&self) -> Vec<String> {
        self.state().operations.clone()
    }

    /// All items of a conversation, hidden ones too, whoever it belongs to.
    pub fn items(&self, thread_id: &str) -> Vec<ThreadItem> {
        let state = self.state();
        let kept = state.threads.iter().find(|kept| kept.thread.id == thread_id);
        kept.map(|kept| kept.items.clone()).unwrap_or_default()
    }

    /// A conversation with its metadata, whoever it belongs to.
    pub fn thread(&self, thread_id: &str) -> Option<ThreadMetadata> {
        let state = self.state();
        let kept = state.threads.iter().find(|kept| kept.thread.id == thread_id);
        kept.map(|kept| kept.thread.clone())
    }

    /// A file's description, whoever it belongs to.
    pub fn attachment(&self, attachment_id: &str) -> Option<Attachment> {
        let state = self.state();
        state.attachments.get(attachment_id).map(|(_, attachment)| attachment.clone())
    }

    /// Puts a conversation there.
    pub fn put(&self, user: &str, thread: ThreadMetadata, items: Vec<ThreadItem>) {
        self.state().threads.push(Kept { user: user.to_owned(), thread, items });
    }

    /// Puts a file's description there.
    pub fn put_attachment(&self, user: &str, attachment: Attachment) {
        let kept = (user.to_owned(), attachment);
        self.state().attachments.insert(kept.1.id().to_owned(), kept);
    }

    /// From now on the named function fails like this.
    pub fn refuse(&self, function: &'static str, error: fn() -> StoreError) {
        self.state().refusals.insert(function, error);
    }

    /// The next turn begins when this lets it through, as behind somebody's lock.
    pub fn begin_behind(&self, gate: &Gate) {
        self.state().beginning = Some(gate.clone());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn away from its holder, as another server does when the lease is over.
    pub fn take_over(&self, turn_id: &str) {
        self.state().take_over(turn_id);
        self.changed.notify_waiters();
    }

    /// Whether somebody else, or nobody, may write in a turn.
    fn is_lost(&self, turn: &TurnLease) -> bool {
        self.state().held(turn).is_err()
    }

    /// Writes down a change, unless it is to fail.
    fn begin(
        &self,
        function: &'static str,
        what: &str,
    ) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        if let Some(refusal) = state.refusals.get(function) {
            return Err(refusal());
        }
        state.operations.push(format!("{function} {what}").trim_end().to_owned());
        Ok(state)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl State {
    fn find(&mut self, user: &str, thread_id: &str) -> Result<&mut Kept, StoreError> {
        let mut threads = self.threads.iter_mut();
        threads
            .find(|kept| kept.user == user && kept.thread.id == thread_id)
            .ok_or(StoreError::NotFound)
    }

    fn keep_attachment(&mut self, user: &str, attachment: &Attachment) {
        let kept = (user.to_owned(), attachment.clone());
        self.attachments.insert(attachment.id().to_owned(), kept);
    }

    /// Writes down what a commit did besides what it was called for.
    fn note(&mut self, operation: &str, times: usize) {
        self.operations.extend(std::iter::repeat_n(operation.to_owned(), times));
    }
}

impl Store for MemoryStore {
    type Context = String;

    fn now(&self) -> DateTime<Utc> {
        let mut state = self.state();
        state.looks += 1;
        let start = DateTime::from_timestamp(1_767_225_600, 0).expect("it is in range");
        start + TimeDelta::milliseconds(state.looks)
    }

    fn new_id(&self, kind: IdKind) -> String {
        let mut state = self.state();
        let last = state.ids.entry(kind).or_default();
        *last += 1;
        format!("{}{last}", kind.prefix())
    }

    async fn begin_turn(&self, user: &String, start: TurnStart<'_>) -> Result<Begun, StoreError> {
        let gate = self.state().beginning.take();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        self.begin_now(user, &start)
    }

    async fn keep(
        &self,
        user: &String,
        turn: &TurnLease,
        changes: &[Change<'_>],
    ) -> Result<(), StoreError> {
        self.state().held(turn)?;
        let thread_id = turn.thread_id.as_str();
        for change in changes {
            match change {
                Change::Add(item) => self.add_item(user, thread_id, item).await?,
                Change::Checkpoint(item) => {
                    self.begin("checkpoint", item.kind())?.find(user, thread_id)?.put(item);
                }
                Change::Save(item) => self.save_item(user, thread_id, item).await?,
                Change::Delete(id) => self.delete_item(user, thread_id, id).await?,
                Change::Thread(thread) => self.save_thread(user, thread).await?,
            }
            if let Change::Add(item) | Change::Checkpoint(item) = change {
                self.state().held(turn)?.wrote(item.id());
            }
        }
        self.changed.notify_waiters();
        Ok(())
    }

    async fn end_turn(
        &self,
        user: &String,
        turn: &TurnLease,
        changes: &[Change<'_>],
        end: &TurnEnd,
    ) -> Result<(), StoreError> {
        self.keep(user, turn, changes).await?;
        self.state().held(turn)?.end(end);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn renew_turns(&self, turns: &[TurnLease]) -> Result<Vec<String>, StoreError> {
        if let Some(refusal) = self.state().refusals.get("renew_turns") {
            return Err(refusal());
        }
        let lost = turns.iter().filter(|turn| self.is_lost(turn));
        Ok(lost.map(|turn| turn.turn_id.clone()).collect())
    }

    async fn running_turn(
        &self,
        user: &String,
        thread_id: &str,
    ) -> Result<Option<String>, StoreError> {
        Ok(self.state().running(user, thread_id))
    }

    async fn load_turn(&self, user: &String, turn_id: &str) -> Result<KeptTurn, StoreError> {
        self.state().turn(user, turn_id)
    }

    async fn turn_of_key(
        &self,
        user: &String,
        key: &IdempotencyKey,
    ) -> Result<Option<String>, StoreError> {
        self.state().turn_of(user, key)
    }

    async fn turn_changed(&self, _user: &String, _thread_id: &str) {
        self.changed.notified().await;
    }

    async fn load_thread(
        &self,
        user: &String,
        thread_id: &str,
    ) -> Result<ThreadMetadata, StoreError> {
        self.state().find(user, thread_id).map(|kept| kept.thread.clone())
    }

    async fn save_thread(&self, user: &String, thread: &ThreadMetadata) -> Result<(), StoreError> {
        let mut state = self.begin("save_thread", "")?;
        state.find(user, &thread.id)?.thread = thread.clone();
        Ok(())
    }

    async fn list_threads(
        &self,
        user: &String,
        page: &PageRequest,
    ) -> Result<Page<ThreadMetadata>, StoreError> {
        let state = self.state();
        let own = state.threads.iter().filter(|kept| kept.user == *user);
        cut(own.map(|kept| kept.thread.clone()).collect(), page, |thread| &thread.id)
    }

    async fn delete_thread(&self, user: &String, thread_id: &str) -> Result<(), StoreError> {
        let mut state = self.begin("delete_thread", "")?;
        state.threads.retain(|kept| kept.user != *user || kept.thread.id != thread_id);
        Ok(())
    }

    async fn load_items(
        &self,
        user: &String,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> Result<Page<ThreadItem>, StoreError> {
        let mut state = self.state();
        let items = state.find(user, thread_id)?.items.iter();
        let wanted = items.filter(|item| hidden == Hidden::Include || !item.is_hidden());
        cut(wanted.cloned().collect(), page, ThreadItem::id)
    }

    async fn load_item(
        &self,
        user: &String,
        thread_id: &str,
        item_id: &str,
    ) -> Result<ThreadItem, StoreError> {
        let mut state = self.state();
        let mut items = state.find(user, thread_id)?.items.iter();
        items.find(|item| item.id() == item_id).cloned().ok_or(StoreError::NotFound)
    }

    async fn add_item(
        &self,
        user: &String,
        thread_id: &str,
        item: &ThreadItem,
    ) -> Result<(), StoreError> {
        self.begin("add_item", item.kind())?.find(user, thread_id)?.put(item);
        Ok(())
    }

    async fn save_item(
        &self,
        user: &String,
        thread_id: &str,
        item: &ThreadItem,
    ) -> Result<(), StoreError> {
        self.begin("save_item", item.kind())?.find(user, thread_id)?.put(item);
        Ok(())
    }

    async fn delete_item(
        &self,
        user: &String,
        thread_id: &str,
        item_id: &str,
    ) -> Result<(), StoreError> {
        let mut state = self.begin("delete_item", "")?;
        state.find(user, thread_id)?.items.retain(|item| item.id() != item_id);
        Ok(())
    }
    async fn save_attachment(
        &self,
        user: &String,
        attachment: &Attachment,
    ) -> Result<(), StoreError> {
        self.begin("save_attachment", "")?.keep_attachment(user, attachment);
        Ok(())
    }

    async fn load_attachment(
        &self,
        user: &String,
        attachment_id: &str,
    ) -> Result<Attachment, StoreError> {
        let state = self.state();
        let own = state.attachments.get(attachment_id).filter(|(owner, _)| owner == user);
        own.map(|(_, attachment)| attachment.clone()).ok_or(StoreError::NotFound)
    }

    async fn delete_attachment(
        &self,
        user: &String,
        attachment_id: &str,
    ) -> Result<(), StoreError> {
        let mut state = self.begin("delete_attachment", "")?;
        state.attachments.retain(|id, (owner, _)| owner != user || id != attachment_id);
        Ok(())
    }
}
