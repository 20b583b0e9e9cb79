//! What can go wrong when the API server is asked for something, and what is to be done about it.

mod answer;

use std::time::Duration;

pub(crate) use self::answer::Answer;

/// Why the API server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The operator's account may not do it.
    #[error(
        "the operator's account may not {verb} {kind}: compare its rights with `todochat-operator rbac`"
    )]
    Forbidden {
        /// What it may not do, as it stands in RBAC.
        verb: String,
        /// With which resource, as it stands in RBAC, e.g. `deployments`.
        kind: String,
    },
    /// There is no such object.
    #[error("there is no such object")]
    Missing,
    /// The cluster does not have the kind.
    #[error("the cluster has no {kind}")]
    NoSuchKind {
        /// The kind, in the plural.
        kind: String,
    },
    /// The namespace is being deleted, or is gone.
    #[error("the namespace is being deleted")]
    NamespaceEnding,
    /// The object is not, or not any more, what it was taken for.
    #[error("the object has changed meanwhile")]
    Conflict,
    /// The API server looked at it and said no: the same will be refused again.
    #[error("{message}")]
    Refused {
        /// By what.
        by: Denial,
        /// Its words.
        message: String,
    },
    /// The API server has too much to do.
    #[error("the API server asks for a pause")]
    Throttled {
        /// For how long.
        after: Duration,
    },
    /// The API server is not well.
    #[error("the API server answered with {code}")]
    Unavailable {
        /// The status code.
        code: u16,
    },
    /// No answer came in time. It may have been done all the same.
    #[error("the API server did not answer in time")]
    TimedOut,
    /// The API server cannot be reached, or hung up.
    #[error("the API server cannot be reached")]
    Unreachable(#[source] Box<kube::Error>),
    /// The answer is not JSON.
    #[error("the API server's answer cannot be read")]
    Garbled,
    /// Another process may lead by now: nothing was sent.
    #[error("this process does not lead")]
    NotLeading,
}

/// What said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// A quota.
    Quota,
    /// The Pod Security Standard of the namespace.
    PodSecurity,
    /// An admission policy or webhook.
    Policy,
    /// The API server itself: the object is not valid, or a field of it cannot be changed.
    Invalid,
}

/// What is to be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Try again, later each time.
    Transient,
    /// Look again, at once.
    Conflict,
    /// Try again after this long.
    Throttled(Duration),
    /// Try again when somebody has given the right.
    Forbidden,
    /// Try again when something else has happened.
    Waiting,
    /// The same will fail again: tell, and try again when the object has changed.
    Terminal,
}

impl Class {
    /// As a label of a metric.
    pub fn label(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Conflict => "conflict",
            Self::Throttled(_) => "throttled",
            Self::Forbidden => "forbidden",
            Self::Waiting => "waiting",
            Self::Terminal => "terminal",
        }
    }
}

impl ApiError {
    /// What is to be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Forbidden { .. } => Class::Forbidden,
            Self::Missing | Self::Conflict => Class::Conflict,
            Self::NoSuchKind { .. } | Self::NamespaceEnding => Class::Waiting,
            Self::Refused { .. } => Class::Terminal,
            Self::Throttled { after } => Class::Throttled(*after),
            Self::Unavailable { .. }
            | Self::TimedOut
            | Self::Unreachable(_)
            | Self::Garbled
            | Self::NotLeading => Class::Transient,
        }
    }

    /// Why, in one word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "Forbidden",
            Self::Missing | Self::Conflict => "Conflict",
            Self::NoSuchKind { .. } => "UnsupportedByCluster",
            Self::NamespaceEnding => "NamespaceTerminating",
            Self::Refused { by: Denial::Quota, .. } => "QuotaExceeded",
            Self::Refused { by: Denial::PodSecurity, .. } => "PodSecurityDenied",
            Self::Refused { by: Denial::Policy, .. } => "PolicyDenied",
            Self::Refused { by: Denial::Invalid, .. } => "Invalid",
            Self::Throttled { .. } => "Throttled",
            Self::Unavailable { .. } | Self::Garbled => "Unavailable",
            Self::TimedOut => "TimedOut",
            Self::Unreachable(_) => "Unreachable",
            Self::NotLeading => "NotLeading",
        }
    }
}

impl ApiError {
    /// What went wrong when the client was asked itself.
    pub(crate) fn of_client(verb: &str, kind: &str, error: kube::Error) -> Self {
        let kube::Error::Api(said) = error else { return Self::Unreachable(Box::new(error)) };
        let status = &serde_json::to_value(&*said).unwrap_or_default();
        Answer { verb, kind, code: said.code, retry_after: None, status }.into()
    }
}

#[cfg(test)]
mod tests;
