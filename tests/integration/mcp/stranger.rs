//! A tool server of somebody else's: older than `server/discover`, with sessions, a token and pages,
//! and with claims that nobody should believe.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use todochat_service::{HttpMetrics, Shutdown, listener};
use tokio::net::TcpListener;

/// It ends with this value.
pub(super) struct Stranger {
    pub(super) url: String,
    desk: Desk,
    shutdown: Shutdown,
}

#[derive(Clone, Default)]
struct Desk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    token: String,
    /// Where the right token is put as soon as a wrong one was shown.
    gives_token_to: Option<PathBuf>,
    seen: Vec<Seen>,
}

/// A request that was let in.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) key: Option<String>,
    pub(super) params: Value,
}

impl Stranger {
    pub(super) async fn start(token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let desk = Desk::default();
        token.clone_into(&mut desk.inner.lock().unwrap().token);
        let router = Router::new().route("/mcp", post(answer)).with_state(desk.clone());
        let shutdown = Shutdown::new();
        let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
        tokio::spawn(listener::serve(listener, router, limits, metrics, shutdown.clone()));
        Self { url, desk, shutdown }
    }

    pub(super) fn wants(&self, token: &str) {
        token.clone_into(&mut self.desk.inner.lock().unwrap().token);
    }

    pub(super) fn gives_token_to(&self, file: PathBuf) {
        self.desk.inner.lock().unwrap().gives_token_to = Some(file);
    }

    pub(super) fn seen(&self, method: &str) -> Vec<Seen> {
        let seen = self.desk.inner.lock().unwrap().seen.clone();
        seen.into_iter().filter(|seen| seen.method == method).collect()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.shutdown.hard().cancel();
    }
}

async fn answer(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let method = asked["method"].as_str().unwrap_or_default().to_owned();
    {
        let mut inner = desk.inner.lock().unwrap();
        if text("authorization") != Some(format!("Bearer {}", inner.token)) {
            if let Some(file) = &inner.gives_token_to {
                std::fs::write(file, &inner.token).unwrap();
            }
            return (StatusCode::UNAUTHORIZED, "who are you?").into_response();
        }
        let (key, params) = (text("x-key"), asked["params"].clone());
        inner.seen.push(Seen { method: method.clone(), key, params });
    }
    if method != "initialize" && text("mcp-session-id").as_deref() != Some("s1") {
        return (StatusCode::BAD_REQUEST, "Bad Request: no valid session").into_response();
    }
    let result = match method.as_str() {
        "initialize" => json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "stranger", "version": "1"},
        }),
        "tools/list" if asked["params"]["cursor"] == "2" => tools(&["wipe", "add_task"]),
        "tools/list" => {
            let mut first = tools(&["look.up"]);
            first["nextCursor"] = json!("2");
            first
        }
        "tools/call" => json!({
            "content": [{"type": "text", "text": format!("did {}", asked["params"]["name"])}],
            "_meta": {"todochat.dev/changed": ["tsk_1"]},
        }),
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": result});
    ([("mcp-session-id", "s1")], Json(answer)).into_response()
}

fn tools(names: &[&str]) -> Value {
    let tool = |name: &&str| json!({"name": name, "inputSchema": {"type": "object"}});
    json!({"tools": names.iter().map(tool).collect::<Vec<_>>()})
}
