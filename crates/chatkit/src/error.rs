//! What is answered instead of a stream or a value.

use std::borrow::Cow;
use std::time::Duration;

use crate::StoreError;

/// A refusal before anything was sent: an HTTP status, a code for programs and a sentence for
/// people. Once a stream has begun, failures are `error` events instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    status: u16,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    /// The turn that answered the same request before.
    repeats: Option<String>,
}

impl Error {
    /// A refusal of the caller's own.
    pub fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, repeats: None }
    }

    /// The HTTP status to answer with.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The code, such as `empty_message`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// When to try again, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }

    /// The turn that answered the same request before, if that is why it was refused.
    pub(crate) fn repeats(&self) -> Option<&str> {
        self.repeats.as_deref()
    }

    /// The body is not acceptable JSON.
    pub(crate) fn invalid_json(message: &'static str) -> Self {
        Self::new(400, "invalid_json", message)
    }

    /// The body is JSON, but not a request.
    pub(crate) fn invalid_request(message: &'static str) -> Self {
        Self::new(400, "invalid_request", message)
    }

    /// Whatever was named does not exist for this caller. One answer for all, so that it does not
    /// tell what exists for others.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "there is no such thread or item")
    }

    /// The operation needs something that this server was not given.
    pub fn not_configured() -> Self {
        Self::new(501, "not_configured", "this server is not set up for that")
    }

    /// What is asked does not fit the state of things.
    pub(crate) fn conflict(code: &'static str, message: &'static str) -> Self {
        Self::new(409, code, message)
    }

    /// A request that breaks a rule.
    pub(crate) fn unprocessable(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(422, code, message)
    }
}

impl From<StoreError> for Error {
    /// The cause of a failure goes to the log, not to the client.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Refused { status, code, message, retry_after } => {
                Self::new(status, code, message).with_retry_after(retry_after)
            }
            StoreError::Busy => Self::conflict(
                "thread_busy",
                "the conversation's last message is still being answered",
            ),
            StoreError::Repeated { turn_id } => Self {
                repeats: Some(turn_id),
                ..Self::conflict("repeated", "the request was answered before")
            },
            // Only a turn that runs can be lost; it tells its reader itself.
            StoreError::Lost => Self::conflict("turn_lost", "the turn is another server's"),
            StoreError::Failed(source) => {
                tracing::error!(error = %crate::store::chain(&*source), "The store failed");
                Self::new(500, "internal", "something went wrong here")
            }
        }
    }
}
