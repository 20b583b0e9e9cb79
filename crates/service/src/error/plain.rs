//! Errors that a framework answered in plain text, brought into the one shape.
//!
//! Routers and extractors that are not ours answer a wrong method, an unreadable query or a missing
//! route with an empty or a plain-text body. Clients parse one error format; so these are rewritten.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use super::ApiError;

/// Longer plain texts are not explanations.
const LONGEST_TEXT: usize = 1_024;

/// Rewrites an error without a body of its own kind; every other response passes untouched.
pub(crate) async fn reshape(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || has_a_format(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let (ours, body) = error_for(status, text(body).await).into_response().into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.extend(ours.headers);
    Response::from_parts(head, body)
}

fn has_a_format(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return false;
    };
    !kind.as_bytes().starts_with(b"text/plain")
}

async fn text(body: Body) -> Option<String> {
    let bytes = Limited::new(body, LONGEST_TEXT).collect().await.ok()?.to_bytes();
    let text = std::str::from_utf8(&bytes).ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a client did wrong may be told to it; what went wrong here may not.
fn error_for(status: StatusCode, text: Option<String>) -> ApiError {
    let error = match status {
        StatusCode::UNAUTHORIZED => return ApiError::unauthorized(),
        StatusCode::NOT_FOUND => return ApiError::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => return ApiError::too_large(),
        StatusCode::METHOD_NOT_ALLOWED => {
            ApiError::new(status, "method_not_allowed", "This method is not offered here.")
        }
        _ if status.is_client_error() => {
            ApiError::new(status, "bad_request", "The request cannot be read.")
        }
        _ => {
            return ApiError { status, ..ApiError::internal() };
        }
    };
    match text {
        Some(text) => error.with_message(text),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use http::header::ALLOW;

    use super::*;

    async fn reshaped(response: Response) -> (StatusCode, String) {
        let response = reshape(response).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_plain_refusal_keeps_its_status_and_text() {
        let plain = (StatusCode::BAD_REQUEST, "limit: not a number").into_response();
        let (status, body) = reshaped(plain).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            body,
            r#"{"error":{"code":"bad_request","message":"limit: not a number","request_id":null}}"#
        );
    }

    #[tokio::test]
    async fn a_wrong_method_keeps_the_list_of_right_ones() {
        let plain = (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET,HEAD")], ()).into_response();
        let response = reshape(plain).await;
        assert_eq!(response.headers()[ALLOW], "GET,HEAD");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    }

    #[tokio::test]
    async fn a_plain_failure_of_ours_says_nothing() {
        let plain = (StatusCode::BAD_GATEWAY, "10.0.0.3 refused").into_response();
        let (status, body) = reshaped(plain).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert!(!body.contains("10.0.0.3"), "{body}");
    }

    #[tokio::test]
    async fn pages_and_successes_pass_untouched() {
        let page = (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/html")], "<h1>?</h1>");
        assert_eq!(reshaped(page.into_response()).await.1, "<h1>?</h1>");
        assert_eq!(reshaped("fine".into_response()).await.1, "fine");
    }
}
