//! Whom a turn is for: what the ChatKit server hands through to the store and the responder.

use std::sync::{Arc, OnceLock};

use todochat_auth::UserId;

use crate::agent::AgentError;

/// Who is asking, and a place to say how the answer failed.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The proven user.
    pub user: UserId,
    /// Set once, when the answer fails; `POST /api/chat` turns it into a status.
    pub failure: Arc<OnceLock<Failure>>,
}

impl Caller {
    /// A caller whose answer has not failed.
    pub fn new(user: UserId) -> Self {
        Self { user, failure: Arc::default() }
    }
}

/// How an answer failed, as far as a status tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The model or the tools are not there.
    Unavailable,
    /// It took too long.
    TimedOut,
}

impl From<&AgentError> for Failure {
    fn from(error: &AgentError) -> Self {
        match error {
            AgentError::ModelTimeout | AgentError::ModelStalled | AgentError::OutOfTime => {
                Self::TimedOut
            }
            AgentError::ModelUnavailable { .. }
            | AgentError::ModelCutOff { .. }
            | AgentError::ModelFailed { .. }
            | AgentError::ToolsUnavailable { .. } => Self::Unavailable,
        }
    }
}
