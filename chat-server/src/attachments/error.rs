//! Why a file was not taken.

use std::time::Duration;

use super::files::FilesError;

/// When a client that was refused for want of memory may try again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// Why a file was not taken, or not found.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// It is larger than files may be.
    #[error("the file is too large")]
    TooLarge {
        /// How large one may be, in bytes.
        most: u64,
    },
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// Files of its type are not taken.
    #[error("files of this type are not taken")]
    TypeNotAllowed,
    /// Its bytes are not of the type that it is declared to be.
    #[error("the file is not of its declared type")]
    OtherType,
    /// It is not as long as was announced.
    #[error("the file is not as long as announced")]
    OtherSize,
    /// The user's files are as much as one user may have.
    #[error("the user's quota is used up")]
    NoRoom,
    /// It is there already, or about to be.
    #[error("the file is there already")]
    AlreadyThere,
    /// There is no such file of this user.
    #[error("there is no such file")]
    NotFound,
    /// So much is being uploaded that there is no memory for more.
    #[error("too much is being uploaded")]
    Busy,
    /// The database failed.
    #[error("could not keep what is known of the file")]
    Database(#[from] todochat_database::Error),
    /// The bytes could not be kept or read.
    #[error("could not keep or read the file")]
    Files(#[source] FilesError),
}

impl From<FilesError> for AttachmentError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Missing | FilesError::NotAnId => Self::NotFound,
            error => Self::Files(error),
        }
    }
}

impl From<AttachmentError> for chatkit_server::Error {
    /// The cause of a failure goes to the log, not to the client.
    fn from(error: AttachmentError) -> Self {
        match error {
            AttachmentError::TooLarge { most } => {
                Self::new(413, "too_large", format!("The file is larger than {most} bytes."))
            }
            AttachmentError::Empty => Self::new(422, "empty_file", "The file is empty."),
            AttachmentError::TypeNotAllowed => {
                Self::new(400, "type_not_allowed", "Files of this type are not accepted.")
            }
            AttachmentError::OtherType => {
                Self::new(415, "type_mismatch", "The file is not what its type says.")
            }
            AttachmentError::OtherSize => {
                Self::new(400, "size_mismatch", "The file is not as long as was announced.")
            }
            AttachmentError::NoRoom => Self::new(
                413,
                "quota_exceeded",
                "You have no room for more files. Delete some conversations with files.",
            ),
            AttachmentError::AlreadyThere => {
                Self::new(409, "already_uploaded", "This file has been uploaded already.")
            }
            AttachmentError::NotFound => Self::new(404, "not_found", "There is no such file."),
            AttachmentError::Busy => {
                Self::new(503, "busy", "Too much is being uploaded at once. Try again.")
                    .with_retry_after(Some(TRY_AGAIN))
            }
            AttachmentError::Files(error @ FilesError::S3(_)) => {
                tracing::error!(
                    error = todochat_service::chain(&error),
                    "The bucket of attachments failed"
                );
                Self::new(
                    503,
                    "attachments_unavailable",
                    "Files cannot be reached at the moment. Try again.",
                )
            }
            failed => {
                tracing::error!(error = todochat_service::chain(&failed), "An attachment failed");
                Self::new(500, "internal", "something went wrong here")
            }
        }
    }
}
