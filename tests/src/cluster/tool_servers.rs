//! Every tool server at once: an HTTP proxy that answers for each host itself, as an MCP server with two
//! tools. With it thousands of objects can have their handshakes.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, JsonObject,
        ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde_json::json;
use todochat_service::{HttpMetrics, Shutdown, listener};

/// How a host is out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// It answers with this status and nothing else.
    Status(StatusCode),
    /// It never answers.
    Silent,
    /// It answers 200 with a page.
    NotMcp,
}

/// The tool servers behind all names. They end with this.
pub struct ToolServers {
    /// Where the proxy listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    shutdown: Shutdown,
}

#[derive(Default)]
struct Shared {
    token: Mutex<Option<String>>,
    outages: Mutex<HashMap<String, Outage>>,
    asked: Mutex<BTreeMap<String, usize>>,
    tools: Mutex<Vec<String>>,
}

impl ToolServers {
    /// All in order, for any token.
    pub async fn start() -> Self {
        let socket = listener::bind("127.0.0.1:0".parse().expect("an address")).await.unwrap();
        let address = socket.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        *lock(&shared.tools) = vec!["add_task".to_owned(), "list_tasks".to_owned()];
        let shutdown = Shutdown::new();
        let router = router(&shared);
        let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
        tokio::spawn(listener::serve(socket, router, limits, metrics, shutdown.clone()));
        Self { address, shared, shutdown }
    }

    /// From now on only this bearer token is good.
    pub fn demand(&self, token: &str) {
        *lock(&self.shared.token) = Some(token.to_owned());
    }

    /// From now on they have these tools.
    pub fn offer(&self, tools: &[&str]) {
        *lock(&self.shared.tools) = tools.iter().map(|&name| name.to_owned()).collect();
    }

    /// Breaks one, by its host without a port, e.g. `web-tool-todo.default.svc`.
    pub fn break_down(&self, host: &str, outage: Outage) {
        lock(&self.shared.outages).insert(host.to_owned(), outage);
    }

    /// Mends it.
    pub fn mend(&self, host: &str) {
        lock(&self.shared.outages).remove(host);
    }

    /// How often each host was asked, answered or not.
    pub fn asked(&self) -> BTreeMap<String, usize> {
        lock(&self.shared.asked).clone()
    }
}

impl Drop for ToolServers {
    fn drop(&mut self) {
        self.shutdown.hard().cancel();
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts();
    let handler = Handler { shared: shared.clone() };
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let gate = middleware::from_fn_with_state(shared.clone(), gate);
    Router::new().route_service("/mcp", service).layer(gate)
}

async fn gate(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let host = host(&request);
    *lock(&shared.asked).entry(host.clone()).or_default() += 1;
    let outage = lock(&shared.outages).get(&host).copied();
    match outage {
        Some(Outage::Status(status)) => status.into_response(),
        Some(Outage::Silent) => std::future::pending().await,
        Some(Outage::NotMcp) => "<html>It works!</html>".into_response(),
        None if !shared.admits(&request) => StatusCode::UNAUTHORIZED.into_response(),
        None => next.run(request).await,
    }
}

/// A client that uses a proxy says the whole URL.
fn host(request: &Request) -> String {
    let said = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().host().or(said).unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_owned()
}

impl Shared {
    fn admits(&self, request: &Request) -> bool {
        let wanted = lock(&self.token).as_ref().map(|token| format!("Bearer {token}"));
        let given = request.headers().get(header::AUTHORIZATION);
        wanted.is_none_or(|wanted| given.is_some_and(|given| given.as_bytes() == wanted.as_bytes()))
    }
}

#[derive(Clone)]
struct Handler {
    shared: Arc<Shared>,
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("stand-in", "1"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut schema = JsonObject::new();
        schema.insert("type".to_owned(), json!("object"));
        let schema = Arc::new(schema);
        let names = lock(&self.shared.tools).clone();
        let tools = names.into_iter().map(|name| Tool::new(name, "does nothing", schema.clone()));
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::success(Vec::new()).into())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
