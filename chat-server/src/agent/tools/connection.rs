//! The one connection to a tool server: made when it is first needed, made again after the server
//! was away, and when what it is shown has changed.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotification,
        CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientRequest, GetExtensions,
        Implementation, JsonObject, ListToolsRequest, ListToolsResult, PaginatedRequestParams,
        ProtocolVersion, RequestId, RequestMetaObject, ServerResult,
    },
    service::{
        ClientInitializeError, ClientLifecycleMode, ClientServiceExt, PeerRequestOptions,
        RunningService, ServiceError,
    },
    transport::{
        StreamableHttpClientTransport,
        streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError},
    },
};
use serde_json::Value;
use todochat_tasks::CALL_KEY;
use tokio::sync::Mutex;

use super::{
    bearer::{Bearer, BearerPerRequest},
    secrets::{SecretError, Secrets, Shown},
    settings::ToolServer,
};

/// All users share the connection, so this many calls can be under way at once.
const CONCURRENT_REQUESTS: usize = 256;

/// How many pages of tools are read; a model could not use more.
const MOST_PAGES: usize = 16;

/// Why the tools cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// What the server is to be shown cannot be read.
    #[error("what the tool server is to be shown cannot be used")]
    Secret(#[from] SecretError),
    /// No MCP connection came about.
    #[error("could not connect to the tool server")]
    Connect(#[source] Box<ClientInitializeError>),
    /// The connection was there, the request did not get through or its answer was none.
    #[error("the request to the tool server failed")]
    Request(#[source] Box<ServiceError>),
    /// The server refused the request as such.
    #[error("the tool server refused the request")]
    Refused(#[source] ErrorData),
    /// The server took too long.
    #[error("the tool server did not answer in time")]
    TimedOut,
}

pub(super) struct Connection {
    url: Arc<str>,
    http: BearerPerRequest,
    secrets: Secrets,
    /// Whether the server keeps a ledger, so that a call that is repeated is done once.
    ledger: bool,
    live: Mutex<Option<Arc<Live>>>,
}

/// A connection, and what the server was shown when it was made. Those who use it keep it alive when
/// it is replaced.
struct Live {
    service: RunningService<RoleClient, ClientConfig>,
    shown: Shown,
}

impl Connection {
    pub(super) fn new(server: &ToolServer) -> Self {
        Self {
            url: server.url.as_str().into(),
            http: BearerPerRequest(server.http.clone()),
            secrets: Secrets::of(server),
            ledger: server.credential.is_minted(),
            live: Mutex::new(None),
        }
    }

    /// `tools/list`, all pages of it.
    pub(super) async fn list_tools(
        &self,
        token: impl Fn() -> Option<Bearer>,
    ) -> Result<ListToolsResult, ToolsError> {
        let mut whole = self.list_page(None, &token).await?;
        for _ in 1..MOST_PAGES {
            let Some(cursor) = whole.next_cursor.take() else { break };
            let page = self.list_page(Some(cursor), &token).await?;
            whole.tools.extend(page.tools);
            whole.next_cursor = page.next_cursor;
        }
        Ok(whole)
    }

    async fn list_page(
        &self,
        cursor: Option<String>,
        token: &impl Fn() -> Option<Bearer>,
    ) -> Result<ListToolsResult, ToolsError> {
        let params =
            cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
        let request = ListToolsRequest { params, ..ListToolsRequest::default() };
        let request = ClientRequest::ListToolsRequest(request);
        match self.ask(request, None, token).await? {
            ServerResult::ListToolsResult(list) => Ok(list),
            _ => Err(ServiceError::UnexpectedResponse.into()),
        }
    }

    /// `tools/call`. `token` mints the token for one attempt.
    pub(super) async fn call_tool(
        &self,
        name: &str,
        arguments: JsonObject,
        key: &str,
        token: impl Fn() -> Option<Bearer>,
    ) -> Result<CallToolResult, ToolsError> {
        let params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let meta = self.ledger.then(|| {
            let mut meta = RequestMetaObject::new();
            meta.insert(CALL_KEY.to_owned(), Value::from(key));
            meta
        });
        match self.ask(request, meta, &token).await? {
            ServerResult::CallToolResult(result) => Ok(result),
            // It wants to ask the user something, or to answer later: we declared neither.
            _ => Err(ServiceError::UnexpectedResponse.into()),
        }
    }

    /// Sends a request, once more if it got lost on the way: the server may have been restarted
    /// since. A call that had arrived all the same is answered from its key; where there is no
    /// ledger, only what never left is sent again. So is what was refused for want of a credential:
    /// the files are read again, and it was not done.
    async fn ask(
        &self,
        request: ClientRequest,
        meta: Option<RequestMetaObject>,
        token: &impl Fn() -> Option<Bearer>,
    ) -> Result<ServerResult, ToolsError> {
        match self.ask_once(request.clone(), meta.clone(), token).await {
            Err(ToolsError::Request(error)) if self.is_worth_repeating(&error) => {
                self.ask_once(request, meta, token).await
            }
            answered => answered,
        }
    }

    fn is_worth_repeating(&self, error: &ServiceError) -> bool {
        if self.ledger { got_lost(error) } else { never_left(error) || is_unauthorized(error) }
    }

    async fn ask_once(
        &self,
        mut request: ClientRequest,
        meta: Option<RequestMetaObject>,
        token: &impl Fn() -> Option<Bearer>,
    ) -> Result<ServerResult, ToolsError> {
        let live = self.live(token).await?;
        let peer = live.service.peer().clone();
        let bearer = token();
        if let Some(bearer) = &bearer {
            request.extensions_mut().insert(bearer.clone());
        }
        let mut options = PeerRequestOptions::no_options();
        options.meta = meta;
        let handle = peer.send_request_with_option(request, options).await?;
        let mut abandoned = CancelOnDrop { call: Some((live.clone(), handle.id.clone(), bearer)) };
        let answered = handle.await_response().await;
        abandoned.call = None;
        if answered.as_ref().is_err_and(is_unauthorized) {
            self.forget(&live).await;
        }
        Ok(answered?)
    }

    /// The connection, made now if there is none that will do. `token` is for connecting only.
    async fn live(&self, token: &impl Fn() -> Option<Bearer>) -> Result<Arc<Live>, ToolsError> {
        let shown = self.secrets.read().await?;
        let mut live = self.live.lock().await;
        if let Some(live) = &*live
            && !live.service.peer().is_transport_closed()
            && live.shown == shown
        {
            return Ok(live.clone());
        }
        let service = self
            .connect(token(), &shown)
            .await
            .map_err(|error| ToolsError::Connect(error.into()))?;
        Ok(live.insert(Arc::new(Live { service, shown })).clone())
    }

    /// The next request connects again.
    async fn forget(&self, refused: &Arc<Live>) {
        let mut live = self.live.lock().await;
        live.take_if(|live| Arc::ptr_eq(live, refused));
    }

    async fn connect(
        &self,
        bearer: Option<Bearer>,
        shown: &Shown,
    ) -> Result<RunningService<RoleClient, ClientConfig>, ClientInitializeError> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.clone())
            .custom_headers(shown.headers.clone())
            .max_concurrent_requests(CONCURRENT_REQUESTS);
        let token = bearer.map(|bearer| bearer.to_header()).or_else(|| shown.token.clone());
        if let Some(token) = token {
            config = config.auth_header(token);
        }
        let transport = StreamableHttpClientTransport::with_client(self.http.clone(), config);
        let client = ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new("todochat", env!("CARGO_PKG_VERSION")),
        );
        // Our own server knows `server/discover`, and that is all this asks it; an older server of
        // somebody else's is greeted its own way when it does not.
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: None,
        };
        client.serve_with_lifecycle(transport, lifecycle).await
    }
}

