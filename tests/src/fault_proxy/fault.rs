//! What can go wrong with a call, and the API server's words for it.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Call, Moment, Note};

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with an error and not applied.
    Refuse(Refusal),
    /// Its connection breaks before the API server has seen it.
    Reset,
    /// It is applied, and its connection breaks before the answer.
    ApplyAndReset,
    /// It is applied and never answered: whoever asked has to give up.
    ApplyAndSilence,
    /// The API server gets it that much later.
    Delay(Duration),
    /// A watch that begins, and says at once that its version is too old.
    WatchExpired,
    /// A watch that begins, and never says anything.
    WatchSilent,
}

/// An error that the API server answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 409: somebody else has changed it.
    Conflict,
    /// 409: there is one of this name.
    AlreadyExists,
    /// 410: that version is forgotten.
    Gone,
    /// 429, with so many seconds in `Retry-After`.
    TooManyRequests {
        /// The seconds.
        retry_after: u32,
    },
    /// 500.
    Internal,
    /// 503, as from a server that is about to stop.
    Unavailable,
    /// 403, as RBAC says it.
    Forbidden,
}

impl Refusal {
    /// Its status code.
    pub fn code(self) -> StatusCode {
        match self {
            Self::Conflict | Self::AlreadyExists => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Forbidden => StatusCode::FORBIDDEN,
        }
    }

    /// The `Status` object that the API server would send.
    pub fn body(self, call: &Call) -> Value {
        let Call { name, group, resource, .. } = call;
        let dot = if group.is_empty() { "" } else { "." };
        let kind = format!("{resource}{dot}{group}");
        let (reason, message) = match self {
            Self::Conflict => (
                "Conflict",
                format!(
                    "Operation cannot be fulfilled on {kind} {name:?}: the object has been modified; \
                     please apply your changes to the latest version and try again"
                ),
            ),
            Self::AlreadyExists => ("AlreadyExists", format!("{kind} {name:?} already exists")),
            Self::Gone => ("Expired", "too old resource version: 1 (2)".to_owned()),
            Self::TooManyRequests { .. } => (
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later"
                    .to_owned(),
            ),
            Self::Internal => {
                ("InternalError", "Internal error occurred: a fault was injected".to_owned())
            }
            Self::Unavailable => (
                "ServiceUnavailable",
                "the server is currently unable to handle the request".to_owned(),
            ),
            Self::Forbidden => ("Forbidden", forbidden(&kind, call)),
        };
        let mut details = json!({"name": name, "group": group, "kind": resource});
        if let Self::TooManyRequests { retry_after } = self {
            details["retryAfterSeconds"] = retry_after.into();
        }
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "details": details, "code": self.code().as_u16(),
        })
    }
}

fn forbidden(kind: &str, call: &Call) -> String {
    let Call { verb, group, resource, namespace, name, .. } = call;
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {namespace:?}")
    };
    let verb = verb.name().rsplit('-').next().unwrap_or_default();
    format!(
        "{kind} {name:?} is forbidden: User \"todochat-operator\" cannot {verb} resource {resource:?} in API \
         group {group:?} {place}"
    )
}

/// What the plan has for a call.
#[derive(Debug)]
pub(super) enum Action {
    Fault(Fault),
    Hold(Hold),
}

/// A call waits for the test.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) moment: Moment,
    pub(super) reach: oneshot::Sender<Note>,
    pub(super) decided: oneshot::Receiver<Decision>,
}

/// What the test decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    GoOn,
    Lose,
}

impl Hold {
    /// Tells the test, and waits for it. A test that is gone has lost the call.
    pub(super) async fn wait(self, note: Note) -> Decision {
        _ = self.reach.send(note);
        self.decided.await.unwrap_or(Decision::Lose)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    #[test]
    fn refusals_read_like_the_servers_own() {
        let path = "/apis/todochat.dev/v1alpha1/namespaces/a/todochats/b/status".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/apply-patch+yaml".parse().unwrap());
        let call = Call::read(&Method::PATCH, &path, &headers);
        let body = Refusal::Forbidden.body(&call);
        assert_eq!(
            body["message"],
            "todochats.todochat.dev \"b\" is forbidden: User \"todochat-operator\" cannot patch resource \
             \"todochats\" in API group \"todochat.dev\" in the namespace \"a\""
        );
        let busy = Refusal::TooManyRequests { retry_after: 3 }.body(&call);
        assert_eq!(
            (&busy["code"], &busy["details"]["retryAfterSeconds"]),
            (&json!(429), &json!(3))
        );
    }
}
