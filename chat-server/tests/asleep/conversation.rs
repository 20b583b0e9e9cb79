//! Conversations by way of one replica or another.

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::replica::{PATIENCE, Replica};

/// A conversation whose answer is under way.
pub(crate) struct Begun {
    pub(crate) thread: String,
    pub(crate) answer: reqwest::Response,
}

fn message(text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    json!({"content": content, "attachments": [], "inference_options": {}})
}

/// Asks, and reads until the model has said its first word.
pub(crate) async fn begin(replica: &Replica, token: &str, seed: usize) -> Begun {
    let input = message(&format!("seed {seed}"));
    let mut answer = replica.chatkit(token, "threads.create", json!({"input": input})).await;
    let mut text = String::new();
    while !text.contains("\"first \"") {
        let chunk = timeout(PATIENCE, answer.chunk()).await.expect("it goes on").unwrap();
        text += std::str::from_utf8(&chunk.expect("it has not ended")).unwrap();
    }
    let created = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let created: Value = serde_json::from_str(created).unwrap();
    Begun { thread: created["thread"]["id"].as_str().unwrap().to_owned(), answer }
}

pub(crate) async fn go_on(replica: &Replica, token: &str, thread: &str) -> String {
    let params = json!({"thread_id": thread, "input": message("again")});
    let answer = replica.chatkit(token, "threads.add_user_message", params).await;
    timeout(PATIENCE, answer.text()).await.expect("it ends").unwrap()
}

pub(crate) async fn items(replica: &Replica, token: &str, thread: &str) -> Vec<Value> {
    let params = json!({"thread_id": thread, "limit": 100, "order": "asc"});
    let page: Value = replica.chatkit(token, "items.list", params).await.json().await.unwrap();
    page["data"].as_array().unwrap().clone()
}

pub(crate) fn texts(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["content"][0]["text"].as_str().unwrap_or("-")).collect()
}
