//! Files that go with a message.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Object;

/// A file that goes with a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Attachment {
    /// Any file.
    File(FileAttachment),
    /// A picture, with a preview.
    Image(ImageAttachment),
}

impl Attachment {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::File(file) => &file.id,
            Self::Image(image) => &image.id,
        }
    }
}

/// Any file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct FileAttachment {
    /// Opaque id.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Where its bytes go, until they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_descriptor: Option<AttachmentUploadDescriptor>,
    /// The conversation it became part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// The application's own data; never leaves the server.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub metadata: Object,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ImageAttachment {
    /// Opaque id.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Where its bytes go, until they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_descriptor: Option<AttachmentUploadDescriptor>,
    /// The conversation it became part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// Where to see it: an absolute URL.
    pub preview_url: String,
    /// The application's own data; never leaves the server.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub metadata: Object,
}

/// Where and how the bytes of a file are to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AttachmentUploadDescriptor {
    /// An absolute URL.
    pub url: String,
    /// How to send them.
    pub method: UploadMethod,
    /// Headers to send along.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, string>"))]
    pub headers: BTreeMap<String, String>,
}

/// How the bytes of a file are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "UPPERCASE")]
pub enum UploadMethod {
    /// As a multipart form with the field `file`.
    Post,
    /// As they are.
    Put,
}
