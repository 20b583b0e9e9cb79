//! `GET /api/openapi.json`: the whole interface, for programs that read OpenAPI.
//!
//! `openapi.json` is written by hand. Tests hold it against `docs/api.md`, which is for people, and against a server that
//! runs: its methods, who needs a token, and what is answered.

use std::sync::LazyLock;

use axum::{Router, response::IntoResponse, routing::get};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::state::AppState;

/// Changes only with the program, whose version it tells.
static DESCRIPTION: LazyLock<Bytes> = LazyLock::new(|| {
    let text = include_str!("openapi.json");
    text.replacen("{version}", env!("CARGO_PKG_VERSION"), 1).into()
});

/// `GET /api/openapi.json`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/openapi.json", get(openapi))
}

async fn openapi() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, DESCRIPTION.clone())
}

#[cfg(test)]
mod tests;
