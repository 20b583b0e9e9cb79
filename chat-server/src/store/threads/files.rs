//! Descriptions of files.

use chatkit_server::{StoreError, protocol::Attachment};

use super::Threads;
use crate::{caller::Caller, store::attachments};

impl Threads {
    /// A file belongs to a conversation from now on.
    pub(super) async fn keep_file(
        &self,
        caller: &Caller,
        attachment: &Attachment,
    ) -> Result<(), StoreError> {
        // What is known of a file was kept when it was announced; only its conversation changes.
        let Some(thread_id) = attachment.thread_id() else { return Ok(()) };
        let mut tx = self.write(caller).await?;
        let files = std::slice::from_ref(attachment);
        attachments::join(&mut tx, caller.user.as_str(), thread_id, files).await?;
        tx.commit().await.map_err(StoreError::failed)
    }

    /// What is known of a file.
    pub(super) async fn file(
        &self,
        caller: &Caller,
        attachment_id: &str,
    ) -> Result<Attachment, StoreError> {
        let links = self.links.as_ref().ok_or(StoreError::NotFound)?;
        let mut tx = self.read(caller).await?;
        let row = attachments::load(&mut tx, caller.user.as_str(), attachment_id).await;
        let row = row.map_err(StoreError::failed)?.ok_or(StoreError::NotFound)?;
        Ok(links.describe(&caller.user, &row))
    }

    /// Forgets a file.
    pub(super) async fn forget_file(
        &self,
        caller: &Caller,
        attachment_id: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(caller).await?;
        let deleted = attachments::delete(&mut tx, caller.user.as_str(), attachment_id).await;
        deleted.map_err(StoreError::failed)?;
        tx.commit().await.map_err(StoreError::failed)
    }
}
