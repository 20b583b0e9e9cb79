//! HTTP for one handshake: rmcp's own client with what it lacks. Answers together are bounded, not only each; and why a
//! request failed is kept as it was found, not as a text.

use std::{
    borrow::Cow,
    collections::HashMap,
    error::Error,
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use reqwest::Response;
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, ErrorData, ServerJsonRpcMessage},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use sse_stream::{Sse, SseStream};
use todochat_service::outgoing::Forbidden;

use super::probe::ProbeError;

/// How much a server may say in one handshake.
const LIMIT: usize = 1024 * 1024;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// HTTP for one handshake. Clones belong to the same one.
#[derive(Clone)]
pub(super) struct Wire {
    http: reqwest::Client,
    left: Arc<AtomicUsize>,
    failed: Arc<OnceLock<ProbeError>>,
}

/// The first request that failed, failed like this.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct WireError(ProbeError);

type Posted = Result<StreamableHttpPostResponse, StreamableHttpError<WireError>>;

impl Wire {
    pub(super) fn new(http: reqwest::Client) -> Self {
        Self { http, left: Arc::new(AtomicUsize::new(LIMIT)), failed: Arc::default() }
    }

    /// Why the handshake came to nothing; what was said was not MCP if no request failed.
    pub(super) fn failure(&self) -> ProbeError {
        self.failed.get().copied().unwrap_or(ProbeError::NotMcp)
    }

    fn fail<T>(&self, why: ProbeError) -> Result<T, StreamableHttpError<WireError>> {
        // Only the first counts: the others follow from it.
        Err(StreamableHttpError::Client(WireError(*self.failed.get_or_init(|| why))))
    }

    fn take(&self, bytes: usize) -> Result<(), io::Error> {
        let enough = |left: usize| left.checked_sub(bytes);
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough);
        taken.map(drop).map_err(|_| {
            self.failed.get_or_init(|| ProbeError::TooMuch);
            io::ErrorKind::FileTooLarge.into()
        })
    }

    /// The body, within what is left.
    fn body(&self, answer: Response) -> impl Stream<Item = io::Result<bytes::Bytes>> + use<> {
        let wire = self.clone();
        answer.bytes_stream().map(move |piece| {
            let piece = piece.map_err(io::Error::other)?;
            wire.take(piece.len())?;
            Ok(piece)
        })
    }

    async fn whole_body(&self, answer: Response) -> Result<Vec<u8>, io::Error> {
        let pieces = self.body(answer);
        pieces
            .try_fold(Vec::new(), async |mut body, piece| {
                body.extend_from_slice(&piece);
                Ok(body)
            })
            .await
    }

    /// An answer that is no success.
    async fn refused(&self, asked: &ClientJsonRpcMessage, fresh: bool, answer: Response) -> Posted {
        let status = answer.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return self.fail(ProbeError::Unauthorized);
        }
        let body = self.whole_body(answer).await.unwrap_or_default();
        let said = match serde_json::from_slice(&body) {
            Ok(ServerJsonRpcMessage::Error(said)) => Some(said.error),
            _ => None,
        };
        match (discovery(asked).filter(|_| fresh && status.is_client_error()), said) {
            // It may be an older server, which does not know the question; rmcp greets it its own way then.
            (Some(id), said) => {
                let said = said.unwrap_or_else(|| {
                    ErrorData::invalid_request(Cow::Borrowed("not known"), None)
                });
                let answer = ServerJsonRpcMessage::error(said, Some(id));
                Ok(StreamableHttpPostResponse::Json(answer, None))
            }
            (None, Some(_)) => self.fail(ProbeError::NotMcp),
            (None, None) => self.fail(ProbeError::Status(status.as_u16())),
        }
    }

    async fn answered(&self, answer: Response) -> Posted {
        if matches!(answer.status(), StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        let header = |name: HeaderName| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (kind, session) = (header(header::CONTENT_TYPE).unwrap_or_default(), header(SESSION));
        if kind.starts_with(EVENTS) {
            let events = SseStream::from_bytes_stream(self.body(answer)).boxed();
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        let Ok(body) = self.whole_body(answer).await else { return self.fail(ProbeError::NotMcp) };
        match serde_json::from_slice(&body) {
            Ok(message) if kind.starts_with(JSON) => {
                Ok(StreamableHttpPostResponse::Json(message, session))
            }
            _ => self.fail(ProbeError::NotMcp),
        }
    }
}

/// The id of a request that asks a server what it is.
fn discovery(asked: &ClientJsonRpcMessage) -> Option<rmcp::model::RequestId> {
    match asked {
        ClientJsonRpcMessage::Request(asked)
            if matches!(asked.request, ClientRequest::DiscoverRequest(_)) =>
        {
            Some(asked.id.clone())
        }
        _ => None,
    }
}

/// Why a request got no answer.
fn why(error: &reqwest::Error) -> ProbeError {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if inner.and_then(|inner| inner.downcast_ref::<Forbidden>()).is_some() {
            return ProbeError::NotAllowed;
        }
        // The TLS library is not named here, so its words must do.
        if error.to_string().starts_with("invalid peer certificate") {
            return ProbeError::Certificate;
        }
        cause = error.source();
    }
    if error.is_timeout() { ProbeError::TimedOut } else { ProbeError::Unreachable }
}

impl StreamableHttpClient for Wire {
    type Error = WireError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Posted {
        let mut request = self
            .http
            .post(uri.as_ref())
            .header(header::ACCEPT, format!("{JSON}, {EVENTS}"))
            .headers(custom_headers.into_iter().collect());
        if let Some(token) = auth_header {
            request = request.bearer_auth(token);
        }
        if let Some(session) = &session_id {
            request = request.header(SESSION, session.as_ref());
        }
        match request.json(&message).send().await {
            Err(error) => self.fail(why(&error)),
            Ok(answer) if answer.status().is_success() => self.answered(answer).await,
            Ok(answer) => self.refused(&message, session_id.is_none(), answer).await,
        }
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
        _: usize,
    ) -> Posted {
        self.post_message(uri, message, session_id, auth_header, custom_headers).await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), StreamableHttpError<Self::Error>> {
        let mut request = self
            .http
            .delete(uri.as_ref())
            .headers(custom_headers.into_iter().collect())
            .header(SESSION, session_id.as_ref());
        if let Some(token) = auth_header {
            request = request.bearer_auth(token);
        }
        // Whether it forgets us is its own matter.
        drop(request.send().await);
        Ok(())
    }

    /// Nothing is waited for besides the answers.
    async fn get_stream(
        &self,
        _: Arc<str>,
        _: Option<Arc<str>>,
        _: Option<String>,
        _: Option<String>,
        _: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, StreamableHttpError<Self::Error>> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        _: Arc<str>,
        _: Option<Arc<str>>,
        _: Option<String>,
        _: Option<String>,
        _: HashMap<HeaderName, HeaderValue>,
        _: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, StreamableHttpError<Self::Error>> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }
}
