//! A model that says `first`, and `late` when it is told to; to `again` it says the same at once.

use std::convert::Infallible;

use axum::{Json, Router, body::Body, response::IntoResponse as _, routing::post};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use todochat_service::{HttpMetrics, Shutdown, listener};
use tokio::{net::TcpListener, sync::watch};

pub(crate) struct Model {
    pub(crate) url: String,
    rest: watch::Sender<bool>,
}

impl Model {
    pub(crate) async fn start() -> Self {
        let (rest, wanted) = watch::channel(false);
        let answer = post(move |Json(asked): Json<Value>| {
            let mut wanted = wanted.clone();
            async move {
                let head = [("content-type", "text/event-stream")];
                if last_words(&asked) == "again" {
                    return (head, format!("{}{END}", word("again"))).into_response();
                }
                let rest = stream::once(async move {
                    let _ = wanted.wait_for(|wanted| *wanted).await;
                    format!("{}{END}", word("late"))
                });
                let body = stream::iter([word("first ")]).chain(rest).map(Ok::<_, Infallible>);
                (head, Body::from_stream(body)).into_response()
            }
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", socket.local_addr().unwrap());
        let router = Router::new().route("/v1/chat/completions", answer);
        let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
        tokio::spawn(listener::serve(socket, router, limits, metrics, Shutdown::new()));
        Self { url, rest }
    }

    pub(crate) fn says_the_rest(&self) {
        self.rest.send(true).unwrap();
    }
}

fn last_words(asked: &Value) -> &str {
    let mut messages = asked["messages"].as_array().unwrap().iter().rev();
    messages.find(|message| message["role"] == "user").unwrap()["content"].as_str().unwrap()
}

/// Without a reason to finish an answer counts as cut off.
const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                   data: [DONE]\n\n";

fn word(text: &str) -> String {
    let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    format!("data: {chunk}\n\n")
}
