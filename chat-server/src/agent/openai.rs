//! Models that speak an OpenAI protocol: OpenAI itself, Azure, and the many servers that speak
//! Chat Completions.
//!
//! ```text
//! chat, responses   our messages → their JSON; their events → ours
//! transport         status kept, retries, key
//!   ├ connection    without TLS; with it reqwest
//!   └ body          all there is at once, up to a cap
//! events            bytes → server-sent events
//! refusal           what of a provider's error may be logged
//! history           every call has a result before it is sent back
//! files             what came with a message, in the message
//! offered           the tools, written once
//! ```
//!
//! Requests and events are our own lenient types: what is demanded is little, because servers leave out
//! much. Both APIs get the whole conversation each time and keep no state at the provider, so they
//! are equal.

mod body;
mod chat;
mod connection;
mod events;
mod files;
mod history;
mod key;
mod lenient;
mod offered;
mod refusal;
mod responses;
mod retry;
mod transport;

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use reqwest::Url;
use serde::Serialize;
use tokio::time::timeout;
use tracing::warn;

pub(crate) use self::key::KeyError;
use self::{
    body::Body,
    chat::Chat,
    connection::Server,
    events::{Event, Events},
    responses::Responses,
    transport::{Failure, Http, Transport},
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
    transport: Transport,
    api: Api,
    pictures: bool,
}

enum Api {
    Chat(Chat),
    Responses(Arc<Responses>),
}

/// Turns one answer's events into ours. There are two: Chat Completions and Responses.
trait Decode: Send + 'static {
    /// Reads the next event, JSON, and adds what it says to `out`.
    fn read(&mut self, event: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), Unread>;

    /// Whether the finish has been seen.
    fn finished(&self) -> bool;

    /// Adds what was held back until the end; only called when finished.
    fn end(&mut self, out: &mut Vec<ModelEvent>);
}

/// Why an event said nothing.
#[derive(Debug)]
enum Unread {
    /// It is not JSON, or not of the kind that was to be expected; the answer goes on without it.
    Malformed(serde_json::Error),
    /// It says that the model has failed.
    Failed(ModelError),
}

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error)
    }
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
        let (api, path) = if responses {
            (Api::Responses(Arc::new(Responses::new(model))), "/responses")
        } else {
            (Api::Chat(Chat::new(model)), "/chat/completions")
        };
        let asked = Url::parse(&format!("{text}{path}"));
        let asked = asked.map_err(|_| SettingsError::BaseUrl { url: text.to_owned() })?;
        let http = match Server::of(&url, outgoing.clone()) {
            Some(server) => Http::Plain(server),
            None => Http::Reqwest(outgoing.client().build()?),
        };
        let transport = Transport { http, url: asked.as_str().into(), key, azure, observe };
        // Many of the others refuse a conversation with a picture in it.
        Ok(Self { transport, api, pictures: pictures.unwrap_or(responses) })
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
        let transport = self.transport.clone();
        match &self.api {
            Api::Chat(chat) => {
                let (body, decoder) = (chat.body(&request), chat::Decoder::new(&request));
                let open = async move { transport.ask(body).await };
                answer(open.boxed(), decoder)
            }
            Api::Responses(responses) => {
                let decoder = responses::Decoder::new(&request);
                let open = Arc::clone(responses).open(transport, request);
                answer(open.boxed(), decoder)
            }
        }
    }
}

/// A request's body as it is sent.
fn written(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("it has text keys only").into()
}

/// Opens the stream and turns it into our events, as they come.
fn answer<D: Decode>(
    open: BoxFuture<'static, Result<Body, Failure>>,
    mut decoder: D,
) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
    try_stream! {
        let mut body = open.await.map_err(|failure| failure.error)?;
        let mut events = Events::default();
        let mut out = Vec::new();
        loop {
            let more = body.read(events.room());
            let more = if decoder.finished() {
                timeout(HANG_UP, more).await.unwrap_or(Ok(false))
            } else {
                more.await
            };
            let said = match more {
                Ok(true) => read_all(&mut events, &mut decoder, &mut out),
                _ if decoder.finished() => break,
                Ok(false) => Err(cut_off("it ended without a finish")),
                Err(broken) => Err(cut_off(&broken)),
            };
            for event in out.drain(..) {
                yield event;
            }
            match said? {
                Said::More => {}
                Said::All if decoder.finished() => break,
                Said::All => Err(cut_off("it ended without a finish"))?,
            }
        }
        drop((body, events));
        decoder.end(&mut out);
        for event in out {
            yield event;
        }
    }
    .boxed()
}

/// How far an answer has come.
enum Said {
    More,
    All,
}

/// Reads all events that have come whole. What they say before an error is said.
fn read_all<D: Decode>(
    events: &mut Events,
    decoder: &mut D,
    out: &mut Vec<ModelEvent>,
) -> Result<Said, ModelError> {
    let before = out.len();
    while let Some(event) = events.next().map_err(|_| cut_off("an event without end"))? {
        match event {
            Event::Done => return Ok(Said::All),
            Event::KeepAlive => {}
            Event::Data(data) => match decoder.read(data, out) {
                Ok(()) => {}
                Err(Unread::Failed(why)) => return Err(why),
                Err(Unread::Malformed(why)) => {
                    // Its text may quote what was said.
                    let kind = why.classify();
                    warn!(error.kind = ?kind, "Skipped an event of the model that could not be read");
                }
            },
        }
    }
    if out.len() == before {
        out.push(ModelEvent::Alive);
    }
    Ok(Said::More)
}

fn cut_off(reason: &(impl ToString + ?Sized)) -> ModelError {
    ModelError::CutOff { reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
