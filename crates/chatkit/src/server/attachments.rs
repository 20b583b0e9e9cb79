//! `attachments.create` and `attachments.delete`: files before they are part of a message.

use bytes::Bytes;

use super::{Server, json};
use crate::protocol::{AttachmentCreateParams, AttachmentDeleteParams};
use crate::{Error, Store, StoreError};

/// Announces a file, and keeps its description.
pub(super) async fn create<S: Store, R>(
    server: &Server<S, R>,
    params: AttachmentCreateParams,
    context: &S::Context,
) -> Result<Bytes, Error> {
    let files = server.attachments.as_ref().ok_or_else(Error::not_configured)?;
    if params.size < 0 {
        return Err(Error::unprocessable("invalid_size", "a file has no negative size"));
    }
    let attachment = files.create_attachment(context, params).await?;
    server.inner.store.save_attachment(context, &attachment).await?;
    Ok(json(&attachment))
}

/// Deletes a file and its description. What the caller does not have is not there already, and the
/// bytes of others are never touched.
pub(super) async fn delete<S: Store, R>(
    server: &Server<S, R>,
    params: AttachmentDeleteParams,
    context: &S::Context,
) -> Result<Bytes, Error> {
    let files = server.attachments.as_ref().ok_or_else(Error::not_configured)?;
    let (store, id) = (&server.inner.store, &params.attachment_id);
    match store.load_attachment(context, id).await {
        Ok(_) => {
            files.delete_attachment(context, id).await?;
            store.delete_attachment(context, id).await?;
        }
        Err(StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Bytes::from_static(b"{}"))
}
