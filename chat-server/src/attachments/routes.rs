//! The endpoints of files: a direct upload, the second phase of the other kind, and reading.

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    response::{IntoResponse as _, Response},
    routing::{get, post, put},
};
use chatkit_server::protocol::Attachment;
use http::{
    Extensions, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
};
use serde::Deserialize;
use todochat_auth::UserId;
use todochat_service::{ApiError, json::Json};

use super::{
    AttachmentError, Attachments, MediaType, Purpose, links::PATH, name::disposition, receive::FORM,
};
use crate::{chatkit, state::AppState, store::attachments::Row};

/// A picture loads nothing and runs nothing, whatever it turns out to be.
const SANDBOX: &str = "default-src 'none'; sandbox";

/// Shorter than an address is good.
const KEPT_BY_BROWSERS: &str = "private, max-age=600";

/// `POST /api/chatkit/attachments`, and under it `{id}/upload` and `{id}/content`. `largest` is the largest file.
pub fn router(largest: u64) -> Router<AppState> {
    let form = usize::try_from(largest.saturating_add(FORM)).unwrap_or(usize::MAX);
    Router::new()
        .route(PATH, post(direct))
        .route(&format!("{PATH}/{{id}}/upload"), put(upload).post(upload))
        .layer(DefaultBodyLimit::max(form))
        .route(&format!("{PATH}/{{id}}/content"), get(content))
}

/// What an address carries.
#[derive(Deserialize)]
struct Address {
    token: Option<String>,
}

async fn direct(
    State(state): State<AppState>,
    user: UserId,
    request: Request,
) -> Result<Json<Attachment>, ApiError> {
    let attachments = configured(&state)?;
    attachments.counted(attachments.direct(&user, request)).await.map(Json)
}

async fn upload(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(address): Query<Address>,
    request: Request,
) -> Result<Json<Attachment>, ApiError> {
    let attachments = configured(&state)?;
    let user = attachments.owner(Purpose::Upload, &id, &address, request.extensions()).await?;
    attachments.counted(attachments.second_phase(&user, &id, request)).await.map(Json)
}

async fn content(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(address): Query<Address>,
    extensions: Extensions,
) -> Result<Response, ApiError> {
    let attachments = configured(&state)?;
    let user = attachments.owner(Purpose::Content, &id, &address, &extensions).await?;
    attachments.content(&user, &id).await.map_err(refused)
}

impl Attachments {
    async fn direct(&self, user: &UserId, request: Request) -> Result<Attachment, ApiError> {
        self.check_length(request.headers())?;
        let form = self.receive_form(request).await?;
        let kind = MediaType::of_file(&form.name, form.declared.as_deref());
        let bytes = form.file.bytes.clone();
        if !bytes.is_empty() && self.rules().types.contains(&kind) && !kind.fits(&bytes) {
            return Err(refused(AttachmentError::OtherType));
        }
        let announced = self.announce(user, &form.name, &kind, bytes.len() as u64).await;
        let row = announced.map_err(refused)?;
        let id = row.id.clone();
        match self.keep(user, row, bytes).await {
            Ok(attachment) => Ok(attachment),
            Err(error) => {
                // Nobody knows its id: it would only take up the user's room until it is swept.
                if let Err(error) = self.remove(user, &id).await {
                    tracing::warn!(
                        error = todochat_service::chain(&error),
                        "Could not forget a file"
                    );
                }
                Err(refused(error))
            }
        }
    }

    async fn second_phase(
        &self,
        user: &UserId,
        id: &str,
        request: Request,
    ) -> Result<Attachment, ApiError> {
        let row = self.find(user, id).await.map_err(refused)?;
        if row.uploaded_at.is_some() {
            return Err(refused(AttachmentError::AlreadyThere));
        }
        self.check_length(request.headers())?;
        let received = self.receive(request).await?;
        self.keep(user, row, received.bytes.clone()).await.map_err(refused)
    }

    /// Whose file it is that is asked for: the one whom the address's token names, or else who sent the request.
    async fn owner(
        &self,
        purpose: Purpose,
        id: &str,
        address: &Address,
        extensions: &Extensions,
    ) -> Result<UserId, ApiError> {
        // No database keeps it, so no file is called so.
        if id.contains('\0') {
            return Err(ApiError::not_found());
        }
        match &address.token {
            Some(token) => {
                self.parts.links.opens(token, purpose, id).await.ok_or(ApiError::forbidden(
                    "address_expired",
                    "This address of a file is not valid any more.",
                ))
            }
            None => extensions.get::<UserId>().cloned().ok_or(ApiError::unauthorized()),
        }
    }

    async fn content(&self, user: &UserId, id: &str) -> Result<Response, AttachmentError> {
        let row = self.find(user, id).await?;
        if row.uploaded_at.is_none() {
            return Err(AttachmentError::NotFound);
        }
        let content = self.parts.files.open(&row.id).await?;
        let mut response = Body::from_stream(content).into_response();
        for (name, value) in headers(&row) {
            // Both types and names were made fit when the file was announced.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        Ok(response)
    }

    /// Counts how an upload ended.
    async fn counted(
        &self,
        upload: impl Future<Output = Result<Attachment, ApiError>>,
    ) -> Result<Attachment, ApiError> {
        let ended = upload.await;
        let outcome = match &ended {
            Ok(_) => "stored",
            Err(error) if error.status().is_server_error() => "failed",
            Err(_) => "refused",
        };
        self.parts.uploads.with_label_values(&[outcome]).inc();
        ended
    }
}

/// Only pictures are shown where they are opened; all else is saved.
fn headers(row: &Row) -> [(HeaderName, String); 7] {
    let kind: Option<MediaType> = row.mime_type.parse().ok();
    let shown = kind.as_ref().is_some_and(MediaType::is_image);
    let charset = if row.mime_type.starts_with("text/") { "; charset=utf-8" } else { "" };
    let how = if shown { "inline" } else { "attachment" };
    [
        (CONTENT_TYPE, format!("{}{charset}", row.mime_type)),
        (CONTENT_LENGTH, row.size.to_string()),
        (CONTENT_DISPOSITION, disposition(how, &row.name)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (CACHE_CONTROL, KEPT_BY_BROWSERS.to_owned()),
    ]
}

fn configured(state: &AppState) -> Result<&Attachments, ApiError> {
    state
        .attachments
        .as_ref()
        .ok_or(ApiError::not_implemented("not_configured", "This server takes no files."))
}

/// In the shape of all our errors.
pub(super) fn refused(error: AttachmentError) -> ApiError {
    chatkit::refused(&error.into())
}
