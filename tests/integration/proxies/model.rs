//! A model that says what the test tells it to, when it tells it to.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::post};
use futures_util::stream;
use serde_json::json;
use todochat_service::{HttpMetrics, Shutdown, listener};
use tokio::{net::TcpListener, sync::mpsc};

/// Its answer ends when it is told to, or dropped.
pub(super) struct Model {
    pub(super) url: String,
    words: Option<mpsc::UnboundedSender<String>>,
}

impl Model {
    pub(super) async fn start() -> Self {
        let (words, script) = mpsc::unbounded_channel::<String>();
        let script = Arc::new(Mutex::new(Some(script)));
        let answer = post(move || async move {
            let script = script.lock().unwrap().take().expect("it is asked once");
            let said = stream::unfold(script, |mut script| async {
                let word = script.recv().await?;
                let chunk = json!({"choices": [{"index": 0, "delta": {"content": word}}]});
                Some((Ok::<_, std::io::Error>(format!("data: {chunk}\n\n")), script))
            });
            ([("content-type", "text/event-stream")], Body::from_stream(said))
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", socket.local_addr().unwrap());
        let router = Router::new().route("/v1/chat/completions", answer);
        let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
        tokio::spawn(listener::serve(socket, router, limits, metrics, Shutdown::new()));
        Self { url, words: Some(words) }
    }

    pub(super) fn says(&self, word: &str) {
        self.words.as_ref().unwrap().send(word.to_owned()).unwrap();
    }

    pub(super) fn ends(&mut self) {
        self.words = None;
    }
}
