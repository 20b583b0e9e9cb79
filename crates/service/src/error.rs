//! The one shape in which a program tells a client what went wrong.

mod plain;

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

pub(crate) use plain::reshape;

use crate::request_id;

/// Longest message a client is sent, so that no message can carry a whole request back.
const LONGEST_MESSAGE: usize = 300;

/// An answer that is not a success: `{"error": {"code", "message", "request_id"}}`.
///
/// Codes and messages are constants, except where [`ApiError::with_message`] names a limit; nothing
/// of a request is repeated. Causes belong in the log: see [`ApiError::internal_because`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
}

impl ApiError {
    /// An answer with `status`, a stable machine-readable `code` and a sentence for people.
    pub const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message), retry_after: None }
    }

    /// 400: the request cannot be read as what this endpoint takes.
    pub const fn bad_request(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 401: always the same bytes, so that it is no oracle for what was wrong with a token.
    pub const fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "A valid access token is needed. Log in and try again.",
        )
    }

    /// 403: the caller is known and may not do this.
    pub const fn forbidden(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404: there is no such thing, or it belongs to somebody else; the two look the same.
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }

    /// 408: the body did not arrive in time.
    pub const fn body_timed_out() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The body of the request did not arrive in time.",
        )
    }

    /// 409: the request clashes with the state as it is.
    pub const fn conflict(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 413: the body is over the limit.
    pub const fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body of the request is too large.",
        )
    }

    /// 422: readable, but against a rule of the domain.
    pub const fn unprocessable(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 429 with `Retry-After`.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests. Wait a moment and try again.",
        )
        .with_retry_after(retry_after)
    }

    /// 500: our fault. Nothing about the cause is told to the client.
    pub const fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Try again.",
        )
    }

    /// 500 for `error`, which is logged here with its whole chain; `attempted` says what failed.
    pub fn internal_because(attempted: &'static str, error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "Could not {attempted}");
        Self::internal()
    }

    /// 501: known, and not offered as this server is set up.
    pub const fn not_implemented(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, code, message)
    }

    /// 503: something this needs is not there right now.
    pub const fn unavailable(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// 504: something this needs took too long.
    pub const fn gateway_timeout(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, code, message)
    }

    /// The same error with a message that is not known before, such as one with a limit in it; cut
    /// to a few hundred characters.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        self.message = Cow::Owned(message);
        self
    }

    /// The same error with a `Retry-After` header.
    #[must_use]
    pub fn with_retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code for programs.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn body(&self) -> Vec<u8> {
        let envelope = Envelope {
            error: Body {
                code: self.code,
                message: &self.message,
                request_id: request_id::current(),
            },
        };
        serde_json::to_vec(&envelope).expect("strings always serialise")
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    request_id: Option<String>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        response
    }
}

/// `Retry-After` knows whole seconds only; rounded up, so that a client that waits is let in.
fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    seconds.max(1)
}

/// An error and all its causes on one line, for the log.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, ": {error}").expect("writing into a String cannot fail");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    async fn body(response: Response) -> Value {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn an_error_is_one_json_object() {
        let response = ApiError::conflict("stale", "It changed meanwhile.").into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(
            body(response).await,
            json!({"error": {"code": "stale", "message": "It changed meanwhile.", "request_id": null}})
        );
    }

    #[test]
    fn unauthorized_names_the_scheme() {
        let response = ApiError::unauthorized().into_response();
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        for (wait, header) in [(0, "1"), (1, "1"), (2_000, "2"), (2_001, "3")] {
            let error = ApiError::too_many_requests(Duration::from_millis(wait));
            assert_eq!(error.into_response().headers()[RETRY_AFTER], header, "{wait} ms");
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let error = ApiError::bad_request("x", "").with_message("ä".repeat(1_000));
        assert_eq!(error.message(), format!("{}…", "ä".repeat(LONGEST_MESSAGE)));
    }

    #[test]
    fn a_chain_names_every_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("read the key")]
        struct Outer(#[source] std::io::Error);

        let error = Outer(std::io::Error::other("disk gone"));
        assert_eq!(chain(&error), "read the key: disk gone");
    }
}
