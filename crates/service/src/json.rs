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

/// A request body read as JSON, or a value answered as JSON.
///
/// As an extractor: 400 when the body is no JSON or of another shape, with a message that says
/// where; 413 over the limit (axum's `DefaultBodyLimit`); 408 when it does not arrive in time. The
/// content type is not looked at, since the endpoints that take JSON take nothing else.
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

/// Reads `bytes` as one JSON value of the shape `T`, or says what is wrong with them.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        refused(error.inner(), &path)
    })?;
    json.end().map_err(|error| refused(&error, "."))?;
    Ok(value)
}

fn refused(error: &serde_json::Error, path: &str) -> ApiError {
    let (code, what) = if error.is_data() {
        ("invalid_request", "The body has the wrong shape")
    } else {
        ("invalid_json", "The body is not JSON")
    };
    let message = match path {
        "." | "?" => format!("{what}: {error}"),
        path => format!("{what}: {path}: {error}"),
    };
    ApiError::bad_request(code, "").with_message(message)
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
    async fn a_wrong_type_is_named_with_its_place() {
        assert_eq!(
            refusal(r#"{"title": "x", "tags": ["a", 5]}"#).await,
            (
                400,
                "The body has the wrong shape: tags[1]: invalid type: integer `5`, \
                 expected a string at line 1 column 30"
                    .to_owned()
            )
        );
    }

    #[tokio::test]
    async fn what_is_not_json_says_so() {
        for body in ["", "{", "nonsense", r#"{"title": "x", "tags": []} more"#, "\u{0}"] {
            let (status, message) = refusal(body).await;
            assert_eq!(status, 400, "{body:?}");
            assert!(message.starts_with("The body is not JSON: "), "{body:?}: {message}");
        }
        let (status, _) = refusal(&b"{\"title\": \"\xff\"}"[..]).await;
        assert_eq!(status, 400);
    }

    #[tokio::test]
    async fn a_large_wrong_value_is_not_sent_back() {
        let (status, message) = refusal(format!(r#"{{"tags": "{}"}}"#, "x".repeat(1_900))).await;
        assert_eq!(status, 400);
        assert!(message.len() < 400, "{message}");
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
