//! What can be wrong with a request, and with the database under it.

use crate::Task;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// No such task, or somebody else's: the two are one.
    #[error("there is no such task")]
    NotFound,
    /// Two or more tasks are meant equally well; they are given, at most 200.
    #[error("several tasks match")]
    Ambiguous(Vec<Task>),
    /// A rule of the domain.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The caller has not seen the last change.
    #[error("the task has changed since")]
    Conflict {
        /// The task as it is now.
        current: Box<Task>,
    },
    /// No change is left that could be taken back.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// The database failed; nothing was changed.
    #[error("the task store failed")]
    Database(#[from] todochat_database::Error),
}

impl From<sqlx::Error> for TaskError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A value that no task may have. The text is a sentence for the user, without its full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nothing to be seen in the title.
    #[error("The title is empty")]
    TitleEmpty,
    /// The title is over 255 characters.
    #[error("The title is longer than 255 characters")]
    TitleTooLong,
    /// The title has a line break or another control character in it.
    #[error("The title must be one line without control characters")]
    TitleControl,
    /// The description is over 10,000 characters.
    #[error("The description is longer than 10,000 characters")]
    DescriptionTooLong,
    /// The description has a NUL character in it.
    #[error("The description has a NUL character in it")]
    DescriptionNul,
    /// A cursor that is not one of ours, or belongs to another list.
    #[error("The cursor does not belong to this list")]
    Cursor,
    /// The key of a tool call is empty, too long, or has control characters in it.
    #[error("The key of the call is not 1 to 200 plain characters")]
    CallKey,
    /// The key of a tool call was used for another call.
    #[error("The key of the call was used for another call")]
    CallKeyReused,
}
