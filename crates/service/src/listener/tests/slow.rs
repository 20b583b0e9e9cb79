//! Clients that take their time.

use super::*;

#[tokio::test]
async fn a_silent_socket_is_closed_after_the_header_time_out() {
    let program = Program::start(Limits { header: SHORT, ..Limits::default() }).await;
    assert_eq!(program.connect().await.until_closed().await, "");
    assert!(program.metrics().contains(r#"t_http_connections_cut_total{reason="header"} 1"#));
}

#[tokio::test]
async fn half_a_head_is_closed_after_the_header_time_out() {
    let program = Program::start(Limits { header: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: x\r\n").await;
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn a_head_that_trickles_has_no_more_time_than_any_other() {
    let program = Program::start(Limits { header: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    client.send("GET / HTTP/1.1\r\nx: ").await;
    let mut pace = tokio::time::interval(SHORT / 6);
    let mut sent = 0;
    while client.trickle(b'a').await {
        pace.tick().await;
        sent += 1;
        assert!(sent < 500, "the server waits for as long as bytes come");
    }
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_answered() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    let mut pace = tokio::time::interval(Duration::from_millis(1));
    // Its first letter might be that of HTTP/2's preface.
    for byte in b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n[1]" {
        assert!(client.trickle(*byte).await);
        pace.tick().await;
    }
    assert!(client.answer().await.ends_with("[1]"));
}

#[tokio::test]
async fn half_a_second_head_does_not_get_the_idle_time() {
    let program = Program::start(Limits { header: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    assert!(client.get("/").await.ends_with("hello"));
    client.send("GET / HT").await;
    assert_eq!(client.until_closed().await, "");
    assert!(program.metrics().contains(r#"cut_total{reason="header"} 1"#));
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_idle_time_out() {
    let program = Program::start(Limits { idle: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    assert!(client.get("/").await.ends_with("hello"));
    assert_eq!(client.until_closed().await, "");
    assert!(program.metrics().contains(r#"cut_total{reason="idle"} 1"#));
}

#[tokio::test]
async fn half_a_body_is_answered_with_408_and_closed() {
    let program = Program::start(Limits { body: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[1,").await;
    let answer = client.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains(r#"{"error":{"code":"request_timeout""#), "{answer}");
}

#[tokio::test]
async fn a_body_in_two_pieces_is_read_within_its_time() {
    let program = Program::start(Limits { header: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n[1,").await;
    client.send("2]").await;
    assert!(client.answer().await.ends_with("[1,2]"));
}

#[tokio::test]
async fn a_long_answer_outlives_every_time_out() {
    let limits =
        Limits { header: SHORT, body: SHORT, idle: SHORT, write: SHORT, ..Limits::default() };
    let program = Program::start(limits).await;
    let mut client = program.connect().await;
    client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = client.until("\r\n0\r\n\r\n").await;
    assert!(answer.contains("event 9\n"), "{answer}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut() {
    let program = Program::start(Limits { write: SHORT, ..Limits::default() }).await;
    let mut client = program.connect().await;
    client.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.until("\r\n\r\n").await;
    program.no_connections().await;
    assert!(program.metrics().contains(r#"cut_total{reason="write"} 1"#));
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let program = Program::start(Limits::default()).await;
    let mut client = program.connect().await;
    client.send(&format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(40_000))).await;
    let answer = client.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
