//! A tool server on a port of its own, and clients for it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use prometheus::Registry;
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult, ClientConfig, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use todochat_auth::{CallBinding, Issuer, KeyRing, Mint, Verifier};
use todochat_database::Transaction;
use todochat_mcp_server::{Metrics, Parts, router};
use todochat_service::{Clock, HttpMetrics, Ids, Shutdown, listener};
use todochat_tasks::{Description, NewTask, Stamp, Title};
use todochat_tests::TestDatabase;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

pub(super) const ANN: &str = "usr_ann";
pub(super) const BOB: &str = "usr_bob";

const ISSUER: &str = "http://chat.test";

/// A running tool server; it ends with this value.
pub(super) struct ToolServer {
    pub(super) address: SocketAddr,
    /// Its endpoint, and so the audience of its tokens.
    pub(super) url: String,
    pub(super) issuer: Issuer,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) http: reqwest::Client,
    pub(super) registry: Registry,
    database: TestDatabase,
    running: Option<AbortOnDropHandle<()>>,
}

pub(super) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).unwrap()
}

impl ToolServer {
    pub(super) async fn start(database: TestDatabase) -> Self {
        let issuer = Issuer::new(Arc::new(KeyRing::generate()), ISSUER.to_owned());
        Self::start_with(database, issuer).await
    }

    /// One that trusts this issuer.
    pub(super) async fn start_with(database: TestDatabase, issuer: Issuer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = Self {
            address,
            url: format!("http://{address}/mcp"),
            issuer,
            clock: Clock::fixed(now()),
            ids: Ids::random(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            registry: Registry::new(),
            database,
            running: None,
        };
        server.serve(listener);
        server
    }

    fn serve(&mut self, listener: TcpListener) {
        self.registry = Registry::new();
        let http_metrics = HttpMetrics::register(&self.registry, "todochat_mcp").unwrap();
        let shutdown = Shutdown::new();
        let parts = Parts {
            database: self.database.database().clone(),
            verifier: Verifier::new(self.url.clone()).trust_ring(ISSUER, &self.issuer.ring()),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            public_url: self.url.clone(),
            allowed_hosts: Vec::new(),
            allowed_origins: vec!["https://tools.test:443".to_owned()],
            metrics: Metrics::new(&self.registry).unwrap(),
            http_metrics: http_metrics.clone(),
            hard_stop: shutdown.hard().clone(),
        };
        let limits = listener::Limits::default();
        let serving = async move {
            let _stopping = shutdown.hard().clone().drop_guard();
            listener::serve(listener, router(parts), limits, http_metrics, shutdown.clone()).await;
        };
        self.running = Some(AbortOnDropHandle::new(tokio::spawn(serving)));
    }

    /// Takes it off the network, connections included.
    pub(super) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
    }

    /// Brings it back, at the same address.
    pub(super) async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// A token that allows every call.
    pub(super) fn token(&self, user: &str) -> String {
        self.mint(user, &self.url, None)
    }

    /// A token for one call.
    pub(super) fn token_for(&self, user: &str, tool: &str, arguments: &Value) -> String {
        self.mint(user, &self.url, Some(CallBinding::of(tool, arguments)))
    }

    pub(super) fn mint(&self, user: &str, audience: &str, call: Option<CallBinding>) -> String {
        self.mint_as(&self.issuer, user, audience, call)
    }

    pub(super) fn mint_as(
        &self,
        issuer: &Issuer,
        user: &str,
        audience: &str,
        call: Option<CallBinding>,
    ) -> String {
        let token_id = self.ids.next("jti_");
        let mint = Mint {
            audience,
            subject: user,
            lifetime: TimeDelta::seconds(120),
            session: None,
            call,
            token_id: &token_id,
        };
        issuer.mint(&mint, self.clock.now())
    }

    /// rmcp's client, speaking MCP 2026-07-28.
    pub(super) async fn client(&self, user: &str) -> Client {
        let lifecycle = ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        };
        self.client_with(user, lifecycle).await
    }

    pub(super) async fn client_with(&self, user: &str, lifecycle: ClientLifecycleMode) -> Client {
        let config = StreamableHttpClientTransportConfig::with_uri(self.url.clone())
            .auth_header(self.token(user));
        let transport = StreamableHttpClientTransport::with_client(self.http.clone(), config);
        let service = ClientConfig::default().serve_with_lifecycle(transport, lifecycle).await;
        Client(service.expect("the server can be connected to"))
    }

    /// One JSON-RPC request of a client that sends no `_meta` and no version, as the oldest do.
    pub(super) async fn post(&self, token: &str, request: &Value) -> reqwest::Response {
        self.http
            .post(&self.url)
            .bearer_auth(token)
            .header("accept", "application/json, text/event-stream")
            .json(request)
            .send()
            .await
            .unwrap()
    }

    /// `tools/call` of such a client.
    pub(super) async fn call(&self, token: &str, tool: &str, arguments: Value) -> Value {
        self.post(token, &tools_call(tool, &arguments)).await.json().await.unwrap()
    }

    /// Has somebody else at this user's tasks, so that calls wait, until the value is dropped.
    pub(super) async fn keep_busy(&self, user: &str) -> Transaction {
        let mut tx = self.database.database().write_as(user).await.unwrap();
        let new = NewTask {
            id: "tsk_busy".to_owned(),
            title: Title::parse("Never kept").unwrap(),
            description: Description::default(),
        };
        let at = Stamp { now: now(), change_id: "chg_busy".to_owned() };
        todochat_tasks::add(&mut tx, new, at).await.unwrap();
        tx
    }

    /// Waits until the metrics hold this line.
    pub(super) async fn counts(&self, line: &str) {
        let counted = async {
            while !self.metrics().contains(line) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), counted).await;
        assert!(waited.is_ok(), "{line} is not in\n{}", self.metrics());
    }

    pub(super) fn metrics(&self) -> String {
        prometheus::TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap()
    }
}

pub(super) fn tools_call(tool: &str, arguments: &Value) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    })
}

/// A connected client of rmcp's.
pub(super) struct Client(pub(super) RunningService<RoleClient, ClientConfig>);

impl Client {
    pub(super) async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let params = CallToolRequestParams::new(tool).with_arguments(arguments);
        self.0.call_tool(params).await.expect("the call gets a result")
    }

    /// The structured result of a call that worked.
    pub(super) async fn done(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(false), "{}", text(&result));
        result.structured_content.expect("every tool has a structured result")
    }

    /// What a call that did not work says.
    pub(super) async fn refused(&self, tool: &'static str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(true), "{}", text(&result));
        text(&result)
    }

    /// Number, title and state of all tasks, newest first.
    pub(super) async fn list(&self) -> Vec<(i64, String, bool)> {
        tasks(&self.done("list_tasks", json!({})).await)
    }
}

pub(super) fn tasks(list: &Value) -> Vec<(i64, String, bool)> {
    let tasks = list["tasks"].as_array().expect("a list has tasks");
    tasks
        .iter()
        .map(|task| {
            let title = task["title"].as_str().unwrap().to_owned();
            (task["number"].as_i64().unwrap(), title, task["completed"].as_bool().unwrap())
        })
        .collect()
}

pub(super) fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| Some(block.as_text()?.text.clone())).collect()
}
