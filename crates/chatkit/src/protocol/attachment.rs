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

/// The same expression for whichever kind it is.
macro_rules! each {
    ($self:expr, $file:ident => $value:expr) => {
        match $self {
            Attachment::File($file) => $value,
            Attachment::Image($file) => $value,
        }
    };
}

impl Attachment {
    /// Its id.
    pub fn id(&self) -> &str {
        each!(self, file => &file.id)
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        each!(self, file => &file.name)
    }

    /// Its media type.
    pub fn mime_type(&self) -> &str {
        each!(self, file => &file.mime_type)
    }

    /// The conversation it became part of.
    pub fn thread_id(&self) -> Option<&str> {
        each!(self, file => file.thread_id.as_deref())
    }

    /// Makes it part of a conversation.
    pub fn set_thread_id(&mut self, thread_id: impl Into<String>) {
        each!(self, file => file.thread_id = Some(thread_id.into()));
    }

    /// Where its bytes go, until they are there.
    pub fn upload_descriptor(&self) -> Option<&AttachmentUploadDescriptor> {
        each!(self, file => file.upload_descriptor.as_ref())
    }

    /// Says where its bytes go, or with `None` that they are there.
    pub fn set_upload_descriptor(&mut self, descriptor: Option<AttachmentUploadDescriptor>) {
        each!(self, file => file.upload_descriptor = descriptor);
    }

    /// The application's own data; never leaves the server.
    pub fn metadata(&self) -> &Object {
        each!(self, file => &file.metadata)
    }

    /// The application's own data, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Object {
        each!(self, file => &mut file.metadata)
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
