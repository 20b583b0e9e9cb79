//! The route table of the public listener, in reading order.

use axum::{Router, extract::DefaultBodyLimit};

use crate::{accounts, api, attachments, chatkit, config_json, state::AppState, web};

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// Everything that is served to people, browsers and scripts.
pub fn router(state: AppState) -> Router {
    let ui = state.settings.chat_ui;
    let largest_file = state.attachments.as_ref().map_or(0, |files| files.rules().max_size);
    Router::new()
        .merge(chatkit::router()) //     POST /api/chatkit, GET /api/chatkit/{threads,turns}/…
        .merge(attachments::router(largest_file)) // /api/chatkit/attachments …
        .merge(api::chat::router()) //   POST /api/chat
        .merge(accounts::router()) //    /api/auth/*, /.well-known/jwks.json
        .merge(api::tasks::router()) //  /api/tasks, /api/tasks/{id} …
        .merge(api::events::router()) // GET  /api/events
        .merge(api::openapi::router()) // GET  /api/openapi.json
        .merge(config_json::router()) // GET  /config.json
        .merge(web::router(ui)) //       the pages, /assets/*, /chatkit.js, and all that is unknown
        .method_not_allowed_fallback(web::method_not_allowed)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(state)
}
