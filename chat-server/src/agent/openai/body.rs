//! The body of a model's answer on its way to the SSE parser, which keeps no bounds of its own: it
//! holds an unfinished line however long, and what it has parsed waits in a channel without end.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, future};
use reqwest::{Body, Response};
use tokio::sync::Notify;

const LARGEST_BODY: usize = 16 << 20;
const LONGEST_LINE: usize = 2 << 20;
const LARGEST_ERROR: usize = 64 << 10;

/// `response` with a body that ends in an error where it grows beyond reason, and that tells
/// `keep_alive` of comments, which the SSE parser swallows.
pub(super) fn bounded(response: Response, keep_alive: Arc<Notify>) -> Response {
    let status = response.status();
    let mut bounds = Bounds::default();
    let body = response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        bounds.grow(&chunk)?;
        if is_keep_alive(&chunk) {
            keep_alive.notify_one();
        }
        Ok::<Bytes, io::Error>(chunk)
    });
    let mut bounded = http::Response::new(Body::wrap_stream(body));
    *bounded.status_mut() = status;
    bounded.into()
}

/// The beginning of an error's body; what cannot be read is left out.
pub(super) async fn error(response: Response) -> Vec<u8> {
    beginning(response.bytes_stream()).await
}

async fn beginning<E>(body: impl Stream<Item = Result<Bytes, E>>) -> Vec<u8> {
    let mut start = Vec::new();
    let mut body = std::pin::pin!(body.take_while(|chunk| future::ready(chunk.is_ok())));
    while let Some(Ok(chunk)) = body.next().await {
        let room = LARGEST_ERROR - start.len();
        start.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if start.len() == LARGEST_ERROR {
            break;
        }
    }
    start
}

#[derive(Default)]
struct Bounds {
    body: usize,
    line: usize,
}

impl Bounds {
    fn grow(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.body += chunk.len();
        self.line = match chunk.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => chunk.len() - end - 1,
            None => self.line + chunk.len(),
        };
        if self.body > LARGEST_BODY || self.line > LONGEST_LINE {
            return Err(io::Error::other("the answer is too large"));
        }
        Ok(())
    }
}

fn is_keep_alive(chunk: &[u8]) -> bool {
    let start = chunk.trim_ascii_start();
    start.starts_with(b":") || start.starts_with(b"event: keepalive")
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_line_and_a_body_without_end_are_refused() {
        let mut bounds = Bounds::default();
        let piece = vec![b'x'; LONGEST_LINE];
        assert!(bounds.grow(&piece).is_ok());
        assert!(bounds.grow(b"x").is_err());

        let mut bounds = Bounds::default();
        let lines = b"data: x\n".repeat(1024);
        let fits = LARGEST_BODY / lines.len();
        assert!((0..fits).all(|_| bounds.grow(&lines).is_ok()));
        assert!(bounds.grow(&lines).is_err());
    }

    #[test]
    fn comments_keep_alive_and_data_does_not() {
        assert!(is_keep_alive(b": OPENROUTER PROCESSING\n\n"));
        assert!(is_keep_alive(b"\n:\n"));
        assert!(is_keep_alive(b"event: keepalive\ndata: {}\n\n"));
        assert!(!is_keep_alive(b"data: {}\n\n"));
        assert!(!is_keep_alive(b""));
    }

    #[tokio::test]
    async fn an_endless_error_is_read_no_further_than_needed() {
        let endless = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 1000])));
        assert_eq!(beginning(endless).await.len(), LARGEST_ERROR);
        let broken = stream::iter([Ok(Bytes::from_static(b"ab")), Err(io::Error::other("reset"))]);
        assert_eq!(beginning(broken).await, b"ab");
    }
}
