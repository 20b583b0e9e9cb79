//! Speech becomes text.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::Error;
use crate::protocol::TranscriptionResult;

/// Turns speech into text, for `input.transcribe`.
pub trait Transcriber<C>: Send + Sync + 'static {
    /// What was said. A recording it cannot read is an [`Error`] with a status of its own, such as
    /// 415 or 422.
    fn transcribe<'a>(
        &'a self,
        context: &'a C,
        audio: Audio,
    ) -> BoxFuture<'a, Result<Transcript, Error>>;
}

/// What was said.
pub type Transcript = TranscriptionResult;

/// A recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// The recording itself; never empty.
    pub bytes: Bytes,
    /// Its media type as the client says, such as `audio/webm;codecs=opus`.
    pub mime_type: String,
    /// The same without parameters, such as `audio/webm`.
    pub media_type: String,
}
