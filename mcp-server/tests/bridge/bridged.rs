//! A bridge on ports of its own, in this process, and clients for it.

use std::{net::SocketAddr, time::Duration};

use clap::Parser as _;
use reqwest::{RequestBuilder, StatusCode};
use rmcp::{
    RoleClient, ServiceError,
    model::{CallToolRequestParams, ClientConfig, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt as _, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use todochat_mcp_server::{BridgeConfig, bridge};
use todochat_service::Shutdown;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};

/// Longer than anything here takes, so that a test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const CHILD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bridge/child.mjs");

/// It ends with this value.
pub(crate) struct Bridge {
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    pub(crate) http: reqwest::Client,
    shutdown: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Bridge {
    /// A bridge with these flags to a child with these arguments, which serves.
    pub(crate) async fn start(flags: &[&str], child: &[&str]) -> Self {
        let args = [&["bridge"], flags, &["--", "node", CHILD], child].concat();
        let config = BridgeConfig::try_parse_from(args).unwrap();
        let [public, admin] =
            [TcpListener::bind("127.0.0.1:0").await, TcpListener::bind("127.0.0.1:0").await]
                .map(Result::unwrap);
        let shutdown = Shutdown::new();
        let bridge = Self {
            address: public.local_addr().unwrap(),
            admin: admin.local_addr().unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            shutdown: shutdown.clone(),
            running: tokio::spawn(bridge::serve(config, public, admin, shutdown)),
        };
        bridge.is_ready(true).await;
        bridge
    }

    /// Waits until `/readyz` says so.
    pub(crate) async fn is_ready(&self, ready: bool) {
        let expected = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let url = format!("http://{}/readyz", self.admin);
        let asking = async {
            while self.http.get(&url).send().await.unwrap().status() != expected {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, asking).await.expect("it becomes so");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// A bare request.
    pub(crate) fn post(&self, message: &Value) -> RequestBuilder {
        self.http
            .post(self.url())
            .header("accept", "application/json, text/event-stream")
            .json(message)
    }

    /// A client as of today.
    pub(crate) async fn client(&self) -> Client {
        let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
        self.client_that(ClientLifecycleMode::Discover { preferred_versions }).await
    }

    pub(crate) async fn client_that(&self, greets: ClientLifecycleMode) -> Client {
        let config = StreamableHttpClientTransportConfig::with_uri(self.url());
        let transport = StreamableHttpClientTransport::with_client(self.http.clone(), config);
        Client(ClientConfig::default().serve_with_lifecycle(transport, greets).await.unwrap())
    }

    /// Stops it, and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        self.shutdown.soft().cancel();
        timeout(PATIENCE, &mut self.running).await.expect("it ends").unwrap().unwrap();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.running.abort();
    }
}

pub(crate) struct Client(pub(crate) RunningService<RoleClient, ClientConfig>);

impl Client {
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<String, ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let result = timeout(PATIENCE, self.0.call_tool(call)).await.expect("it is answered")?;
        let result = serde_json::to_value(&result).unwrap();
        Ok(result["content"][0]["text"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn says(&self, tool: &str) -> String {
        self.call(tool, json!({})).await.unwrap()
    }
}

/// What a bare client posts to call a tool.
pub(crate) fn tools_call(tool: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": tool, "arguments": {}, "_meta": {"todochat.dev/call": "turn:0"}}
    })
}
