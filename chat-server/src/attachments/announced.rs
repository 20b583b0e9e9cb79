//! The ChatKit server's side: a file is announced by `attachments.create`, and its bytes go with `attachments.delete`.

use chatkit_server::{
    AttachmentStore, Error,
    protocol::{Attachment, AttachmentCreateParams},
};
use futures_util::future::BoxFuture;

use super::{AttachmentError, Attachments, MediaType};
use crate::caller::Caller;

impl AttachmentStore<Caller> for Attachments {
    fn create_attachment<'a>(
        &'a self,
        caller: &'a Caller,
        params: AttachmentCreateParams,
    ) -> BoxFuture<'a, Result<Attachment, Error>> {
        Box::pin(async move {
            let AttachmentCreateParams { name, size, mime_type } = params;
            let size = u64::try_from(size).map_err(|_| {
                Error::new(400, "invalid_request", "params.size: a file has no negative length")
            })?;
            let kind = MediaType::of_file(&name, Some(&mime_type));
            let row = self.announce(&caller.user, &name, &kind, size).await?;
            Ok(self.parts.links.describe(&caller.user, &row))
        })
    }

    fn delete_attachment<'a>(
        &'a self,
        caller: &'a Caller,
        attachment_id: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            // Somebody else's is one that does not exist, and its bytes are none to remove.
            match self.find(&caller.user, attachment_id).await {
                Err(AttachmentError::NotFound) => Ok(()),
                Err(error) => Err(error.into()),
                Ok(row) => Ok(self.remove(&caller.user, &row.id).await?),
            }
        })
    }
}
