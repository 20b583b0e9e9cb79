//! The answer to a path or method that no router knows.
//!
//! A person's browser gets the web app, which says that the page does not exist; a program gets the
//! same JSON error as everywhere. What looks like an endpoint is answered as one, whoever asks.

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use todochat_service::ApiError;

/// Paths below which a browser, too, is asking for data. Health and metrics are on the admin
/// listener; here they must not look as if they were answered.
const ENDPOINTS: [&str; 6] = ["/api", "/assets", "/.well-known", "/metrics", "/livez", "/readyz"];

/// 404: `page` for a browser that looks for a page, a JSON error for all others.
pub(super) fn not_found(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    page: Response,
) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    if !reads || is_endpoint(path) || !accepts_html(headers) {
        return ApiError::not_found().into_response();
    }
    let mut page = page;
    // A page from the cache would come back as 200.
    page.headers_mut().remove(header::ETAG);
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *page.status_mut() = StatusCode::NOT_FOUND;
    page
}

/// 405, for `Router::method_not_allowed_fallback` of the whole server; axum adds `Allow`.
pub async fn method_not_allowed() -> Response {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take this method.",
    )
    .into_response()
}

fn is_endpoint(path: &str) -> bool {
    ENDPOINTS.iter().any(|endpoint| {
        path.strip_prefix(endpoint).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}
