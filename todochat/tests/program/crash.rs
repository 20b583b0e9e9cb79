//! What is left when it is killed.

use serde_json::{Value, json};

use crate::running::Running;

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let running = Running::start().await;
    running.sign_up(ADA).await;
    let task = post(&running, "/api/tasks", json!({"title": "Kept"})).await;
    assert_eq!(task.status().as_u16(), 201);
    let mut answer = post(&running, "/api/chatkit", create("help")).await;
    // The first bytes of an answer acknowledge the message.
    assert!(answer.chunk().await.unwrap().is_some());

    let running = Running::start_in(running.kill().await).await;
    let list = json!({"type": "threads.list", "params": {}});
    let threads: Value = post(&running, "/api/chatkit", list).await.json().await.unwrap();
    let params = json!({"thread_id": threads["data"][0]["id"]});
    let read = json!({"type": "threads.get_by_id", "params": params});
    let thread: Value = post(&running, "/api/chatkit", read).await.json().await.unwrap();
    assert_eq!(thread["items"]["data"][0]["content"][0]["text"], "help", "{thread}");
    let again = post(&running, "/api/chat", json!({"message": "list"})).await;
    let again: Value = again.json().await.unwrap();
    assert!(again["response"].as_str().unwrap().contains("Kept"), "{again}");
}

async fn post(running: &Running, path: &str, body: Value) -> reqwest::Response {
    let token = running.good_token(ADA, "chat").await;
    let request = running.http.post(format!("{}{path}", running.url)).json(&body);
    request.bearer_auth(token).send().await.unwrap()
}

fn create(text: &str) -> Value {
    let input = json!({
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    });
    json!({"type": "threads.create", "params": {"input": input}})
}
