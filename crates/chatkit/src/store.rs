//! Where conversations are kept.
//!
//! A store answers for one caller at a time: everything it is asked comes with the caller's
//! context, and what belongs to somebody else does not exist.

mod turn;

use std::future::{Future, ready};
use std::time::Duration;

use chrono::{DateTime, Utc};

pub(crate) use self::turn::interruption;
pub use self::turn::{Begun, Change, KeptTurn, TurnEnd, TurnLease, TurnState};
use crate::IdempotencyKey;
use crate::protocol::{Attachment, Order, Page, ThreadItem, ThreadMetadata};

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

/// What a turn begins with; all of it is done in one commit.
#[derive(Clone, Copy, Debug)]
pub struct TurnStart<'a> {
    /// The conversation.
    pub thread: &'a ThreadMetadata,
    /// Whether it is to be made first.
    pub is_new: bool,
    /// What the user sent: a message, which goes to the end, or an item with the user's part
    /// filled in, which stays where it is.
    pub item: Option<&'a ThreadItem>,
    /// The item that `item` takes the place of, as it was read. If it is another one by now,
    /// somebody was faster: [`StoreError::changed`].
    pub instead_of: Option<&'a ThreadItem>,
    /// The message's files, which name the conversation from now on.
    pub attachments: &'a [Attachment],
    /// What is deleted.
    pub drops: Drops<'a>,
    /// What the client calls the request.
    pub key: Option<&'a IdempotencyKey>,
}

impl<'a> TurnStart<'a> {
    /// A turn in a conversation that is there already, with nothing to keep.
    pub fn of(thread: &'a ThreadMetadata) -> Self {
        Self {
            thread,
            is_new: false,
            item: None,
            instead_of: None,
            attachments: &[],
            drops: Drops::Nothing,
            key: None,
        }
    }
}

/// What is deleted when a turn begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drops<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// These items. One that does not exist is no error.
    Items(&'a [String]),
    /// Whatever comes after this item, and with it the turn that runs in the conversation, if one
    /// does: it ends as [`TurnState::Cancelled`], and its holder has lost it. An item that does not
    /// exist is [`StoreError::NotFound`].
    After(&'a str),
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many at most; at least 1.
    pub limit: u32,
    /// The exclusive cursor, in the order asked for.
    pub after: Option<String>,
    /// Which end to count from.
    pub order: Order,
}

/// Whether items that are for the model only are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Leave them out: the page is for a client.
    Exclude,
    /// Take them along: the page is for the model.
    Include,
}

/// What an id is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// A conversation.
    Thread,
    /// A message, widget, picture or set of questions.
    Message,
    /// A call the browser is asked to run.
    ToolCall,
    /// A group of steps.
    Workflow,
    /// A single step.
    Task,
    /// A file.
    Attachment,
    /// Context that this crate keeps for the model.
    SdkHiddenContext,
    /// A turn.
    Turn,
}

impl IdKind {
    /// The protocol's own prefix for such ids. Clients do not rely on it.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Thread => "thr_",
            Self::Message => "msg_",
            Self::ToolCall => "tc_",
            Self::Workflow => "wf_",
            Self::Task => "tsk_",
            Self::Attachment => "atc_",
            Self::SdkHiddenContext => "shcx_",
            Self::Turn => "trn_",
        }
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not exist for this caller.
    #[error("not found")]
    NotFound,
    /// The store's rules forbid it; the client is told.
    #[error("refused: {message}")]
    Refused {
        /// The HTTP status to answer with.
        status: u16,
        /// A code for programs.
        code: &'static str,
        /// A sentence for people.
        message: String,
        /// When to try again, if that is known.
        retry_after: Option<Duration>,
    },
    /// Another turn runs in the conversation.
    #[error("another turn is running")]
    Busy,
    /// The key is known: this turn was begun with it.
    #[error("the request was answered before")]
    Repeated {
        /// That turn.
        turn_id: String,
    },
    /// The turn was taken from who wants to write in it.
    #[error("the turn is another server's")]
    Lost,
    /// Something broke; the client is not told what.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Something broke.
    pub fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }

    /// The cursor of a page names nothing in the list.
    pub fn unknown_cursor() -> Self {
        Self::Refused {
            status: 400,
            code: "unknown_cursor",
            message: "`after` names nothing in this list".to_owned(),
            retry_after: None,
        }
    }

    /// A key that was given to another request before.
    pub fn key_reused() -> Self {
        Self::Refused {
            status: 422,
            code: "idempotency_key_reused",
            message: "this Idempotency-Key was given to another request".to_owned(),
            retry_after: None,
        }
    }

    /// An item is not any more what it was when it was read: somebody else was faster.
    pub fn changed() -> Self {
        Self::Refused {
            status: 409,
            code: "changed",
            message: "the item has changed in the meantime".to_owned(),
            retry_after: None,
        }
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
