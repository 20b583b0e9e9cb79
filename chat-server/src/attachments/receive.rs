//! Reading a file from a request: as it is, or as the field `file` of a form.

use std::error::Error;

use axum::{
    body::Body,
    extract::{
        FromRequest as _, Multipart, Request,
        multipart::{Field, MultipartError},
    },
};
use futures_util::StreamExt as _;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use todochat_service::{ApiError, listener::BodyTimedOut};

use super::{
    AttachmentError, Attachments,
    memory::{Received, Receiving},
    routes::refused,
};

/// What a form has around a file, at most.
pub(super) const FORM: u64 = 64 * 1024;

/// The field of a form that holds the file.
const FIELD: &str = "file";

/// A file out of a form.
pub(super) struct FromForm {
    pub(super) name: String,
    pub(super) declared: Option<String>,
    pub(super) file: Received,
}

impl Attachments {
    /// Refuses what says of itself that it is too large, before any of it is read.
    pub(super) fn check_length(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let most = self.parts.rules.max_size;
        let length =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let fits = length.is_none_or(|length: u64| length <= most + FORM);
        if fits { Ok(()) } else { Err(refused(AttachmentError::TooLarge { most })) }
    }

    /// The file that a request brings, in whichever way.
    pub(super) async fn receive(&self, request: Request) -> Result<Received, ApiError> {
        if is_form(request.headers()) {
            Ok(self.receive_form(request).await?.file)
        } else {
            whole(request.into_body(), self.memory.receive()).await
        }
    }

    /// The file in a form.
    pub(super) async fn receive_form(&self, request: Request) -> Result<FromForm, ApiError> {
        if !is_form(request.headers()) {
            return Err(ApiError::bad_request(
                "invalid_request",
                "A form with the field `file` is needed.",
            ));
        }
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|_| ApiError::bad_request("invalid_request", "The form has no boundary."))?;
        while let Some(field) = form.next_field().await.map_err(|error| self.unread_form(&error))? {
            if field.name() == Some(FIELD) {
                return self.receive_field(field).await;
            }
        }
        Err(ApiError::bad_request("invalid_request", "The form has no field `file`."))
    }

    async fn receive_field(&self, mut field: Field<'_>) -> Result<FromForm, ApiError> {
        let name = field.file_name().unwrap_or_default().to_owned();
        let declared = field.content_type().map(str::to_owned);
        let mut receiving = self.memory.receive();
        while let Some(piece) = field.chunk().await.map_err(|error| self.unread_form(&error))? {
            receiving.take(&piece).map_err(refused)?;
        }
        Ok(FromForm { name, declared, file: receiving.done() })
    }

    fn unread_form(&self, error: &MultipartError) -> ApiError {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return refused(AttachmentError::TooLarge { most: self.parts.rules.max_size });
        }
        unread(error)
    }
}

async fn whole(body: Body, mut receiving: Receiving) -> Result<Received, ApiError> {
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        receiving.take(&piece.map_err(|error| unread(&error))?).map_err(refused)?;
    }
    Ok(receiving.done())
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| {
        kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
    })
}

fn unread(error: &(dyn Error + 'static)) -> ApiError {
    let mut chain = std::iter::successors(Some(error), |error| (*error).source());
    if chain.any(<dyn Error>::is::<BodyTimedOut>) {
        return ApiError::body_timed_out();
    }
    ApiError::bad_request("unreadable_body", "The body of the request could not be read.")
}
