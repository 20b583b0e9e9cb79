//! The same over HTTP/2 without TLS, as a mesh or a proxy speaks it.

use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;

type Sender = SendRequest<Empty<Bytes>>;

async fn connect(program: &Program) -> (Sender, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(program.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(connection))
}

async fn get(sender: &mut Sender, path: &str) -> String {
    let request = Request::get(format!("http://x{path}")).body(Empty::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn requests_share_a_connection() {
    let program = Program::start(Limits::default()).await;
    let (mut sender, _connection) = connect(&program).await;
    let mut other = sender.clone();
    let (events, hello) = tokio::join!(get(&mut sender, "/events"), get(&mut other, "/"));
    assert!(events.ends_with("event 9\n") && hello == "hello", "{events} {hello}");
}

#[tokio::test]
async fn a_preface_that_comes_byte_by_byte_is_understood() {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let program = Program::start(Limits::default()).await;
    let mut stream = TcpStream::connect(program.address).await.unwrap();
    let mut pace = tokio::time::interval(Duration::from_millis(1));
    for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".iter().chain(&SETTINGS) {
        stream.write_all(&[*byte]).await.unwrap();
        pace.tick().await;
    }
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], SETTINGS[3], "{frame:?}");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_last_answer() {
    let limits = Limits { idle: SHORT, header: SHORT, ..Limits::default() };
    let program = Program::start(limits).await;
    let (mut sender, connection) = connect(&program).await;
    assert!(get(&mut sender, "/events").await.ends_with("event 9\n"));
    connection.await.unwrap().unwrap();
    program.no_connections().await;
    assert!(program.metrics().contains(r#"cut_total{reason="idle"} 1"#));
}

#[tokio::test]
async fn a_shutdown_lets_running_answers_finish() {
    let program = Program::start(Limits::default()).await;
    let (mut sender, connection) = connect(&program).await;
    let request = Request::get("http://x/events").body(Empty::new()).unwrap();
    let mut events = sender.send_request(request).await.unwrap().into_body();
    let first = events.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "event 0\n");
    let (rest, ()) =
        tokio::join!(events.collect(), program.shutdown.finish(Duration::from_mins(1)));
    assert!(rest.unwrap().to_bytes().ends_with(b"event 9\n"));
    connection.await.unwrap().unwrap();
}
