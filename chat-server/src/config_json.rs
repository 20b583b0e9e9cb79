//! What the web app is told before anybody has signed in.

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use http::header;
use serde_json::{Value, json};
use todochat_service::json::Json;

use crate::{app::MOST_FILES, attachments::MediaType, state::AppState};

/// `GET /config.json`.
pub fn router() -> Router<AppState> {
    Router::new().route("/config.json", get(config))
}

/// What a panel lets people choose; nothing when files are off.
fn attachments(state: &AppState) -> Option<Value> {
    let rules = state.attachments.as_ref()?.rules();
    let types: Vec<&str> = rules.types.iter().map(MediaType::as_str).collect();
    Some(json!({
        "max_size": rules.max_size,
        "max_count": MOST_FILES,
        "types": types,
    }))
}

async fn config(State(state): State<AppState>) -> impl IntoResponse {
    let settings = &state.settings;
    let config = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "llm_mode": settings.llm_mode_word(),
        "signup": settings.signup.as_str(),
        "builtin_accounts": settings.builtin_accounts,
        "chat": {
            "ui": settings.chat_ui.as_str(),
            "script": settings.chat_ui.script(),
            "url": "/api/chatkit",
            "attachments": attachments(&state),
            "dictation": settings.dictation,
        },
    });
    ([(header::CACHE_CONTROL, "no-cache")], Json(config))
}
