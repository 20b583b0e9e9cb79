//! Where conversations are kept.
//!
//! A store answers for one caller at a time: everything it is asked comes with the caller's
//! context, and what belongs to somebody else does not exist.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::protocol::{Order, Page, ThreadItem, ThreadMetadata};

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

    /// Begins a turn: keeps the thread if it is new, and the user's item, in one commit. When it
    /// returns, both survive a crash. It may refuse, for instance because the user sends too much;
    /// then nothing is kept.
    fn begin_turn(
        &self,
        context: &Self::Context,
        start: TurnStart<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

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
}

/// What a turn begins with.
#[derive(Clone, Copy, Debug)]
pub struct TurnStart<'a> {
    /// The conversation.
    pub thread: &'a ThreadMetadata,
    /// Whether it is to be made first.
    pub is_new: bool,
    /// What the user sent, if the turn answers a message.
    pub item: Option<&'a ThreadItem>,
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
