//! Speech becomes text: `POST {url}/audio/transcriptions` of an OpenAI-compatible server.

use std::time::Duration;

use anyhow::Context as _;
use chatkit_server::{Audio, Error, Transcriber, Transcript};
use futures_util::future::BoxFuture;
use reqwest::{Client, Response, StatusCode, Url, multipart};
use serde::Deserialize;

use crate::{
    agent::openai::{Key, KeyError},
    caller::Caller,
    outgoing::Outgoing,
};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// No transcript of a recording that fits into a request is longer.
const LONGEST: usize = 256 * 1024;

/// What servers tell a recording's format by: the end of its name.
const ENDINGS: [(&str, &str); 8] = [
    ("audio/flac", "flac"),
    ("audio/mp4", "mp4"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/wav", "wav"),
    ("audio/x-m4a", "m4a"),
    ("audio/x-wav", "wav"),
    ("audio/webm", "webm"),
];

/// Asks a server that transcribes.
pub struct Transcription {
    url: Url,
    model: String,
    key: Key,
    http: Client,
}

/// Why a recording was not transcribed.
#[derive(Debug, thiserror::Error)]
enum TranscriptionError {
    #[error("the key could not be read")]
    Key(#[from] KeyError),
    #[error("the server that transcribes could not be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the server that transcribes answered {status}")]
    Refused { status: StatusCode },
    #[error("the server that transcribes answered with something else")]
    Strange,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
}

impl Transcription {
    /// Asks the API at `base_url` with `key`.
    pub fn new(base_url: &str, model: &str, key: Key, outgoing: &Outgoing) -> anyhow::Result<Self> {
        let url = format!("{}/audio/transcriptions", base_url.trim_end_matches('/'));
        let url = Url::parse(&url).context("it is not a URL")?;
        outgoing.check(&url)?;
        let http = outgoing.client().timeout(PATIENCE).build()?;
        Ok(Self { url, model: model.to_owned(), key, http })
    }

    async fn ask(&self, audio: Audio, ending: &str) -> Result<String, TranscriptionError> {
        let part = multipart::Part::stream(audio.bytes)
            .file_name(format!("recording.{ending}"))
            .mime_str(&audio.media_type)?;
        let form = multipart::Form::new().text("model", self.model.clone()).part("file", part);
        let mut request = self.http.post(self.url.clone()).multipart(form);
        if let Some(key) = self.key.read().await? {
            request = request.bearer_auth(key);
        }
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(TranscriptionError::Refused { status });
        }
        let body = body(answer).await?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| TranscriptionError::Strange)?;
        Ok(answer.text)
    }
}

impl Transcriber<Caller> for Transcription {
    fn transcribe<'a>(
        &'a self,
        _: &'a Caller,
        audio: Audio,
    ) -> BoxFuture<'a, Result<Transcript, Error>> {
        Box::pin(async move {
            let known = ENDINGS.iter().find(|(kind, _)| *kind == audio.media_type);
            let Some((_, ending)) = known else {
                return Err(Error::new(
                    415,
                    "type_not_allowed",
                    "Recordings of this type are not accepted.",
                ));
            };
            match self.ask(audio, ending).await {
                Ok(text) => Ok(Transcript { text }),
                Err(error) => Err(refused(&error)),
            }
        })
    }
}

/// What a recording is refused for is the client's matter, all else ours.
fn refused(error: &TranscriptionError) -> Error {
    if let TranscriptionError::Refused {
        status: StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE,
    } = error
    {
        return Error::new(422, "unreadable_recording", "The recording could not be understood.");
    }
    tracing::warn!(error = todochat_service::chain(error), "Could not transcribe a recording");
    Error::new(503, "transcription_unavailable", "Speech cannot be turned into text at the moment.")
}

/// The answer's body, unless it is too large.
async fn body(mut answer: Response) -> Result<Vec<u8>, TranscriptionError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + piece.len() > LONGEST {
            return Err(TranscriptionError::Strange);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
