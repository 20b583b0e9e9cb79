//! Connections that are refused, broken or brought to their end.

use super::*;

#[tokio::test]
async fn a_request_knows_where_it_came_from() {
    let program = Program::start(Limits::default()).await;
    assert!(program.connect().await.get("/from").await.contains("\r\n\r\n127.0.0.1:"));
}

#[tokio::test]
async fn one_address_gets_so_many_connections_and_no_more() {
    let limits =
        Limits { max_connections_per_address: 2, count_loopback: true, ..Limits::default() };
    let program = Program::start(limits).await;
    let (mut first, mut second) = (program.connect().await, program.connect().await);
    assert!(first.get("/").await.ends_with("hello"));
    assert!(second.get("/").await.ends_with("hello"));
    assert_eq!(program.connect().await.until_closed().await, "");
    assert!(program.metrics().contains(r#"connections_refused_total{reason="address"} 1"#));
    assert!(second.get("/").await.ends_with("hello"), "the others are still served");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_connection_lives_on() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    let answer = client.get("/panic").await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(answer.contains(r#""code":"internal""#), "{answer}");
    assert!(client.get("/").await.ends_with("hello"));
    assert!(program.metrics().contains("t_http_panics_total 1"));
}

#[tokio::test]
async fn a_shutdown_lets_a_running_answer_finish() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.until("event 0\n").await;
    program.shutdown.finish(Duration::from_mins(1)).await;
    let rest = client.until_closed().await;
    assert!(rest.contains("event 9\n") && rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[tokio::test]
async fn a_shutdown_closes_idle_connections_and_takes_no_new_ones() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    assert!(client.get("/").await.ends_with("hello"));
    program.shutdown.finish(Duration::from_mins(1)).await;
    assert_eq!(client.until_closed().await, "");
    let refused = tokio::net::TcpStream::connect(program.address).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn what_is_stopped_may_say_so_before_its_connection_ends() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    client.send("GET /work HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.until("begun\n").await;
    program.shutdown.finish(Duration::ZERO).await;
    let rest = client.until_closed().await;
    assert!(rest.contains("stopped\n") && rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_when_the_grace_is_over() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    client.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.until("event 0\n").await;
    program.shutdown.finish(SHORT).await;
    assert!(!client.until_closed().await.ends_with("0\r\n\r\n"), "it must not look complete");
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_sentence() {
    let program = Program::start(Limits::default()).await;
    let error = bind(program.address).await.unwrap_err();
    let sentence = format!("cannot listen on {}: another program uses that port", program.address);
    assert_eq!(error.to_string(), sentence);
}
