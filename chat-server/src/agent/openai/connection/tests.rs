use std::{
    mem,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::agent::openai::body::Body;

const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A server that gives every request the same answer, and hangs up after so many on a connection.
struct Scripted {
    url: Url,
    connections: Arc<AtomicUsize>,
}

impl Scripted {
    async fn start(answer: String, requests: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                for _ in 0..requests {
                    // A request is one write, and has no body.
                    if stream.read(&mut [0; 4096]).await.unwrap_or(0) == 0 {
                        break;
                    }
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, connections }
    }

    fn server(&self) -> Server {
        Server::of(&self.url, Outgoing::new(&["127.0.0.0/8"]).unwrap()).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn ask(server: &Server) -> Body {
    let request = Request::post("/v1").header("host", "here").body(Full::default()).unwrap();
    server.ask(request).await.unwrap().into_body().into()
}

/// The pieces in which a body is read.
async fn pieces(mut body: Body) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut buffer = Vec::new();
    while body.read(&mut buffer).await.unwrap() {
        pieces.push(String::from_utf8(mem::take(&mut buffer)).unwrap());
    }
    pieces
}

fn chunks(count: usize) -> String {
    format!("{HEAD}{}0\r\n\r\n", "2\r\nhi\r\n".repeat(count))
}

#[tokio::test]
async fn chunks_that_are_there_are_taken_at_once() {
    let scripted = Scripted::start(chunks(200), 1).await;
    assert_eq!(pieces(ask(&scripted.server()).await).await, ["hi".repeat(200)]);
}

#[tokio::test]
async fn a_connection_is_used_again_when_its_answer_was_read() {
    let scripted = Scripted::start(chunks(1), 2).await;
    let server = scripted.server();
    for _ in 0..2 {
        assert_eq!(pieces(ask(&server).await).await, ["hi"]);
    }
    assert_eq!(scripted.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_was_hung_up_on_is_not_used() {
    let scripted = Scripted::start(chunks(1), 1).await;
    let server = scripted.server();
    for _ in 0..3 {
        assert_eq!(pieces(ask(&server).await).await, ["hi"]);
    }
    assert_eq!(scripted.connections(), 3);
}

#[tokio::test]
async fn an_answer_that_was_not_read_to_its_end_hangs_up() {
    let unfinished = format!("{HEAD}2\r\nhi\r\n");
    let scripted = Scripted::start(unfinished, 2).await;
    let server = scripted.server();
    for _ in 0..2 {
        let mut buffer = Vec::new();
        assert!(ask(&server).await.read(&mut buffer).await.unwrap());
        assert_eq!(buffer, b"hi");
    }
    assert_eq!(scripted.connections(), 2);
}
