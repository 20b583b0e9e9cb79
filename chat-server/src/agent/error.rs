//! How an answer fails, in words for the person it was meant for.

use std::error::Error;

use super::model::ModelError;

/// Why an answer ended early. `Display` is for the log, [`sentence`](Self::sentence) for people.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The model could not be reached or refused.
    #[error("the model is unavailable")]
    ModelUnavailable {
        /// What happened.
        source: ModelError,
    },
    /// The model's first byte took too long.
    #[error("the model did not begin to answer in time")]
    ModelTimeout,
    /// The model began and then fell silent.
    #[error("the model stopped answering")]
    ModelStalled,
    /// The model's answer ended in the middle.
    #[error("the model's answer was cut off")]
    ModelCutOff {
        /// How it ended.
        source: ModelError,
    },
    /// The model reported an error in the middle of its answer.
    #[error("the model failed")]
    ModelFailed {
        /// What it reported.
        source: ModelError,
    },
    /// The tools could not be listed.
    #[error("the tools are unavailable")]
    ToolsUnavailable {
        /// What happened.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The whole answer took too long.
    #[error("the answer took too long")]
    OutOfTime,
}

impl AgentError {
    /// What the person is told.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::ModelUnavailable { .. } => {
                "The language model cannot be reached at the moment. Please try again later."
            }
            Self::ModelTimeout => {
                "The language model took too long to begin its answer. Please try again."
            }
            Self::ModelStalled => {
                "The language model stopped in the middle of its answer. Please try again."
            }
            Self::ModelCutOff { .. } => {
                "The language model's answer was cut off. Please try again."
            }
            Self::ModelFailed { .. } => "The language model reported an error. Please try again.",
            Self::ToolsUnavailable { .. } => {
                "Your tasks cannot be reached at the moment. Please try again later."
            }
            Self::OutOfTime => "This took too long, so I stopped. What was done until then stands.",
        }
    }

    /// Whether asking again may help.
    pub fn allow_retry(&self) -> bool {
        match self {
            // 401, 403, 404 and the like are for whoever configured the model.
            Self::ModelUnavailable { source: ModelError::Refused { status, .. } } => {
                matches!(status, 408 | 409 | 425 | 429 | 500..)
            }
            _ => true,
        }
    }
}

impl From<ModelError> for AgentError {
    fn from(source: ModelError) -> Self {
        match source {
            ModelError::Unreachable { .. } | ModelError::Refused { .. } => {
                Self::ModelUnavailable { source }
            }
            ModelError::Failed { .. } => Self::ModelFailed { source },
            ModelError::CutOff { .. } => Self::ModelCutOff { source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_is_not_worth_a_retry_and_a_busy_model_is() {
        let refused = |status| {
            AgentError::from(ModelError::Refused { status, reason: String::new() }).allow_retry()
        };
        assert!(!refused(401));
        assert!(!refused(404));
        assert!(refused(429));
        assert!(refused(503));
    }
}
