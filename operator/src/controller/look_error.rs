//! Why a look did not come to its end: one variant a step.

use crate::{
    api_error::{ApiError, Class, Denial},
    apply::ApplyError,
    conditions::{ConditionType, Refusal},
    status::Failure,
};

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookError {
    /// The first status of a new generation could not be written.
    #[error("could not announce the new generation")]
    Announce(#[source] ApiError),
    /// What the spec points at could not be read.
    #[error("could not read what the spec points at")]
    Dereference(#[source] ApiError),
    /// The finalizer could not be set or taken away.
    #[error("could not set the finalizers")]
    Protect(#[source] ApiError),
    /// The objects could not be brought about.
    #[error("could not bring its objects about")]
    Apply(#[source] ApplyError),
    /// The data could not be seen to before the object goes.
    #[error("could not see to its data")]
    Finalize(#[source] ApplyError),
    /// The status could not be written.
    #[error("could not write the status")]
    Status(#[source] ApiError),
}

impl LookError {
    /// What is to be done about it.
    pub(super) fn class(&self) -> Class {
        match self {
            Self::Announce(error)
            | Self::Dereference(error)
            | Self::Protect(error)
            | Self::Status(error) => error.class(),
            Self::Apply(error) | Self::Finalize(error) => error.class(),
        }
    }

    /// Its step, as it stands in metrics.
    pub(super) fn step(&self) -> &'static str {
        match self {
            Self::Announce(_) => "announce",
            Self::Dereference(_) => "dereference",
            Self::Protect(_) => "protect",
            Self::Apply(_) => "apply",
            Self::Finalize(_) => "finalize",
            Self::Status(_) => "status",
        }
    }

    /// As the status tells it. What the server refuses stays refused until somebody does something.
    pub(super) fn failure(&self) -> Failure {
        match (self, self.denial()) {
            (Self::Apply(error), Some(denial)) => Failure::Terminal(Refusal {
                condition: ConditionType::Accepted,
                reason: match denial {
                    Denial::Invalid => "OverrideRejected",
                    Denial::Quota | Denial::PodSecurity | Denial::Policy => "PolicyDenied",
                },
                message: error.message(),
            }),
            (Self::Apply(error) | Self::Finalize(error), _) => Failure::Transient(error.message()),
            (
                Self::Announce(error)
                | Self::Dereference(error)
                | Self::Protect(error)
                | Self::Status(error),
                _,
            ) => Failure::Transient(format!("{self}: {error}")),
        }
    }

    fn denial(&self) -> Option<Denial> {
        match self {
            Self::Apply(
                ApplyError::Read(_, ApiError::Refused { by, .. })
                | ApplyError::Write(_, ApiError::Refused { by, .. })
                | ApplyError::Delete(_, ApiError::Refused { by, .. }),
            ) => Some(*by),
            _ => None,
        }
    }
}
