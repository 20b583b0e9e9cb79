//! Models that speak an OpenAI protocol: OpenAI itself, Azure, and the many servers that speak
//! Chat Completions.
//!
//! ```text
//! chat, responses   our messages → their JSON; their events → ours
//!   └ transport     status kept, retries, key, caps; under async-openai, which does the SSE
//! refusal           what of a provider's error may be logged
//! history           every call has a result before it is sent back
//! files             what came with a message, in the message
//! ```
//!
//! async-openai is used only through its `_byot` calls with our own lenient types: its typed events
//! demand fields that most servers leave out. Both APIs get the whole conversation each time and
//! keep no state at the provider, so they are equal.

mod body;
mod chat;
mod files;
mod history;
mod key;
mod refusal;
mod responses;
mod retry;
mod transport;

use std::{pin::Pin, sync::Arc, time::Duration};

use async_openai::{Client, config::OpenAIConfig, error::OpenAIError};
use async_stream::try_stream;
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use reqwest::Url;
use tokio::{sync::Notify, time::timeout};
use tracing::warn;

pub(crate) use self::key::KeyError;
use self::{
    chat::Chat,
    responses::Responses,
    transport::{Failure, Transport},
};
pub use self::{
    key::Key,
    transport::{Attempt, Observe},
};
use super::model::{LlmMode, Model, ModelError, ModelEvent, ModelRequest};
use crate::{
    config::ModelApi,
    outgoing::{Forbidden, Outgoing},
};

/// Where a model is and how it is asked.
pub struct Settings {
    /// The API's base URL, e.g. `http://127.0.0.1:4010/v1`; none is OpenAI's own.
    pub base_url: Option<String>,
    /// The model's name there.
    pub model: String,
    /// Which of the two protocols.
    pub api: ModelApi,
    /// What it is asked with.
    pub key: Key,
    /// Whether it is shown pictures; by default OpenAI's own API is.
    pub pictures: Option<bool>,
    /// Which addresses may be called.
    pub outgoing: Outgoing,
    /// Told of every attempt, for metrics.
    pub observe: Observe,
}

/// Why a model cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The base URL is none.
    #[error("the model's base URL `{url}` is not a URL")]
    BaseUrl {
        /// What was given.
        url: String,
    },
    /// The base URL may not be called.
    #[error("the model's base URL may not be called")]
    Forbidden(#[from] Forbidden),
    /// No HTTP client could be made.
    #[error("no HTTP client could be made for the model")]
    Client(#[from] reqwest::Error),
}

const OPENAI: &str = "https://api.openai.com/v1";

/// Whether `url` is on the server of the model at `base_url`, which is OpenAI's own if there is none.
pub fn same_server(url: &str, base_url: Option<&str>) -> bool {
    let [url, model] = [url, base_url.unwrap_or(OPENAI)].map(|url| Url::parse(url.trim()));
    matches!((url, model), (Ok(url), Ok(model)) if url.origin() == model.origin())
}

/// Once it has finished, how long a model may take to hang up before we do.
const HANG_UP: Duration = Duration::from_secs(1);

/// A model behind an OpenAI protocol.
pub struct OpenAi {
    client: Client<OpenAIConfig>,
    transport: Transport,
    api: Api,
    pictures: bool,
}

/// A stream of their events.
type Events<C> = Pin<Box<dyn Stream<Item = Result<C, OpenAIError>> + Send>>;

enum Api {
    Chat(Chat),
    Responses(Arc<Responses>),
}

/// Turns one answer's events into ours. There are two: Chat Completions and Responses.
trait Decode: Send + 'static {
    type Event: Send + 'static;

    /// Takes the next event and adds what it says to `out`.
    fn take(&mut self, event: Self::Event, out: &mut Vec<ModelEvent>) -> Result<(), ModelError>;

    /// Whether the finish has been seen.
    fn finished(&self) -> bool;

    /// Adds what was held back until the end; only called when finished.
    fn end(&mut self, out: &mut Vec<ModelEvent>);
}

