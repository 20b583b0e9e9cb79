//! The endpoint under load: how to connect to it and what is asked of it.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::{json, Value};

use crate::args::{die, Args};

pub type Sender = SendRequest<Full<Bytes>>;
/// What an answer that does not count is counted as.
pub type Err = &'static str;

pub struct Target {
    pub addr: std::net::SocketAddr,
    pub host: String,
    pub path: String,
    pub token: String,
    pub direct: bool,
    pub timeout: Duration,
}

impl Target {
    pub fn new(a: &Args) -> Target {
        let url = a.opt("url").unwrap_or_else(|| die("--url needed"));
        let rest = url.strip_prefix("http://").unwrap_or_else(|| die("only http:// URLs"));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let addr: std::net::SocketAddr = host.replace("localhost", "127.0.0.1").parse().unwrap_or_else(|_| die("URL needs IP:PORT"));
        if !addr.ip().is_loopback() {
            die("loopback addresses only");
        }
        Target {
            addr,
            host: host.to_string(),
            path: format!("/{path}"),
            token: a.get("token", "").to_string(),
            direct: a.get("mode", "chatkit") == "direct",
            timeout: Duration::from_secs_f64(a.num("timeout", 60.0)),
        }
    }
    pub async fn connect(&self) -> Result<Sender, Err> {
        let s = tokio::net::TcpStream::connect(self.addr).await.map_err(|_| "connect")?;
        let _ = s.set_nodelay(true);
        let (sender, conn) = hyper::client::conn::http1::handshake(TokioIo::new(s)).await.map_err(|_| "handshake")?;
        tokio::task::spawn_local(async move { let _ = conn.await; });
        Ok(sender)
    }
    /// The one that was kept, while it lasts, or a new one.
    pub async fn connection(&self, kept: Option<Sender>) -> Result<Sender, Err> {
        match kept.filter(|c| !c.is_closed()) { Some(c) => Ok(c), None => self.connect().await }
    }
    pub fn request(&self, body: Bytes) -> hyper::Request<Full<Bytes>> {
        let mut b = hyper::Request::post(&self.path).header("host", &self.host).header("content-type", "application/json").header("accept", "text/event-stream");
        if !self.token.is_empty() {
            b = b.header("authorization", format!("Bearer {}", self.token));
        }
        b.body(Full::new(body)).unwrap_or_else(|e| die(&format!("--url or --token cannot be sent: {e}")))
    }
    pub fn user_input(text: &str) -> Value {
        json!({"content": [{"type": "input_text", "text": text}], "attachments": [], "quoted_text": null, "inference_options": {}})
    }
    pub fn create(&self, text: &str) -> Bytes {
        if self.direct {
            let tools = json!([{"type": "function", "name": "list_tasks", "parameters": {"type": "object", "properties": {}, "required": []}}]);
            return json!({"model": "fake", "stream": true, "input": [{"role": "user", "content": text}], "tools": tools}).to_string().into();
        }
        json!({"type": "threads.create", "params": {"input": Self::user_input(text)}}).to_string().into()
    }
}

pub fn directive(a: &Args) -> String {
    let mut s = format!("BENCH deltas={} delay={} ttft={}", a.num("deltas", 200u32), a.get("delay", "0"), a.get("ttft", "0"));
    if let Some(t) = a.opt("tool").filter(|t| *t != "none") {
        s.push_str(&format!(" tool={t}"));
    }
    s
}
