//! Turns as a store has them: who runs one, what it changes, how it ended.

use crate::protocol::{ErrorEvent, ThreadItem, ThreadMetadata};

/// The right to write in a running turn. A store that takes the turn away refuses what comes with
/// an older fence, however late it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnLease {
    /// The turn, `trn_…`.
    pub turn_id: String,
    /// The conversation it belongs to.
    pub thread_id: String,
    /// Which holder of the turn this is.
    pub fence: i64,
}

/// A turn that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The right to write in it.
    pub turn: TurnLease,
    /// The conversation as it is in the commit that began the turn: another turn may have changed
    /// it since it was read.
    pub thread: ThreadMetadata,
}

/// One change that a running turn makes.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// As [`Store::add_item`](crate::Store::add_item).
    Add(&'a ThreadItem),
    /// The same for an item that is not done yet: what there is of it, should the server die.
    Checkpoint(&'a ThreadItem),
    /// As [`Store::save_item`](crate::Store::save_item).
    Save(&'a ThreadItem),
    /// As [`Store::delete_item`](crate::Store::delete_item).
    Delete(&'a str),
    /// As [`Store::save_thread`](crate::Store::save_thread).
    Thread(&'a ThreadMetadata),
}

/// How far a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnState {
    /// It is being answered.
    Running,
    /// It came to its end.
    Done,
    /// It ended with an error.
    Failed,
    /// Nobody wanted the answer any more.
    Cancelled,
    /// The server that ran it stopped or died.
    Interrupted,
}

impl TurnState {
    /// The word for it, for columns and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The inverse.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Running, Self::Done, Self::Failed, Self::Cancelled, Self::Interrupted];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

/// How a turn ended.
#[derive(Clone, Debug)]
pub struct TurnEnd {
    /// Not [`TurnState::Running`].
    pub state: TurnState,
    /// What the client was told of a failure.
    pub error: Option<ErrorEvent>,
}

/// A turn as it is kept.
#[derive(Clone, Debug)]
pub struct KeptTurn {
    /// Its id.
    pub turn_id: String,
    /// Its conversation.
    pub thread: ThreadMetadata,
    /// Whether the conversation began with it.
    pub is_new: bool,
    /// How far it is.
    pub state: TurnState,
    /// The error it ended with.
    pub error: Option<ErrorEvent>,
    /// Its items without hidden ones, the user's first; of a running turn as far as they were kept.
    pub items: Vec<ThreadItem>,
}

/// What a client is told, in its own words, of a turn that its server did not end.
pub(crate) fn interruption() -> ErrorEvent {
    ErrorEvent { code: crate::protocol::ErrorCode::StreamError, message: None, allow_retry: true }
}
