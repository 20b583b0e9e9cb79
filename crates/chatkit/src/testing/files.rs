//! Files whose bytes nobody sends.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use crate::protocol::{
    Attachment, AttachmentCreateParams, AttachmentUploadDescriptor, FileAttachment,
    ImageAttachment, Object, UploadMethod,
};
use crate::{AttachmentStore, Error};

/// Announces files under `https://files.example/` and remembers which it was told to delete. Ids
/// count up: `atc_1`, `atc_2`. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct ScriptedFiles {
    announced: Arc<Mutex<u32>>,
    deleted: Arc<Mutex<Vec<String>>>,
}

impl ScriptedFiles {
    /// What was deleted so far, in order.
    pub fn deleted(&self) -> Vec<String> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn announce(&self, params: AttachmentCreateParams) -> Attachment {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        *announced += 1;
        let id = format!("atc_{announced}");
        let AttachmentCreateParams { name, size, mime_type } = params;
        let url = format!("https://files.example/{id}");
        let descriptor = AttachmentUploadDescriptor {
            url: url.clone(),
            method: UploadMethod::Put,
            headers: [("x-token".to_owned(), "t".to_owned())].into(),
        };
        let upload_descriptor = Some(descriptor);
        let metadata = Object::from_iter([("size".to_owned(), size.into())]);
        let thread_id = None;
        if mime_type.starts_with("image/") {
            let preview_url = format!("{url}/preview");
            return Attachment::Image(ImageAttachment {
                id,
                name,
                mime_type,
                upload_descriptor,
                thread_id,
                preview_url,
                metadata,
            });
        }
        Attachment::File(FileAttachment {
            id,
            name,
            mime_type,
            upload_descriptor,
            thread_id,
            metadata,
        })
    }
}

impl<C: Sync> AttachmentStore<C> for ScriptedFiles {
    fn create_attachment<'a>(
        &'a self,
        _context: &'a C,
        params: AttachmentCreateParams,
    ) -> BoxFuture<'a, Result<Attachment, Error>> {
        Box::pin(std::future::ready(Ok(self.announce(params))))
    }

    fn delete_attachment<'a>(
        &'a self,
        _context: &'a C,
        attachment_id: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let mut deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        deleted.push(attachment_id.to_owned());
        Box::pin(std::future::ready(Ok(())))
    }
}
