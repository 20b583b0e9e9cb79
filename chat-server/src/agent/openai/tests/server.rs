//! A server that answers as it is told, byte for byte.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::{JoinHandle, yield_now},
};

pub(super) struct Server {
    address: SocketAddr,
    task: JoinHandle<Vec<Request>>,
    hung_up: UnboundedReceiver<()>,
}

pub(super) struct Request {
    pub(super) line: String,
    pub(super) headers: Vec<String>,
    pub(super) body: Value,
}

pub(super) struct Answer {
    head: String,
    body: String,
    byte_by_byte: bool,
    hangs: bool,
}

impl Answer {
    pub(super) fn stream(body: &str) -> Self {
        Self::status("200 OK", body).header("content-type: text/event-stream")
    }

    pub(super) fn status(line: &str, body: &str) -> Self {
        let head = format!("HTTP/1.1 {line}\r\nconnection: close\r\n");
        Self { head, body: body.to_owned(), byte_by_byte: false, hangs: false }
    }

    pub(super) fn header(mut self, line: &str) -> Self {
        self.head = format!("{}{line}\r\n", self.head);
        self
    }

    pub(super) fn then(mut self, more: &str) -> Self {
        self.body.push_str(more);
        self
    }

    /// Announces more than it sends.
    pub(super) fn broken(self) -> Self {
        self.header("content-length: 100000")
    }

    pub(super) fn byte_by_byte(mut self) -> Self {
        self.byte_by_byte = true;
        self
    }

    /// Neither sends more nor hangs up.
    pub(super) fn hangs(mut self) -> Self {
        self.hangs = true;
        self
    }
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&String| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        self.headers.iter().find(named).and_then(|line| Some(line.split_once(':')?.1.trim()))
    }
}

impl Server {
    pub(super) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, hung_up) = unbounded_channel();
        let task = tokio::spawn(async move {
            let mut requests = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                requests.push(read(&mut stream).await);
                write(&mut stream, &answer).await;
                if answer.hangs {
                    let _ = stream.read(&mut [0]).await;
                    let _ = tell.send(());
                }
            }
            requests
        });
        Self { address, task, hung_up }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(super) async fn finish(self) -> Vec<Request> {
        self.task.await.unwrap()
    }

    pub(super) async fn hung_up(mut self) {
        self.hung_up.recv().await.expect("the server waits for it");
    }
}

async fn read(stream: &mut TcpStream) -> Request {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "the client hung up within its request");
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let mut lines = head.split("\r\n").map(ToOwned::to_owned);
        let line = lines.next().unwrap();
        let mut request = Request { line, headers: lines.collect(), body: Value::Null };
        let length: usize = request.header("content-length").unwrap().parse().unwrap();
        if body.len() >= length {
            request.body = serde_json::from_str(body).unwrap();
            return request;
        }
    }
}

/// The client may hang up at any time.
async fn write(stream: &mut TcpStream, answer: &Answer) {
    let _ = stream.write_all(format!("{}\r\n", answer.head).as_bytes()).await;
    let piece = if answer.byte_by_byte { 1 } else { usize::MAX };
    for piece in answer.body.as_bytes().chunks(piece.min(answer.body.len().max(1))) {
        let _ = stream.write_all(piece).await;
        yield_now().await;
    }
}
