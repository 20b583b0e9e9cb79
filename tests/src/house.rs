//! Both servers on loopback, as `todochat up` puts them together, and the people who use them.

use std::sync::Arc;

use clap::Parser;
use prometheus::Registry;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use todochat_auth::{KeyRing, Verifier};
use todochat_chat_server::{app, config::ChatArgs, tool_servers::ToolServerSettings};
use todochat_database::{Database, testing::TestDatabase};
use todochat_mcp_server as mcp;
use todochat_service::{Clock, HttpMetrics, Ids, Shutdown, listener};
use tokio::net::TcpListener;

/// A chat server and a tool server on a database of their own. They end with it.
pub struct House {
    /// The chat server's public URL.
    pub url: String,
    /// The tool server's public URL.
    pub mcp_url: String,
    /// What is counted.
    pub registry: Registry,
    /// Where everything is kept.
    pub database: TestDatabase,
    /// The time in it.
    pub clock: Clock,
    others: Vec<ToolServerSettings>,
    keys: Arc<KeyRing>,
    shutdown: Shutdown,
    tools_shutdown: Shutdown,
    http: Client,
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    chat: ChatArgs,
}

impl House {
    /// A house in offline command mode.
    pub async fn open(database: TestDatabase) -> Self {
        Self::with(database, &[]).await
    }

    /// A house with these flags of the chat server.
    pub async fn with(database: TestDatabase, flags: &[&str]) -> Self {
        Self::at(database, flags, Clock::system()).await
    }

    /// Why a chat server does not start with these flags, if it does not.
    pub async fn try_with(database: TestDatabase, flags: &[&str]) -> anyhow::Result<()> {
        let house = Self::open(database).await;
        house.chat(flags, house.database.database().clone(), Registry::new()).await.map(drop)
    }

    /// A house with these tool servers besides its own, which comes first; they are told its address.
    pub async fn with_tool_servers(
        database: TestDatabase,
        flags: &[&str],
        others: impl FnOnce(&str) -> Vec<ToolServerSettings>,
    ) -> Self {
        Self::put_up(database, flags, Clock::system(), others).await
    }

    /// A house with a clock that the test may move.
    pub async fn at(database: TestDatabase, flags: &[&str], clock: Clock) -> Self {
        Self::put_up(database, flags, clock, |_| Vec::new()).await
    }

    async fn put_up(
        database: TestDatabase,
        flags: &[&str],
        clock: Clock,
        others: impl FnOnce(&str) -> Vec<ToolServerSettings>,
    ) -> Self {
        let [chat, tools] = [bind().await, bind().await];
        let mcp_url = format!("http://{}/mcp", address(&tools));
        let house = Self {
            url: format!("http://{}", address(&chat)),
            others: others(&mcp_url),
            mcp_url,
            registry: Registry::new(),
            database,
            clock,
            keys: Arc::new(KeyRing::generate()),
            shutdown: Shutdown::new(),
            tools_shutdown: Shutdown::new(),
            http: client(),
        };
        house.serve_tools(tools);
        let (database, registry) = (house.database.database().clone(), house.registry.clone());
        house.serve_chat(chat, flags, database, registry).await;
        house
    }

    /// Another replica of the chat server, with connections of its own; returns where it listens.
    pub async fn replica(&self) -> String {
        self.replica_with(&[]).await
    }

    /// The same with these flags.
    pub async fn replica_with(&self, flags: &[&str]) -> String {
        let database = Database::connect(self.database.url(), 4).await.unwrap();
        self.replica_of(flags, database).await
    }

    /// The same with these connections.
    pub async fn replica_on(&self, database: Database) -> String {
        self.replica_of(&[], database).await
    }

    async fn replica_of(&self, flags: &[&str], database: Database) -> String {
        let socket = bind().await;
        let url = format!("http://{}", address(&socket));
        self.serve_chat(socket, flags, database, Registry::new()).await;
        url
    }

