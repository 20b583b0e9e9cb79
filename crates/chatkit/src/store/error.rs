//! Why a store did not do what it was asked.

use std::time::Duration;

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
