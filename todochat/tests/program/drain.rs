//! Told to stop while people are being answered. A kubelet tells a pod so after its `preStop`, when no proxy sends it anything
//! new any more (`operator/src/build/pod.rs`).

use std::{
    net::TcpListener as Taken,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::running::{PATIENCE, Running, todochat, up};

const ADA: &str = "ada@example.org";
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

/// Without a reason to finish an answer counts as cut off.
const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                   data: [DONE]\n\n";

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
    if may_end.wait_for(|may| *may).await.is_err() {
        return;
    }
    stream.write_all(format!("{}{END}", said("last")).as_bytes()).await.unwrap();
}

async fn ask(running: &Running, token: &str) -> reqwest::Response {
    let input = json!({"content": [{"type": "input_text", "text": "help"}], "attachments": [],
        "quoted_text": "", "inference_options": {}});
    post(running, token, json!({"type": "threads.create", "params": {"input": input}})).await
}

async fn post(running: &Running, token: &str, body: Value) -> reqwest::Response {
    let request = running.http.post(format!("{}/api/chatkit", running.url)).json(&body);
    let answer = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer
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
    running.sign_up(ADA).await;
    let token = running.good_token(ADA, "chat").await;
    let mut answers = Vec::new();
    for _ in 0..STREAMS {
        let mut answer = ask(&running, &token).await;
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

/// Half of a hundred answers come to their end in time. The others never would.
#[tokio::test]
async fn of_a_hundred_answers_each_ends_or_says_why_not_and_nothing_is_lost() {
    const ANSWERS: usize = 100;
    let (end, may_end) = watch::channel(false);
    let (model, data) = (every_second_ends(may_end).await, tempfile::tempdir().unwrap());
    let start = |data: tempfile::TempDir| {
        let mut command = up(data.path());
        command.args(["--model-base-url", &model, "--rate-limit-per-minute", "1000"]);
        command.args(["--shutdown-grace", "3s"]);
        Running::start_as(command, data)
    };
    let mut running = start(data).await;
    running.sign_up(ADA).await;
    let token = running.good_token(ADA, "chat").await;
    let mut answers = Vec::new();
    for _ in 0..ANSWERS {
        let mut answer = ask(&running, &token).await;
        heard(&mut answer, "first ").await;
        answers.push(answer);
    }

    running.tell_to_stop();
    let told = Instant::now();
    end.send(true).unwrap();
    let rest = join_all(answers.into_iter().map(async |answer| answer.text().await.unwrap()));
    let (data, rest) = tokio::join!(running.left(), rest);
    // The grace, the last words of what was cut off, and room for a machine that does other things.
    assert!(told.elapsed() < Duration::from_secs(15), "{:?}", told.elapsed());
    let is_done = |rest: &&String| rest.contains("\"first last\"") && !rest.contains("\"error\"");
    let is_told = |rest: &&String| {
        let last = rest.lines().rfind(|line| line.starts_with("data: ")).unwrap();
        last.contains("\"type\":\"error\"") && !rest.contains("last")
    };
    assert_eq!(rest.iter().filter(is_done).count(), ANSWERS / 2, "{:#?}", &rest[..4]);
    assert_eq!(rest.iter().filter(is_told).count(), ANSWERS / 2, "{:#?}", &rest[..4]);

    let running = start(data).await;
    let token = running.good_token(ADA, "chat").await;
    let params = json!({"limit": 1000});
    let list = post(&running, &token, json!({"type": "threads.list", "params": params})).await;
    let list: Value = list.json().await.unwrap();
    let mut kept = Vec::new();
    for thread in list["data"].as_array().unwrap() {
        let id = thread["id"].as_str().unwrap();
        let read = json!({"type": "threads.get_by_id", "params": {"thread_id": id}});
        let thread: Value = post(&running, &token, read).await.json().await.unwrap();
        let items = thread["items"]["data"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["content"][0]["text"]), (2, &json!("help")));
        kept.push(items[1]["content"][0]["text"].as_str().unwrap().to_owned());
        let turn = format!("{}/api/chatkit/threads/{id}/turn", running.url);
        let turn = running.http.get(turn).bearer_auth(&token).send().await.unwrap();
        assert_eq!(turn.status().as_u16(), 404, "nothing runs any more");
    }
    kept.sort();
    let half = ANSWERS / 2;
    assert_eq!(kept, [vec!["first "; half], vec!["first last"; half]].concat());
}

/// A model of which every second answer goes on when it may, and the others never.
async fn every_second_ends(may_end: watch::Receiver<bool>) -> String {
    let (never, never_ends) = watch::channel(false);
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", socket.local_addr().unwrap());
    tokio::spawn(async move {
        let _held = never;
        for leave in [may_end, never_ends].iter().cycle() {
            let Ok((stream, _)) = socket.accept().await else { break };
            tokio::spawn(answer(stream, leave.clone()));
        }
    });
    url
}