    fn serve_tools(&self, socket: TcpListener) {
        let verifier = Verifier::new(self.mcp_url.clone()).trust_ring(&self.url, &self.keys);
        let router = mcp::router(mcp::Parts {
            database: self.database.database().clone(),
            verifier,
            clock: self.clock.clone(),
            ids: Ids::random(),
            public_url: self.mcp_url.clone(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            metrics: mcp::Metrics::new(&self.registry).unwrap(),
            http_metrics: HttpMetrics::detached(),
            hard_stop: self.tools_shutdown.hard().clone(),
        });
        serve(socket, router, &self.tools_shutdown);
    }

    async fn serve_chat(
        &self,
        socket: TcpListener,
        flags: &[&str],
        database: Database,
        registry: Registry,
    ) {
        let router = self.chat(flags, database, registry).await;
        serve(socket, router.unwrap(), &self.shutdown);
    }

    async fn chat(
        &self,
        flags: &[&str],
        database: Database,
        registry: Registry,
    ) -> anyhow::Result<axum::Router> {
        let defaults = ["chat-server", "--outgoing-allow", "127.0.0.0/8"];
        let Flags { chat } = Flags::parse_from(defaults.iter().chain(flags));
        let ours = ToolServerSettings::ours(self.mcp_url.clone());
        let tool_servers = [ours].into_iter().chain(self.others.clone()).collect();
        app::router(app::Parts {
            args: chat,
            public_url: self.url.clone(),
            tool_servers,
            database,
            keys: self.keys.clone().into(),
            clock: self.clock.clone(),
            ids: Ids::random(),
            registry,
            http_metrics: HttpMetrics::detached(),
            shutdown: self.shutdown.clone(),
        })
        .await
    }

    /// Somebody new.
    pub async fn sign_up(&self, name: &str) -> Resident {
        let email = format!("{name}@example.org");
        let account = json!({"email": email, "password": "correct horse battery staple"});
        let reply = Reply::of(self.post("/api/auth/signup").json(&account)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        Resident {
            url: self.url.clone(),
            token: reply.text("/access_token"),
            http: self.http.clone(),
        }
    }

    /// A request without a token.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// A request without a token.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    /// The chat server is told to stop, and lets running answers end.
    pub fn stop_chat(&self) {
        self.shutdown.soft().cancel();
    }

    /// The tool server goes away.
    pub async fn stop_tools(&self) {
        self.tools_shutdown.finish(std::time::Duration::ZERO).await;
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.shutdown.hard().cancel();
        self.tools_shutdown.hard().cancel();
    }
}

/// Somebody with an account and a token.
#[derive(Clone)]
pub struct Resident {
    url: String,
    /// The access token.
    pub token: String,
    http: Client,
}

impl Resident {
    /// The same person, who goes by another address: that of a proxy.
    #[must_use]
    pub fn by_way_of(&self, url: &str) -> Self {
        // The certificates that proxies have here are nobody's.
        let http = Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap();
        Self { url: url.to_owned(), http, ..self.clone() }
    }

    /// A request with the token.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap();
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request("GET", path)).await
    }

    /// Sends JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        Reply::of(self.request("POST", path).json(&body)).await
    }

    /// A `ChatKit` operation with its params.
    pub async fn chatkit(&self, operation: &str, params: Value) -> Reply {
        self.post("/api/chatkit", json!({"type": operation, "params": params})).await
    }

    /// Begins a conversation and reads the answer to its end.
    pub async fn say(&self, text: &str) -> Reply {
        self.chatkit("threads.create", json!({"input": message(text)})).await
    }
}

/// A user's message as the panel sends it.
pub fn message(text: &str) -> Value {
    json!({
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "quoted_text": "",
        "inference_options": {},
    })
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body as text.
    pub body: String,
}

impl Reply {
    /// Sends a request and reads the whole answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// A string in the JSON, by its pointer.
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {pointer}: {json}")).to_owned()
    }

    /// The code of an error.
    pub fn code(&self) -> String {
        self.text("/error/code")
    }

    /// The events of a stream.
    pub fn events(&self) -> Vec<Value> {
        let lines = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The items that the stream says are done, of one type.
    pub fn done(&self, kind: &str) -> Vec<Value> {
        let done = self.events().into_iter().filter(|event| event["type"] == "thread.item.done");
        done.map(|event| event["item"].clone()).filter(|item| item["type"] == kind).collect()
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn address(socket: &TcpListener) -> std::net::SocketAddr {
    socket.local_addr().unwrap()
}

fn serve(socket: TcpListener, router: axum::Router, shutdown: &Shutdown) {
    let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
    tokio::spawn(listener::serve(socket, router, limits, metrics, shutdown.clone()));
}
