//! An answer of the API server that is an error → what went wrong.

use std::time::Duration;

use serde_json::Value;

use super::{ApiError, Denial};

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
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// How much of the server's words is kept, in characters.
pub(super) const LONGEST_MESSAGE: usize = 512;

impl From<Answer<'_>> for ApiError {
    fn from(answer: Answer<'_>) -> Self {
        match answer.code {
            403 if answer.has_cause("NamespaceTerminating") => Self::NamespaceEnding,
            403 => answer.forbidden(),
            404 if answer.status["details"]["kind"] == "namespaces" => Self::NamespaceEnding,
            404 if answer.status["details"]["name"].is_string() => Self::Missing,
            404 => Self::NoSuchKind { kind: answer.kind.to_owned() },
            409 => Self::Conflict,
            422 if answer.is_about_another() => Self::Conflict,
            429 => Self::Throttled { after: answer.pause() },
            400..500 => Self::Refused { by: Denial::Invalid, message: answer.message() },
            code => Self::Unavailable { code },
        }
    }
}

impl Answer<'_> {
    fn has_cause(&self, reason: &str) -> bool {
        self.any_cause(|cause| cause["reason"] == reason)
    }

    /// The uid that was named is another one's: that is how server-side apply tells it, where others conflict.
    fn is_about_another(&self) -> bool {
        self.any_cause(|cause| cause["field"] == "metadata.uid")
    }

    fn any_cause(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.status["details"]["causes"].as_array().is_some_and(|causes| causes.iter().any(is))
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

    /// The verb and the kind of the right that is missing, if it is about rights.
    fn missing_right<'a>(&'a self, said: &'a str) -> Option<(&'a str, &'a str)> {
        match said.split_once(" cannot ") {
            _ if said.contains("set blockOwnerDeletion") => {
                Some(("update", "todochats/finalizers"))
            }
            Some((_, rest)) if rest.contains("resource \"") => {
                Some((rest.split(' ').next().unwrap_or(self.verb), self.kind))
            }
            _ => said.is_empty().then_some((self.verb, self.kind)),
        }
    }

    /// A 403 is either about rights or, by the same code, what some admission plugin thinks of the object.
    fn forbidden(&self) -> ApiError {
        let said = self.status["message"].as_str().unwrap_or_default();
        let by = if said.contains("exceeded quota") || said.contains("failed quota") {
            Denial::Quota
        } else if said.contains("violates PodSecurity") {
            Denial::PodSecurity
        } else if let Some((verb, kind)) = self.missing_right(said) {
            return ApiError::Forbidden { verb: verb.to_owned(), kind: kind.to_owned() };
        } else {
            Denial::Policy
        };
        let message = if by == Denial::Policy { self.message() } else { said.to_owned() };
        ApiError::Refused { by, message }
    }
}
