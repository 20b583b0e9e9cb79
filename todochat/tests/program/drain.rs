//! Told to stop while people are being answered. A kubelet tells a pod so after its `preStop`, when no proxy sends it anything
//! new any more (`operator/src/build/pod.rs`).

use std::{net::TcpListener as Taken, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::running::{PATIENCE, Running, todochat};

const STREAMS: usize = 20;

/// A model of which every answer has two words: the second is said once all answers are allowed to end.
async fn model(may_end: watch::Receiver<bool>) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", socket.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            tokio::spawn(answer(stream, may_end.clone()));
        }
    });
    url
}

async fn answer(stream: TcpStream, mut may_end: watch::Receiver<bool>) {
    let (mut request, mut stream) = stream.into_split();
    // What is asked does not matter, but nothing is answered before it.
    if request.read_u8().await.is_err() {
        return;
    }
    tokio::spawn(async move { copy(&mut request, &mut sink()).await });
    let said = |word: &str| {
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": word}}]});
        format!("data: {chunk}\n\n")
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all(format!("{head}{}", said("first ")).as_bytes()).await.unwrap();
    may_end.wait_for(|may| *may).await.unwrap();
    stream.write_all(format!("{}data: [DONE]\n\n", said("last")).as_bytes()).await.unwrap();
}

async fn heard(answer: &mut reqwest::Response, word: &str) -> String {
    let mut text = String::new();
    while !text.contains(word) {
        let chunk = answer.chunk().await.unwrap().expect("it goes on");
        text += std::str::from_utf8(&chunk).unwrap();
    }
    text
}

#[tokio::test]
async fn twenty_answers_end_well_and_only_then_the_program() {
    let (end, may_end) = watch::channel(false);
    let admin = Taken::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let mut command = todochat(data.path());
    command.args(["up", "--listen", "127.0.0.1:0", "--mcp-listen", "127.0.0.1:0"]);
    command.args(["--admin-listen", &admin, "--model-base-url", &model(may_end).await]);
    command.args(["--rate-limit-per-minute", "1000"]);
    let mut running = Running::start_as(command, data).await;
    running.sign_up("ada@example.org").await;
    let token = running.good_token("ada@example.org", "chat").await;
    let mut answers = Vec::new();
    for _ in 0..STREAMS {
        let input = json!({"content": [{"type": "input_text", "text": "help"}], "attachments": [],
            "quoted_text": "", "inference_options": {}});
        let body = json!({"type": "threads.create", "params": {"input": input}});
        let url = format!("{}/api/chatkit", running.url);
        let request = running.http.post(url).bearer_auth(&token).json(&body);
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        heard(&mut answer, "first ").await;
        answers.push(answer);
    }
    let ready = format!("http://{admin}/readyz");
    assert_eq!(running.http.get(&ready).send().await.unwrap().status().as_u16(), 200);

    running.tell_to_stop();
    let stopping =
        async { while running.http.get(&ready).send().await.unwrap().status().as_u16() != 503 {} };
    tokio::time::timeout(PATIENCE, stopping).await.expect("it is not ready any more");
    let fresh = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
    let refused = fresh.unwrap().get(format!("{}/config.json", running.url)).send().await;
    assert!(refused.is_err(), "nobody new is let in: {refused:?}");

    end.send(true).unwrap();
    for mut answer in answers {
        let rest = heard(&mut answer, "\"thread.item.done\"").await;
        assert!(rest.contains("last"), "{rest}");
        while answer.chunk().await.expect("it ends well").is_some() {}
    }
    assert_eq!(running.ended().await, (Some(0), String::new()));
}
