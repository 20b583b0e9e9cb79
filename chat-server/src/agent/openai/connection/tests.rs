use std::{
    mem,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::agent::openai::body::{Body, Broken};

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

fn request(body: Bytes) -> Request<Bytes> {
    Request::post("/v1").header("host", "here").body(body).unwrap()
}

async fn ask(server: &Server) -> Body {
    server.ask(request(Bytes::new())).await.unwrap().into_body().into()
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

/// Reads to the end, or says why not.
async fn read_all(mut body: Body) -> Result<String, Broken> {
    let mut buffer = Vec::new();
    while body.read(&mut buffer).await? {}
    Ok(String::from_utf8(buffer).unwrap())
}

/// What is read of an answer, and over how many connections when it is asked for twice.
async fn twice(answer: &str, requests: usize) -> (String, usize) {
    let scripted = Scripted::start(answer.to_owned(), requests).await;
    let server = scripted.server();
    let first = read_all(ask(&server).await).await.unwrap();
    assert_eq!(read_all(ask(&server).await).await.unwrap(), first, "{answer}");
    (first, scripted.connections())
}

#[tokio::test]
async fn connections_are_used_again_if_that_is_agreed() {
    let again = [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx: y\r\n\r\n",
    ];
    for answer in again {
        assert_eq!(twice(answer, 2).await, ("hi".to_owned(), 1), "{answer}");
    }
    let not_again = [
        "HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",
    ];
    for answer in not_again {
        assert_eq!(twice(answer, 2).await, ("hi".to_owned(), 2), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_without_body_is_whole_at_once() {
    for answer in ["HTTP/1.1 204 None\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"] {
        assert_eq!(twice(answer, 2).await, (String::new(), 1), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_without_length_ends_with_its_connection() {
    for answer in ["HTTP/1.0 200 OK\r\n\r\nhi", "HTTP/1.1 200 OK\r\n\r\nhi"] {
        assert_eq!(twice(answer, 1).await, ("hi".to_owned(), 2), "{answer}");
    }
}

#[tokio::test]
async fn bytes_after_an_answer_are_not_taken_for_the_next() {
    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    for head in
        ["content-length: 2\r\n\r\nhi", "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"]
    {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}{smuggled}");
        assert_eq!(twice(&answer, 2).await, ("hi".to_owned(), 2), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_of_two_lengths_is_the_last_of_its_connection() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = format!("{head}2\r\nhi\r\n0\r\n\r\n");
    assert_eq!(twice(&answer, 2).await, ("hi".to_owned(), 2));
}

#[tokio::test]
async fn an_answer_that_ends_early_is_none() {
    let cut_off = [
        format!("{HEAD}2\r\nhi\r\n"),
        format!("{HEAD}2\r\nhi\r\n0\r\n"),
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi".to_owned(),
    ];
    for answer in cut_off {
        let scripted = Scripted::start(answer.clone(), 1).await;
        let error = read_all(ask(&scripted.server()).await).await.unwrap_err();
        assert!(matches!(error, Broken::Connection(_)), "{answer}: {error:?}");
    }
}

#[tokio::test]
async fn what_comes_before_an_error_is_read() {
    let scripted = Scripted::start(format!("{HEAD}2\r\nhi\r\nnonsense"), 1).await;
    let mut body = ask(&scripted.server()).await;
    let mut buffer = Vec::new();
    assert!(body.read(&mut buffer).await.unwrap());
    assert_eq!(buffer, b"hi");
    assert!(body.read(&mut buffer).await.is_err());
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    let scripted = Scripted::start(format!("{interim}{}", chunks(1)), 1).await;
    let response = scripted.server().ask(request(Bytes::new())).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("link"));
    assert_eq!(read_all(response.into_body().into()).await.unwrap(), "hi");
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    let too_long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(8 << 10));
    let switching = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n";
    let coded = "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n";
    for answer in ["HTTP/2 200\r\n\r\n", "SSH-2.0-x\r\n", &*too_long, switching, coded] {
        let scripted = Scripted::start(answer.to_owned(), 1).await;
        let asked = scripted.server().ask(request(Bytes::new())).await;
        assert!(matches!(asked, Err(NoAnswer::Head(_))), "{answer}");
    }
    let scripted = Scripted::start("HTTP/1.1 200 OK\r\nx".to_owned(), 1).await;
    let asked = scripted.server().ask(request(Bytes::new())).await;
    assert!(matches!(asked, Err(NoAnswer::Broke(_))));
}

/// A server that does with its one connection what it is told to.
async fn one_connection<F: Future<Output = ()> + Send>(
    act: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { act(listener.accept().await.unwrap().0).await });
    Server::of(&url, Outgoing::new(&["127.0.0.0/8"]).unwrap()).unwrap()
}

const LARGE: usize = 16 << 20;

#[tokio::test]
async fn an_answer_is_seen_before_its_request_has_gone_out() {
    let server = one_connection(|mut stream| async move {
        let refused = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
        stream.write_all(refused).await.unwrap();
        let _ = stream.read(&mut [0]).await;
        std::future::pending::<()>().await;
    })
    .await;
    let response = server.ask(request(vec![b'x'; LARGE].into())).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(read_all(response.into_body().into()).await.unwrap(), "no");
    assert!(server.idle().is_none(), "half a request is on that connection");
}

#[tokio::test]
async fn an_answer_is_seen_when_its_request_is_not_taken() {
    let server = one_connection(|mut stream| async move {
        let refused = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
        stream.write_all(refused).await.unwrap();
        // What it has not read makes its hanging up an error for who writes.
    })
    .await;
    let response = server.ask(request(vec![b'x'; LARGE].into())).await.unwrap();
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn a_request_goes_out_whole_while_it_is_answered() {
    let server = one_connection(|mut stream| async move {
        stream.write_all(HEAD.as_bytes()).await.unwrap();
        let mut left = LARGE;
        while left > 0 {
            left = left.saturating_sub(stream.read(&mut [0; 4096]).await.unwrap());
        }
        stream.write_all(b"2\r\nhi\r\n0\r\n\r\n").await.unwrap();
    })
    .await;
    let response = server.ask(request(vec![b'x'; LARGE].into())).await.unwrap();
    assert_eq!(read_all(response.into_body().into()).await.unwrap(), "hi");
}

#[tokio::test]
async fn a_request_is_one_head_and_its_body() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let server = one_connection(|mut stream| async move {
        let mut bytes = [0; 4096];
        let size = stream.read(&mut bytes).await.unwrap();
        tell.send(String::from_utf8(bytes[..size].to_vec()).unwrap()).unwrap();
        stream.write_all(chunks(1).as_bytes()).await.unwrap();
    })
    .await;
    server.ask(request("{}".into())).await.unwrap();
    assert_eq!(
        told.await.unwrap(),
        "POST /v1 HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\n{}"
    );
}

#[tokio::test]
async fn an_answer_that_is_dropped_hangs_up_at_once() {
    let (tell, hung_up) = tokio::sync::oneshot::channel();
    let server = one_connection(|mut stream| async move {
        assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
        stream.write_all(format!("{HEAD}2\r\nhi\r\n").as_bytes()).await.unwrap();
        let _ = tell.send(stream.read(&mut [0]).await.map_or(0, |read| read));
    })
    .await;
    let mut body = ask(&server).await;
    assert!(body.read(&mut Vec::new()).await.unwrap());
    drop(body);
    assert_eq!(timeout(Duration::from_millis(100), hung_up).await.unwrap(), Ok(0));
}

#[test]
fn an_open_answer_is_small() {
    assert!(size_of::<Answer>() <= 256, "{}", size_of::<Answer>());
}

/// A server that, on its first connection, answers once and says only `last` to the next request.
async fn hanging_up_on_the_second(last: &'static str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        for says in [&[&*chunks(1), last][..], &[&chunks(2)]] {
            let (mut stream, _) = listener.accept().await.unwrap();
            for says in says {
                assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
                stream.write_all(says.as_bytes()).await.unwrap();
            }
        }
    });
    Server::of(&url, Outgoing::new(&["127.0.0.0/8"]).unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_is_sent_again_only_if_nothing_of_its_answer_came() {
    let server = hanging_up_on_the_second("").await;
    assert_eq!(read_all(ask(&server).await).await.unwrap(), "hi");
    assert_eq!(read_all(ask(&server).await).await.unwrap(), "hihi");

    for last in ["H", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let server = hanging_up_on_the_second(last).await;
        assert_eq!(read_all(ask(&server).await).await.unwrap(), "hi");
        let asked = server.ask(request(Bytes::new())).await;
        assert!(matches!(asked, Err(NoAnswer::Broke(_))), "{last}");
    }
}
