//! Tasks over REST: each handler is one transaction and one call into `todochat-tasks`, so the rules
//! are those of the tools.
//!
//! [`asked`] holds what may come in: ids, bodies, queries and `If-Match`.

mod asked;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use http::{StatusCode, header};
use todochat_auth::UserId;
use todochat_service::json::Json;
use todochat_tasks::{self as tasks, Page, Stamp, Summary, Task, Undone};

use self::asked::{Edited, IfMatch, Listed, NewBody, TaskId, Texts};
use super::refused::Refused;
use crate::state::AppState;

/// `/api/tasks` and everything under it.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/tasks", get(list).post(add))
        .route("/api/tasks/summary", get(summary))
        .route("/api/tasks/undo", post(undo))
        .route("/api/tasks/{id}", get(show).put(replace).patch(edit).delete(delete))
        .route("/api/tasks/{id}/complete", patch(complete))
        .route("/api/tasks/{id}/reopen", post(reopen))
        .route("/api/tasks/{id}/restore", post(restore))
}

/// A task, with its version as the `ETag` that `If-Match` is compared with.
struct Shown(Task);

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let version = format!("\"{}\"", self.0.version);
        ([(header::ETAG, version)], Json(self.0)).into_response()
    }
}

fn stamp(state: &AppState) -> Stamp {
    Stamp { now: state.clock.now(), change_id: state.ids.next("chg_") }
}

async fn list(
    State(state): State<AppState>,
    user: UserId,
    Listed(filter, page): Listed,
) -> Result<Json<Page>, Refused> {
    Ok(Json(tasks::list_of(&state.database, user.as_str(), &filter, &page).await?))
}

async fn summary(State(state): State<AppState>, user: UserId) -> Result<Json<Summary>, Refused> {
    let mut tx = state.database.read_as(user.as_str()).await?;
    Ok(Json(tasks::summary(&mut tx).await?))
}

async fn show(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
) -> Result<Shown, Refused> {
    let mut tx = state.database.read_as(user.as_str()).await?;
    Ok(Shown(tasks::get(&mut tx, &id).await?))
}

async fn add(
    State(state): State<AppState>,
    user: UserId,
    Json(body): Json<NewBody>,
) -> Result<Response, Refused> {
    let new = body.parse(state.ids.next("tsk_"))?;
    let mut tx = state.database.write_as(user.as_str()).await?;
    let task = tasks::add(&mut tx, new, stamp(&state)).await?;
    tx.commit().await?;
    let location = format!("/api/tasks/{}", task.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Shown(task)).into_response())
}

async fn replace(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
    if_match: IfMatch,
    Json(body): Json<Texts>,
) -> Result<Shown, Refused> {
    change(&state, &user, &id, if_match, body.into()).await
}

async fn edit(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
    if_match: IfMatch,
    Json(body): Json<Edited>,
) -> Result<Shown, Refused> {
    change(&state, &user, &id, if_match, body).await
}

async fn change(
    state: &AppState,
    user: &UserId,
    id: &str,
    if_match: IfMatch,
    body: Edited,
) -> Result<Shown, Refused> {
    let expected = if_match.0.or(body.version);
    let edit = body.parse()?;
    let mut tx = state.database.write_as(user.as_str()).await?;
    let task = tasks::update(&mut tx, id, edit, expected, stamp(state)).await?;
    tx.commit().await?;
    Ok(Shown(task))
}

async fn complete(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
    if_match: IfMatch,
) -> Result<Shown, Refused> {
    let mut tx = state.database.write_as(user.as_str()).await?;
    if_match.hold(&mut tx, &id).await?;
    let task = tasks::complete(&mut tx, &id, stamp(&state)).await?;
    tx.commit().await?;
    Ok(Shown(task))
}

async fn reopen(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
    if_match: IfMatch,
) -> Result<Shown, Refused> {
    let mut tx = state.database.write_as(user.as_str()).await?;
    if_match.hold(&mut tx, &id).await?;
    let task = tasks::reopen(&mut tx, &id, stamp(&state)).await?;
    tx.commit().await?;
    Ok(Shown(task))
}

async fn delete(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
    if_match: IfMatch,
) -> Result<StatusCode, Refused> {
    let mut tx = state.database.write_as(user.as_str()).await?;
    if_match.hold(&mut tx, &id).await?;
    tasks::delete(&mut tx, &id, stamp(&state)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn restore(
    State(state): State<AppState>,
    user: UserId,
    TaskId(id): TaskId,
) -> Result<Shown, Refused> {
    let mut tx = state.database.write_as(user.as_str()).await?;
    let task = tasks::restore(&mut tx, &id, stamp(&state)).await?;
    tx.commit().await?;
    Ok(Shown(task))
}

async fn undo(State(state): State<AppState>, user: UserId) -> Result<Json<Undone>, Refused> {
    let mut tx = state.database.write_as(user.as_str()).await?;
    let undone = tasks::undo(&mut tx, stamp(&state)).await?;
    tx.commit().await?;
    Ok(Json(undone))
}
