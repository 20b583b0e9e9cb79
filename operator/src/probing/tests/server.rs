//! A tool server on loopback: rmcp's own, behind a gate that spoils what a test wants spoiled.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        Implementation, JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities,
        ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use todochat_auth::{KeyRing, Verifier};
use todochat_service::{Clock, HttpMetrics, Shutdown, listener};
use tokio::net::TcpListener;

/// The issuer whose tokens a server with keys accepts.
pub(super) const ISSUER: &str = "https://chat.example.org";

/// What a server is like.
#[derive(Clone)]
pub(super) struct Script {
    /// How many tools it offers; two are `add_task` and `list_tasks`.
    pub(super) tools: usize,
    /// How many on a page.
    pub(super) page: usize,
    /// How long the tools' descriptions are.
    pub(super) long: usize,
    /// Whether it is of an older kind that keeps sessions and knows no discovery.
    pub(super) sessions: bool,
    /// The only token that it accepts.
    pub(super) token: Option<String>,
    /// The keys whose tokens it accepts, for its own address.
    pub(super) keys: Option<Arc<KeyRing>>,
    /// Whether it never answers.
    pub(super) silent: bool,
    /// What it answers instead of MCP, unless this is 0.
    pub(super) status: u16,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            tools: 2,
            page: 100,
            long: 0,
            sessions: false,
            token: None,
            keys: None,
            silent: false,
            status: 0,
        }
    }
}

/// A server that runs until it is dropped.
pub(super) struct ToolServer {
    address: std::net::SocketAddr,
    requests: Arc<AtomicUsize>,
    shutdown: Shutdown,
}

#[derive(Clone)]
struct Gate {
    script: Script,
    verifier: Option<Verifier>,
    requests: Arc<AtomicUsize>,
}

impl ToolServer {
    pub(super) async fn start(script: Script) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let verifier = script
            .keys
            .as_ref()
            .map(|keys| Verifier::new(format!("http://{address}/mcp")).trust_ring(ISSUER, keys));
        let gate = Gate { script: script.clone(), verifier, requests: requests.clone() };
        let router = Router::new()
            .route_service("/mcp", service(&script))
            .layer(middleware::from_fn_with_state(gate, pass));
        let shutdown = Shutdown::new();
        let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
        tokio::spawn(listener::serve(socket, router, limits, metrics, shutdown.clone()));
        Self { address, requests, shutdown }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// How many requests have come.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Cuts all connections.
    pub(super) fn end(&self) {
        self.shutdown.hard().cancel();
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.end();
    }
}

fn service(script: &Script) -> StreamableHttpService<Offer, LocalSessionManager> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(script.sessions)
        .with_json_response(!script.sessions);
    let offer = Offer(script.clone());
    StreamableHttpService::new(
        move || Ok(offer.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    )
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    gate.requests.fetch_add(1, Ordering::Relaxed);
    if gate.script.silent {
        return std::future::pending().await;
    }
    if gate.script.status != 0 {
        let status = StatusCode::from_u16(gate.script.status).unwrap();
        return (status, "<html>").into_response();
    }
    if !gate.admits(request.headers().clone()).await {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if gate.script.sessions { pass_old(request, next).await } else { next.run(request).await }
}

/// An older server has not heard of discovery.
async fn pass_old(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    if String::from_utf8_lossy(&body).contains("server/discover") {
        return (StatusCode::BAD_REQUEST, "what?").into_response();
    }
    next.run(Request::from_parts(head, body.into())).await
}

impl Gate {
    async fn admits(&self, headers: HeaderMap) -> bool {
        let token = todochat_auth::bearer(&headers).ok();
        if let Some(verifier) = &self.verifier {
            let Some(token) = token else { return false };
            let principal = verifier.verify(token, Clock::system().now()).await;
            return principal.is_ok_and(|principal| {
                principal.user.is_some() && principal.call.is_some_and(|call| call.tool.is_empty())
            });
        }
        self.script.token.as_deref().is_none_or(|right| token == Some(right))
    }
}

/// What it offers.
#[derive(Clone)]
struct Offer(Script);

impl Offer {
    fn tool(&self, at: usize) -> Tool {
        let name = match (self.0.tools, at) {
            (2, 0) => "list_tasks".to_owned(),
            (2, _) => "add_task".to_owned(),
            _ => format!("tool-{at}"),
        };
        Tool::new(name, "x".repeat(self.0.long), Arc::new(JsonObject::new()))
    }
}

impl ServerHandler for Offer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("offer", "7.1"))
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let from: usize = page.and_then(|page| page.cursor?.parse().ok()).unwrap_or(0);
        let to = (from + self.0.page).min(self.0.tools);
        let tools = (from..to).map(|at| self.tool(at)).collect();
        let mut list = ListToolsResult::with_all_items(tools);
        list.next_cursor = (to < self.0.tools).then(|| to.to_string());
        Ok(list)
    }
}
