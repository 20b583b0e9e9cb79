//! JSON in and out, with refusals in the one error shape.

use std::error::Error;

use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ApiError;
use crate::listener::BodyTimedOut;

const NOT_JSON: &str = "The body is not JSON that can be read.";
const WRONG_SHAPE: &str = "A field of the body is missing, comes twice or is of the wrong type.";

/// A request body read as JSON, or a value answered as JSON.
///
/// As an extractor: 400 when the body is no JSON or of another shape, with a sentence that says
/// which and repeats nothing of it; 413 over the limit (axum's `DefaultBodyLimit`); 408 when it does
/// not arrive in time. The content type is not looked at, since the endpoints that take JSON take
/// nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Whole(bytes) = Whole::from_request(request, state).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body as it came, for endpoints with a parser of their own; refuses as [`Json`] does.
#[derive(Clone, Debug)]
pub struct Whole(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Bytes::from_request(request, state).await.map(Self).map_err(|refusal| unread(&refusal))
    }
}

/// Reads `bytes` as one JSON value of the shape `T`, or says that they are not.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| refused(error.inner(), &error.path().to_string()))?;
    json.end().map_err(|error| refused(&error, "."))?;
    Ok(value)
}

/// The log is told more than the client, but not what was found: it may be a password.
fn refused(error: &serde_json::Error, place: &str) -> ApiError {
    if !error.is_data() {
        tracing::debug!(%error, "A body is not JSON");
        return ApiError::bad_request("invalid_json", NOT_JSON);
    }
    let words = error.to_string();
    let wanted = words.rsplit_once(", expected ").map_or(words.as_str(), |(_, wanted)| wanted);
    tracing::debug!(place, wanted, "A body has the wrong shape");
    ApiError::bad_request("invalid_request", WRONG_SHAPE)
}

fn unread(refusal: &BytesRejection) -> ApiError {
    if let BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) = refusal {
        return ApiError::too_large();
    }
    if caused_by_time_out(refusal) {
        return ApiError::body_timed_out();
    }
    ApiError::bad_request("unreadable_body", "The body of the request could not be read.")
}

fn caused_by_time_out(error: &(dyn Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.any(<dyn Error>::is::<BodyTimedOut>)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use http::StatusCode;
    use http_body_util::BodyExt as _;
    use serde::Deserialize;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    #[derive(Deserialize, Serialize)]
    struct Task {
        title: String,
        tags: Vec<String>,
    }

    async fn send(body: impl Into<Body>) -> (StatusCode, Value) {
        let router = Router::new()
            .route("/", post(async |Json(task): Json<Task>| Json(task)))
            .layer(DefaultBodyLimit::max(2_000));
        let request = Request::post("/").body(body.into()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn refusal(body: impl Into<Body>) -> (u16, String) {
        let (status, body) = send(body).await;
        (status.as_u16(), body["error"]["message"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn json_is_read_and_written_whatever_the_content_type() {
        let (status, body) = send(r#"{"title": "x", "tags": []}"#).await;
        assert_eq!((status.as_u16(), &body["title"]), (200, &Value::from("x")));
    }

    #[tokio::test]
    async fn the_wrong_shape_is_refused_and_not_sent_back() {
        for body in [
            r#"{"title": "x", "tags": ["a", 5]}"#,
            r#"{"title": "x", "tags": "secret"}"#,
            r#"{"secret": "x"}"#,
            r#"{"title": "x", "title": "y", "tags": []}"#,
            r#""secret""#,
            "[]",
        ] {
            assert_eq!(refusal(body).await, (400, WRONG_SHAPE.to_owned()), "{body}");
        }
    }

    #[tokio::test]
    async fn what_is_not_json_says_so() {
        for body in ["", "{", "nonsense", r#"{"title": "x", "tags": []} more"#, "\u{0}"] {
            assert_eq!(refusal(body).await, (400, NOT_JSON.to_owned()), "{body:?}");
        }
        assert_eq!(refusal(&b"{\"title\": \"\xff\"}"[..]).await, (400, NOT_JSON.to_owned()));
    }

    #[tokio::test]
    async fn deep_nesting_is_refused() {
        let router = Router::new().route("/", post(async |Json(value): Json<Value>| Json(value)));
        let body = "[".repeat(500) + &"]".repeat(500);
        let response = router.oneshot(Request::post("/").body(Body::from(body)).unwrap());
        assert_eq!(response.await.unwrap().status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_too_large() {
        assert_eq!(refusal("x".repeat(2_001)).await.0, 413);
    }
}