impl OpenAi {
    /// A model as `settings` say. Nothing is called yet.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { base_url, model, api, key, pictures, outgoing, observe } = settings;
        let text = base_url.as_deref().unwrap_or(OPENAI).trim().trim_end_matches('/');
        let url = Url::parse(text).map_err(|_| SettingsError::BaseUrl { url: text.to_owned() })?;
        outgoing.check(&url)?;
        let host = url.host_str().unwrap_or_default();
        let azure = host.ends_with(".openai.azure.com");
        let responses = match api {
            ModelApi::Auto => azure || host == "api.openai.com",
            ModelApi::Responses => true,
            ModelApi::Chat => false,
        };
        let api = if responses {
            Api::Responses(Arc::new(Responses::new(model)))
        } else {
            Api::Chat(Chat::new(model))
        };
        let http = outgoing.client().build()?;
        // Key and organisation are set to nothing: left out, the crate reads the environment, and
        // panics at what is no header there. The key is put in by the transport.
        let config = OpenAIConfig::new()
            .with_api_base(text)
            .with_api_key("")
            .with_org_id("")
            .with_project_id("");
        let client = Client::build(http.clone(), config);
        let transport = Transport::new(http, key, azure, observe);
        // Many of the others refuse a conversation with a picture in it.
        Ok(Self { client, transport, api, pictures: pictures.unwrap_or(responses) })
    }
}

impl Model for OpenAi {
    fn mode(&self) -> LlmMode {
        LlmMode::Model
    }

    fn sees_pictures(&self) -> bool {
        self.pictures
    }

    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let keep_alive = Arc::new(Notify::new());
        let service = self.transport.service(Arc::clone(&keep_alive));
        let client = self.client.clone().with_http_service(service);
        match &self.api {
            Api::Chat(chat) => {
                let (body, decoder) = (chat.body(&request), chat::Decoder::new(&request));
                let open =
                    async move { client.chat().create_stream_byot::<_, chat::Event>(body).await };
                answer(open.boxed(), decoder, keep_alive)
            }
            Api::Responses(responses) => {
                let decoder = responses::Decoder::new(&request);
                let open = Arc::clone(responses).open(client, request);
                answer(open.boxed(), decoder, keep_alive)
            }
        }
    }
}

/// Opens the stream and turns it into our events, as they come.
fn answer<D: Decode>(
    open: BoxFuture<'static, Result<Events<D::Event>, OpenAIError>>,
    mut decoder: D,
    keep_alive: Arc<Notify>,
) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
    try_stream! {
        let mut events = open.await.map_err(opening_failed)?;
        let mut out = Vec::new();
        loop {
            let next = if decoder.finished() {
                timeout(HANG_UP, events.next()).await.unwrap_or(None)
            } else {
                tokio::select! {
                    biased;
                    next = events.next() => next,
                    () = keep_alive.notified() => {
                        yield ModelEvent::Alive;
                        continue;
                    }
                }
            };
            match next {
                Some(Ok(event)) => decoder.take(event, &mut out)?,
                Some(Err(OpenAIError::JSONDeserialize(why, _))) => {
                    // Its text may quote what was said.
                    let kind = why.classify();
                    warn!(error.kind = ?kind, "Skipped an event of the model that could not be read");
                }
                _ if decoder.finished() => break,
                Some(Err(why)) => Err(broken(&why))?,
                None => Err(ModelError::CutOff { reason: "it ended without a finish".to_owned() })?,
            }
            if out.is_empty() {
                out.push(ModelEvent::Alive);
            }
            for event in out.drain(..) {
                yield event;
            }
        }
        decoder.end(&mut out);
        for event in out {
            yield event;
        }
    }
    .boxed()
}

fn opening_failed(error: OpenAIError) -> ModelError {
    match error {
        OpenAIError::Boxed(boxed) => match boxed.downcast::<Failure>() {
            Ok(failure) => failure.error,
            Err(_) => ModelError::Unreachable { reason: "the transport failed".to_owned() },
        },
        other => ModelError::Unreachable { reason: kind(&other).to_owned() },
    }
}

fn broken(error: &OpenAIError) -> ModelError {
    ModelError::CutOff { reason: kind(error).to_owned() }
}

/// The kind of an error; the crate's own texts quote what was received.
fn kind(error: &OpenAIError) -> &'static str {
    match error {
        OpenAIError::StreamError(_) => "the stream broke",
        OpenAIError::Reqwest(_) => "the connection failed",
        OpenAIError::InvalidArgument(_) => "the request could not be written",
        _ => "the answer could not be read",
    }
}

#[cfg(test)]
mod tests;
