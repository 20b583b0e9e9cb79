//! Speech becomes text.

use futures_util::future::BoxFuture;

use super::*;
use crate::{Audio, Transcriber, Transcript};

/// Says how many bytes of which type it was given.
struct Counting;

impl Transcriber<String> for Counting {
    fn transcribe<'a>(
        &'a self,
        user: &'a String,
        audio: Audio,
    ) -> BoxFuture<'a, Result<Transcript, Error>> {
        let Audio { bytes, mime_type, media_type } = audio;
        Box::pin(async move {
            if media_type == "video/mp4" {
                return Err(Error::new(415, "unsupported_audio", "this is no sound"));
            }
            Ok(Transcript { text: format!("{user} {media_type} ({mime_type}) {:?}", &bytes[..]) })
        })
    }
}

fn hearing() -> Scripted {
    server().with_transcriber(Counting)
}

fn speech(audio_base64: &str, mime_type: &str) -> Value {
    op("input.transcribe", json!({"audio_base64": audio_base64, "mime_type": mime_type}))
}

async fn heard(audio_base64: &str) -> Result<Value, Error> {
    ask(&hearing(), "ann", speech(audio_base64, "audio/ogg")).await
}

#[tokio::test]
async fn a_recording_is_transcribed_for_the_caller() {
    let request = speech("AQID", "audio/webm;codecs=opus");
    let answer = ask(&hearing(), "ann", request).await.unwrap();
    assert_eq!(answer, json!({"text": "ann audio/webm (audio/webm;codecs=opus) [1, 2, 3]"}));
}

#[tokio::test]
async fn what_is_not_base64_is_skipped_and_what_follows_the_padding_is_not_read() {
    for (text, bytes) in [
        ("AQ==", "[1]"),
        ("AQI=", "[1, 2]"),
        ("AQ\nID\r\n", "[1, 2, 3]"),
        ("A!QI?D", "[1, 2, 3]"),
        ("AQ==AQID", "[1]"),
        ("AR==", "[1]"),
        ("+/+/", "[251, 255, 191]"),
    ] {
        let answer = heard(text).await.unwrap();
        assert_eq!(answer["text"], format!("ann audio/ogg (audio/ogg) {bytes}"), "{text}");
    }
}

#[tokio::test]
async fn bad_base64_is_refused() {
    for text in ["A", "AQ", "AQI", "AQ=", "=", "====", "!!!!", "AAAAA", "not base64!"] {
        let error = heard(text).await.expect_err(text);
        assert_eq!((error.status(), error.code()), (400, "invalid_audio"), "{text}");
    }
}

#[tokio::test]
async fn a_recording_of_nothing_is_refused() {
    let error = heard("").await.unwrap_err();
    assert_eq!((error.status(), error.code()), (422, "empty_audio"));
}

#[tokio::test]
async fn a_recording_is_refused_in_the_applications_words() {
    let refusal = refused(&hearing(), "ann", speech("AQID", "video/mp4")).await;
    assert_eq!(refusal, (415, "unsupported_audio".to_owned()));
}
