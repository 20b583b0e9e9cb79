//! What can go wrong when the API server is asked for something, and what is to be done about it.

use std::time::Duration;

use serde_json::Value;

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

/// An answer that is an error: its code, its header Retry-After, its body if that is JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    /// The verb of RBAC that was used.
    pub(crate) verb: &'a str,
    /// The kind, in the plural.
    pub(crate) kind: &'a str,
    /// The status code.
    pub(crate) code: u16,
    /// The pause that it asks for.
    pub(crate) retry_after: Option<Duration>,
    /// The body: a `Status` where all is well.
    pub(crate) status: &'a Value,
}

/// A pause when none was named.
const PAUSE: Duration = Duration::from_secs(1);

/// How much of the server's words is kept, in characters.
const LONGEST_MESSAGE: usize = 512;

impl From<Answer<'_>> for ApiError {
    fn from(answer: Answer<'_>) -> Self {
        match answer.code {
            403 if answer.has_cause("NamespaceTerminating") => Self::NamespaceEnding,
            403 => answer.forbidden(),
            404 if answer.status["details"]["kind"] == "namespaces" => Self::NamespaceEnding,
            404 if answer.status["details"]["name"].is_string() => Self::Missing,
            404 => Self::NoSuchKind { kind: answer.kind.to_owned() },
            409 => Self::Conflict,
            429 => Self::Throttled { after: answer.pause() },
            400..500 => Self::Refused { by: Denial::Invalid, message: answer.message() },
            code => Self::Unavailable { code },
        }
    }
}

impl Answer<'_> {
    fn has_cause(&self, reason: &str) -> bool {
        let causes = self.status["details"]["causes"].as_array();
        causes.is_some_and(|causes| causes.iter().any(|cause| cause["reason"] == reason))
    }

    fn pause(&self) -> Duration {
        let said = self.status["details"]["retryAfterSeconds"].as_u64().map(Duration::from_secs);
        self.retry_after.or(said).unwrap_or(PAUSE)
    }

    /// What was said. Of Secrets only the reason: what was sent is not to come back in a message.
    fn message(&self) -> String {
        let said = if self.kind == "secrets" { "reason" } else { "message" };
        let said = self.status[said].as_str().filter(|said| !said.is_empty());
        let whole = said.map(|said| said.chars().take(LONGEST_MESSAGE).collect());
        let causes = if self.kind == "secrets" { None } else { self.causes() };
        causes.or(whole).unwrap_or_else(|| format!("the API server answered with {}", self.code))
    }

    /// Which fields are not valid and why. The values, which may be a whole pod template, are left out.
    fn causes(&self) -> Option<String> {
        let causes = self.status["details"]["causes"].as_array()?;
        let told = causes.iter().filter_map(|cause| {
            let (field, why) = (cause["field"].as_str()?, cause["message"].as_str()?);
            Some(format!("{field}: {}", why.rsplit(": ").next().unwrap_or(why)))
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join("; ").chars().take(LONGEST_MESSAGE).collect())
    }

    /// A 403 is either about rights or, by the same code, what some admission plugin thinks of the object.
    fn forbidden(&self) -> ApiError {
        let said = self.status["message"].as_str().unwrap_or_default();
        let by = if said.contains("exceeded quota") || said.contains("failed quota") {
            Denial::Quota
        } else if said.contains("violates PodSecurity") {
            Denial::PodSecurity
        } else if said.contains("denied request") || said.contains("denied the request") {
            Denial::Policy
        } else {
            let verb = said.split_once(" cannot ").and_then(|(_, rest)| rest.split(' ').next());
            let verb = verb.unwrap_or(self.verb).to_owned();
            return ApiError::Forbidden { verb, kind: self.kind.to_owned() };
        };
        let message = if by == Denial::Policy { self.message() } else { said.to_owned() };
        ApiError::Refused { by, message }
    }
}

#[cfg(test)]
mod tests;
