//! Where conversations are kept.
//!
//! A store answers for one caller at a time: everything it is asked comes with the caller's
//! context, and what belongs to somebody else does not exist.
//!
//! ```text
//! store.rs   what an application implements
//! start.rs   what a turn begins with;  turn.rs  what it changes, and how it ends
//! page.rs    which items of a list;    id.rs    what new ids are for
//! error.rs   what may go wrong
//! ```

mod error;
mod id;
mod page;
mod start;
mod turn;

use std::future::{Future, ready};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::value::{RawValue, to_raw_value};

pub use self::error::StoreError;
pub(crate) use self::error::chain;
pub use self::id::IdKind;
pub use self::page::{Hidden, PageRequest};
pub use self::start::{Drops, TurnStart};
pub(crate) use self::turn::interruption;
pub use self::turn::{Begun, Change, KeptTurn, TurnEnd, TurnLease, TurnState};
use crate::IdempotencyKey;
use crate::protocol::{Attachment, Page, ThreadItem, ThreadMetadata};

/// Where conversations are kept, and where time and ids come from.
///
/// An application implements this once. Every function is given the caller's context and must
/// treat what belongs to another caller exactly as what does not exist.
pub trait Store: Send + Sync + 'static {
    /// Who is calling: whatever the application needs to know, such as the user's id.
    type Context: Clone + Send + Sync + 'static;

    /// The time, to the microsecond.
    fn now(&self) -> DateTime<Utc>;

    /// A new id. It must never repeat within a conversation.
    fn new_id(&self, kind: IdKind) -> String;

    /// Begins a turn: does all that [`TurnStart`] says, in one commit. When it returns, that
    /// survives a crash. It may refuse, for instance because the user sends too much; then nothing
    /// is changed. While another turn runs in the conversation it is [`StoreError::Busy`], unless
    /// what that answers is dropped; when the key is known, [`StoreError::Repeated`].
    fn begin_turn(
        &self,
        context: &Self::Context,
        start: TurnStart<'_>,
    ) -> impl Future<Output = Result<Begun, StoreError>> + Send;

    /// Makes changes of a running turn, all in one commit. When the turn was taken from this holder
    /// it is [`StoreError::Lost`], and nothing is changed. A store for one process, whose turns end
    /// with it, may leave this and the following as they are.
    fn keep(
        &self,
        context: &Self::Context,
        turn: &TurnLease,
        changes: &[Change<'_>],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let thread_id = turn.thread_id.as_str();
            for change in changes {
                match change {
                    Change::Add(item) | Change::Checkpoint(item) => {
                        self.add_item(context, thread_id, item).await?;
                    }
                    Change::Save(item) => self.save_item(context, thread_id, item).await?,
                    Change::Delete(id) => self.delete_item(context, thread_id, id).await?,
                    Change::Thread(thread) => self.save_thread(context, thread).await?,
                }
            }
            Ok(())
        }
    }

    /// Makes the last changes of a turn and ends it, in one commit; otherwise as
    /// [`keep`](Self::keep).
    fn end_turn(
        &self,
        context: &Self::Context,
        turn: &TurnLease,
        changes: &[Change<'_>],
        _end: &TurnEnd,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.keep(context, turn, changes)
    }

    /// Says that these turns live: a store believes that for [`LEASE`](crate::LEASE). Tells the ids
    /// of those that are not their holders' any more.
    fn renew_turns(
        &self,
        _turns: &[TurnLease],
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send {
        ready(Ok(Vec::new()))
    }

    /// Ends the turns, of all users, whose holders gave no sign of life: they are
    /// [`TurnState::Interrupted`], their items go through [`interrupted`](crate::interrupted). Says
    /// how many there were.
    fn sweep_turns(&self) -> impl Future<Output = Result<usize, StoreError>> + Send {
        ready(Ok(0))
    }

    /// The turn that runs in a conversation, if one does.
    fn running_turn(
        &self,
        _context: &Self::Context,
        _thread_id: &str,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
        ready(Ok(None))
    }

    /// A turn with its items.
    fn load_turn(
        &self,
        _context: &Self::Context,
        _turn_id: &str,
    ) -> impl Future<Output = Result<KeptTurn, StoreError>> + Send {
        ready(Err(StoreError::NotFound))
    }

    /// The turn that was begun with a key, if that was within a day; with another request it is
    /// [`StoreError::key_reused`].
    fn turn_of_key(
        &self,
        _context: &Self::Context,
        _key: &IdempotencyKey,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
        ready(Ok(None))
    }

    /// Resolves when a conversation's turn may have written or ended, on whichever server, from the
    /// first time it is polled; also without cause, but not often.
    fn turn_changed(
        &self,
        _context: &Self::Context,
        _thread_id: &str,
    ) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(Duration::from_millis(250))
    }

    /// Somebody reads a turn on a server that does not run it; true for a few seconds.
    fn watch_turn(
        &self,
        _context: &Self::Context,
        _turn_id: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }

    /// Whether somebody does.
    fn is_watched(
        &self,
        _context: &Self::Context,
        _turn: &TurnLease,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        ready(Ok(false))
    }

    /// A conversation without its items.
    fn load_thread(
        &self,
        context: &Self::Context,
        thread_id: &str,
    ) -> impl Future<Output = Result<ThreadMetadata, StoreError>> + Send;

    /// Keeps a conversation's title, status, image domains and metadata.
    fn save_thread(
        &self,
        context: &Self::Context,
        thread: &ThreadMetadata,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A page of the caller's conversations, in order of creation. An unknown cursor is
    /// [`StoreError::unknown_cursor`].
    fn list_threads(
        &self,
        context: &Self::Context,
        page: &PageRequest,
    ) -> impl Future<Output = Result<Page<ThreadMetadata>, StoreError>> + Send;

    /// Deletes a conversation with its items. One that does not exist is no error.
    fn delete_thread(
        &self,
        context: &Self::Context,
        thread_id: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A page of a conversation's items, in the order they were first kept (never by clock).
    /// Unless hidden items are asked for, they are left out before the page is cut. An unknown
    /// thread is [`StoreError::NotFound`], an unknown cursor [`StoreError::unknown_cursor`].
    fn load_items(
        &self,
        context: &Self::Context,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> impl Future<Output = Result<Page<ThreadItem>, StoreError>> + Send;

    /// A page of items for a client, each as the JSON that it is sent, without those that are hidden. A store that keeps them
    /// as [`ThreadItem`] writes them need not read what it only hands on.
    fn load_items_json(
        &self,
        context: &Self::Context,
        thread_id: &str,
        page: &PageRequest,
    ) -> impl Future<Output = Result<Page<Box<RawValue>>, StoreError>> + Send {
        async move {
            let mut page = self.load_items(context, thread_id, page, Hidden::Exclude).await?;
            page.data.retain(|item| !item.is_hidden());
            Ok(page.map(|item| to_raw_value(&item).expect("the wire types have text keys only")))
        }
    }

    /// A conversation and a page of its items. A store that can read both in one go does so.
    fn load_thread_with_items(
        &self,
        context: &Self::Context,
        thread_id: &str,
        page: &PageRequest,
        hidden: Hidden,
    ) -> impl Future<Output = Result<(ThreadMetadata, Page<ThreadItem>), StoreError>> + Send {
        async move {
            let thread = self.load_thread(context, thread_id).await?;
            let items = self.load_items(context, thread_id, page, hidden).await?;
            Ok((thread, items))
        }
    }

    /// One item.
    fn load_item(
        &self,
        context: &Self::Context,
        thread_id: &str,
        item_id: &str,
    ) -> impl Future<Output = Result<ThreadItem, StoreError>> + Send;

    /// Keeps an item at the end of its conversation. If the id is there already the item takes
    /// its place, where it stands.
    fn add_item(
        &self,
        context: &Self::Context,
        thread_id: &str,
        item: &ThreadItem,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps an item in place of the one with its id.
    fn save_item(
        &self,
        context: &Self::Context,
        thread_id: &str,
        item: &ThreadItem,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes an item. One that does not exist is no error.
    fn delete_item(
        &self,
        context: &Self::Context,
        thread_id: &str,
        item_id: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps a file's description, in place of the one with its id. A message's files are kept by
    /// [`begin_turn`](Self::begin_turn), with the message. A store for applications without files
    /// need not implement this and the next two.
    fn save_attachment(
        &self,
        _context: &Self::Context,
        _attachment: &Attachment,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }

    /// A file's description, with its metadata.
    fn load_attachment(
        &self,
        _context: &Self::Context,
        _attachment_id: &str,
    ) -> impl Future<Output = Result<Attachment, StoreError>> + Send {
        ready(Err(StoreError::NotFound))
    }

    /// Deletes a file's description. One that does not exist is no error.
    fn delete_attachment(
        &self,
        _context: &Self::Context,
        _attachment_id: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }
}
