//! The one connection to a tool server: made when it is first needed, made again after the server
//! was away.

use std::sync::Arc;

use rmcp::{
    ErrorData, Peer, RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotification,
        CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientRequest, GetExtensions,
        Implementation, JsonObject, ListToolsRequest, ListToolsResult, ProtocolVersion, RequestId,
        RequestMetaObject, ServerResult,
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
use tokio::sync::Mutex;

use super::bearer::{Bearer, BearerPerRequest};

/// The key in a request's `_meta` that names a call, so that a repeated one is answered and not
/// done again.
const CALL_KEY: &str = "todochat.dev/call";

/// All users share the connection, so this many calls can be under way at once.
const CONCURRENT_REQUESTS: usize = 256;

/// Why the tools cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
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
    running: Mutex<Option<RunningService<RoleClient, ClientConfig>>>,
}

impl Connection {
    pub(super) fn new(url: String, http: reqwest::Client) -> Self {
        Self { url: url.into(), http: BearerPerRequest(http), running: Mutex::new(None) }
    }

    /// `tools/list`.
    pub(super) async fn list_tools(
        &self,
        token: impl Fn() -> Bearer,
    ) -> Result<ListToolsResult, ToolsError> {
        let request = ClientRequest::ListToolsRequest(ListToolsRequest::default());
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
        token: impl Fn() -> Bearer,
    ) -> Result<CallToolResult, ToolsError> {
        let params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let mut meta = RequestMetaObject::new();
        meta.insert(CALL_KEY.to_owned(), Value::from(key));
        match self.ask(request, Some(meta), token).await? {
            ServerResult::CallToolResult(result) => Ok(result),
            // It wants to ask the user something, or to answer later: we declared neither.
            _ => Err(ServiceError::UnexpectedResponse.into()),
        }
    }

    /// Sends a request, once more if it got lost on the way: the server may have been restarted
    /// since. A call that had arrived all the same is answered from its key.
    async fn ask(
        &self,
        request: ClientRequest,
        meta: Option<RequestMetaObject>,
        token: impl Fn() -> Bearer,
    ) -> Result<ServerResult, ToolsError> {
        match self.ask_once(request.clone(), meta.clone(), &token).await {
            Err(ToolsError::Request(error)) if got_lost(&error) => {
                self.ask_once(request, meta, &token).await
            }
            answered => answered,
        }
    }

    async fn ask_once(
        &self,
        mut request: ClientRequest,
        meta: Option<RequestMetaObject>,
        token: &impl Fn() -> Bearer,
    ) -> Result<ServerResult, ToolsError> {
        let peer = self.peer(token).await?;
        let bearer = token();
        request.extensions_mut().insert(bearer.clone());
        let mut options = PeerRequestOptions::no_options();
        options.meta = meta;
        let handle = peer.send_request_with_option(request, options).await?;
        let mut abandoned = CancelOnDrop { call: Some((peer, handle.id.clone(), bearer)) };
        let answered = handle.await_response().await;
        abandoned.call = None;
        Ok(answered?)
    }

    /// The connection, made now if there is none. `token` is for connecting only.
    async fn peer(&self, token: &impl Fn() -> Bearer) -> Result<Peer<RoleClient>, ToolsError> {
        let mut running = self.running.lock().await;
        match &*running {
            Some(service) if !service.peer().is_transport_closed() => {
                return Ok(service.peer().clone());
            }
            _ => {}
        }
        let service =
            self.connect(token()).await.map_err(|error| ToolsError::Connect(error.into()))?;
        let peer = service.peer().clone();
        *running = Some(service);
        Ok(peer)
    }

    async fn connect(
        &self,
        bearer: Bearer,
    ) -> Result<RunningService<RoleClient, ClientConfig>, ClientInitializeError> {
        let config = StreamableHttpClientTransportConfig::with_uri(self.url.clone())
            .auth_header(bearer.to_header())
            .max_concurrent_requests(CONCURRENT_REQUESTS);
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
        ServiceError::TransportSend(error) => matches!(
            error.error.downcast_ref::<StreamableHttpError<reqwest::Error>>(),
            Some(StreamableHttpError::Client(error)) if !error.is_timeout()
        ),
        _ => false,
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
    call: Option<(Peer<RoleClient>, RequestId, Bearer)>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let Some((peer, id, bearer)) = self.call.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut cancelled = CancelledNotification::new(CancelledNotificationParam::new(
            Some(id),
            Some("the turn was stopped".to_owned()),
        ));
        cancelled.extensions.insert(bearer);
        // If it does not arrive, the server finishes a call whose answer nobody reads.
        runtime.spawn(async move { peer.send_notification(cancelled.into()).await });
    }
}
