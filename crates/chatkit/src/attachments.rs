//! Where the bytes of files are.

use futures_util::future::BoxFuture;

use crate::Error;
use crate::protocol::{Attachment, AttachmentCreateParams};

/// Where the bytes of files are. Their descriptions are kept by the [`Store`](crate::Store), which
/// has to implement its three functions for them.
///
/// An upload in two phases begins with `attachments.create`: the answer carries an upload
/// descriptor, to which the client sends the bytes. A direct upload is an endpoint of the
/// application's own, which ends with [`Store::save_attachment`](crate::Store::save_attachment).
/// Sizes, media types and ownership are the application's to check; a refusal is an [`Error`] with
/// a status of its own, such as 413.
pub trait AttachmentStore<C>: Send + Sync + 'static {
    /// Announces a file: gives it an id, and says with `upload_descriptor` where its bytes go. The
    /// server keeps the description.
    fn create_attachment<'a>(
        &'a self,
        context: &'a C,
        params: AttachmentCreateParams,
    ) -> BoxFuture<'a, Result<Attachment, Error>>;

    /// Deletes the bytes of a file. It is called only for files that the store has for this caller,
    /// and before their description is deleted; bytes that are not there are no error.
    fn delete_attachment<'a>(
        &'a self,
        context: &'a C,
        attachment_id: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>>;
}
