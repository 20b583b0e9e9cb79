//! A model that brings every answer to the same point of a turn, and stays there.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Where the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    BeforeTheFirstByte,
    InText,
    InAToolCall,
    AtTheEnd,
}

/// How far it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leave {
    ToThePoint,
    ToTheEnd,
    /// Every answer is just a word.
    Calm,
}

pub(super) struct Model {
    pub(super) url: String,
    leave: watch::Sender<Leave>,
}

/// What it says to a seed: the more, the higher that is; sometimes more than 2 kB.
pub(super) fn said(seed: usize) -> Vec<String> {
    let word = |n: usize| format!("w{seed}.{n}{} ", "x".repeat((seed * 31 + n * 7) % 160));
    (0..=seed).map(word).collect()
}

impl Model {
    pub(super) async fn start(point: Point) -> Self {
        let (leave, left) = watch::channel(Leave::ToThePoint);
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", socket.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(answer(stream, point, left.clone()));
            }
        });
        Self { url, leave }
    }

    pub(super) fn ends(&self) {
        self.leave.send(Leave::ToTheEnd).unwrap();
    }

    pub(super) fn calms_down(&self) {
        self.leave.send(Leave::Calm).unwrap();
    }
}

/// Whoever asked may be dead by now; then nothing that fails here matters.
async fn answer(stream: TcpStream, point: Point, leave: watch::Receiver<Leave>) {
    let _ = try_answer(stream, point, leave).await;
}

async fn try_answer(
    mut stream: TcpStream,
    point: Point,
    mut leave: watch::Receiver<Leave>,
) -> std::io::Result<()> {
    let request = request(&mut stream).await?;
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    if *leave.borrow() == Leave::Calm {
        return stream.write_all(format!("{}{END}", word("again")).as_bytes()).await;
    }
    let asked = messages.iter().rev().find(|message| message["role"] == "user").unwrap();
    let seed = asked["content"].as_str().unwrap().strip_prefix("seed ").unwrap();
    let seed: usize = seed.parse().unwrap();
    let was_called = messages.iter().any(|message| message["role"] == "tool");
    match point {
        Point::BeforeTheFirstByte => {}
        Point::InAToolCall if was_called => {}
        Point::InAToolCall => stream.write_all(call(seed).as_bytes()).await?,
        Point::InText | Point::AtTheEnd => {
            for said in said(seed) {
                stream.write_all(word(&said).as_bytes()).await?;
            }
        }
    }
    if point == Point::InAToolCall && !was_called {
        return Ok(());
    }
    let _ = leave.wait_for(|leave| *leave >= Leave::ToTheEnd).await;
    stream.write_all(END.as_bytes()).await
}

/// Without a reason to finish an answer counts as cut off.
const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                   data: [DONE]\n\n";

fn word(text: &str) -> String {
    let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    format!("data: {chunk}\n\n")
}

fn call(seed: usize) -> String {
    let arguments = json!({"title": format!("Task {seed}")}).to_string();
    let call = json!({
        "index": 0, "id": format!("call_{seed}"), "type": "function",
        "function": {"name": "add_task", "arguments": arguments},
    });
    let first = json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
    let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    format!("data: {first}\n\ndata: {last}\n\ndata: [DONE]\n\n")
}

/// The body of a request, as JSON.
async fn request(stream: &mut TcpStream) -> std::io::Result<Value> {
    let mut bytes = Vec::new();
    let head = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let lines = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok(serde_json::from_slice(&bytes[head..]).unwrap_or_default())
}
