//! `input.transcribe`: speech becomes text.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::{Server, json};
use crate::protocol::InputTranscribeParams;
use crate::{Audio, Error, Store};

/// As lenient as the reference server's about the bits after the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Answers with what was said.
pub(super) async fn process<S: Store, R>(
    server: &Server<S, R>,
    params: InputTranscribeParams,
    context: &S::Context,
) -> Result<Bytes, Error> {
    let transcriber = server.transcriber.as_ref().ok_or_else(Error::not_configured)?;
    let transcript = transcriber.transcribe(context, audio(params)?).await?;
    Ok(json(&transcript))
}

fn audio(params: InputTranscribeParams) -> Result<Audio, Error> {
    let InputTranscribeParams { audio_base64, mime_type } = params;
    let bytes = decoded(audio_base64)?;
    let media_type = mime_type.split(';').next().unwrap_or_default().trim().to_owned();
    Ok(Audio { bytes, mime_type, media_type })
}

/// The bytes of a recording. Characters that are not base64, such as line ends, are skipped; what
/// follows the padding is too.
fn decoded(text: String) -> Result<Bytes, Error> {
    if text.is_empty() {
        return Err(Error::unprocessable("empty_audio", "the recording is empty"));
    }
    let mut text = text.into_bytes();
    text.retain(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    let data = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let padded = data.next_multiple_of(4).min(text.len());
    match BASE64.decode(&text[..padded]) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes.into()),
        Ok(_) | Err(_) => Err(Error::new(400, "invalid_audio", "`audio_base64` is not base64")),
    }
}
