//! An HTTP/1.1 client that can misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than anything here takes, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), unread: Vec::new() }
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends one byte, if the server still takes any.
    pub(super) async fn trickle(&mut self, byte: u8) -> bool {
        self.stream.write_all(&[byte]).await.is_ok()
    }

    /// Sends a GET and reads the whole answer: its head and, by `Content-Length`, its body.
    pub(super) async fn get(&mut self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        self.answer().await
    }

    pub(super) async fn answer(&mut self) -> String {
        let head = self.until("\r\n\r\n").await;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            assert!(self.read().await > 0, "closed within a body after {head:?}");
        }
        head + &self.taken(length)
    }

    /// Everything up to and with `end`.
    pub(super) async fn until(&mut self, end: &str) -> String {
        loop {
            let found = self.unread.windows(end.len()).position(|window| window == end.as_bytes());
            if let Some(at) = found {
                return self.taken(at + end.len());
            }
            let so_far = String::from_utf8_lossy(&self.unread).into_owned();
            assert!(self.read().await > 0, "closed before {end:?}, after {so_far:?}");
        }
    }

    /// Everything until the server closes the connection, orderly or not.
    pub(super) async fn until_closed(&mut self) -> String {
        while self.read().await > 0 {}
        self.taken(self.unread.len())
    }

    async fn read(&mut self) -> usize {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await;
        read.expect("the server does something within the patience of the test").unwrap_or(0)
    }

    fn taken(&mut self, length: usize) -> String {
        String::from_utf8(self.unread.drain(..length).collect()).unwrap()
    }
}