/// Whether a request may not have arrived, so that another attempt can help.
fn got_lost(error: &ServiceError) -> bool {
    match error {
        ServiceError::TransportClosed => true,
        error => matches!(
            of_http(error),
            Some(StreamableHttpError::Client(error)) if !error.is_timeout()
        ),
    }
}

/// Whether a request has certainly not arrived.
fn never_left(error: &ServiceError) -> bool {
    matches!(of_http(error), Some(StreamableHttpError::Client(error)) if error.is_connect())
}

/// Whether the server refused the credential.
fn is_unauthorized(error: &ServiceError) -> bool {
    match of_http(error) {
        Some(StreamableHttpError::AuthRequired(_)) => true,
        // A server that does not say which scheme it wants.
        Some(StreamableHttpError::UnexpectedServerResponse(text)) => text.starts_with("HTTP 401"),
        _ => false,
    }
}

fn of_http(error: &ServiceError) -> Option<&StreamableHttpError<reqwest::Error>> {
    match error {
        ServiceError::TransportSend(error) => error.error.downcast_ref(),
        _ => None,
    }
}

impl From<ServiceError> for ToolsError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::McpError(error) => Self::Refused(error),
            error => Self::Request(Box::new(error)),
        }
    }
}

/// Tells the server that nobody waits for a call any more, when its future is dropped.
struct CancelOnDrop {
    call: Option<(Arc<Live>, RequestId, Option<Bearer>)>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let Some((live, id, bearer)) = self.call.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut cancelled = CancelledNotification::new(CancelledNotificationParam::new(
            Some(id),
            Some("the turn was stopped".to_owned()),
        ));
        if let Some(bearer) = bearer {
            cancelled.extensions.insert(bearer);
        }
        // If it does not arrive, the server finishes a call whose answer nobody reads.
        runtime.spawn(async move { live.service.send_notification(cancelled.into()).await });
    }
}
