//! A model of which every answer is `one two`: the second word when the test lets it.

use std::{convert::Infallible, sync::Arc};

use axum::{Router, body::Body, routing::post};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
};

pub(super) struct Model {
    pub(super) url: String,
    words: Arc<Semaphore>,
    left: Arc<Notify>,
}

/// Tells when an answer is not wanted any more.
struct Leaving(Arc<Notify>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Model {
    pub(super) async fn start() -> Self {
        Self::saying(&["one ", "two"]).await
    }

    /// One that never waits.
    pub(super) async fn at_once() -> Self {
        let model = Self::start().await;
        model.words.add_permits(100_000);
        model
    }

    /// One that says nothing before it is told to.
    pub(super) async fn silent() -> Self {
        Self::saying(&["", "two"]).await
    }

    async fn saying(said: &'static [&'static str; 2]) -> Self {
        let (words, left) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let (script, leaving) = (words.clone(), left.clone());
        let answer = post(move || {
            let (words, leaving) = (script.clone(), Leaving(leaving.clone()));
            async move {
                let first = stream::iter([chunk(said[0])]);
                let rest = stream::once(async move {
                    words.acquire().await.unwrap().forget();
                    format!("{}{END}", chunk(said[1]))
                });
                let body = first.chain(rest).map(move |text| {
                    let _held = &leaving;
                    Ok::<_, Infallible>(text)
                });
                ([("content-type", "text/event-stream")], Body::from_stream(body))
            }
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", socket.local_addr().unwrap());
        let router = Router::new().route("/v1/chat/completions", answer);
        let (limits, metrics) = (
            todochat_service::listener::Limits::default(),
            todochat_service::HttpMetrics::detached(),
        );
        let shutdown = todochat_service::Shutdown::new();
        tokio::spawn(todochat_service::listener::serve(socket, router, limits, metrics, shutdown));
        Self { url, words, left }
    }

    /// One answer comes to its end.
    pub(super) fn says_more(&self) {
        self.words.add_permits(1);
    }

    /// Resolves when somebody has left an answer.
    pub(super) async fn left(&self) {
        self.left.notified().await;
    }
}

/// Without a reason to finish an answer counts as cut off.
const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                   data: [DONE]\n\n";

/// What every answer is called, as some servers do.
pub(super) const SAME_ID: &str = "chatcmpl-__fake_id__";

/// Nothing said is a comment.
fn chunk(word: &str) -> String {
    if word.is_empty() {
        return ": nothing yet\n\n".to_owned();
    }
    let choices = json!([{"index": 0, "delta": {"content": word}}]);
    let chunk = json!({"id": SAME_ID, "choices": choices});
    format!("data: {chunk}\n\n")
}
