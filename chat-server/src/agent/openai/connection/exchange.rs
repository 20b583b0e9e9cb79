//! One request over a connection, and the bytes that answer it.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, buf::Chain};
use http::Request;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
};
use tokio_util::io::poll_write_buf;

use super::{
    NoAnswer,
    head::{self, Head},
};

/// What is read at once. It lies on the stack: an answer that waits holds none of it.
const READ: usize = 16 << 10;

pub(super) struct Exchange {
    stream: TcpStream,
    request: Sending,
}

/// How far a request has gone out.
enum Sending {
    Rest(Box<Chain<Bytes, Bytes>>),
    Done,
    /// The server reads no more of it. It may have answered before.
    Broke,
}

impl Exchange {
    pub(super) fn new(stream: TcpStream, request: &Request<Bytes>) -> Self {
        let body = request.body().clone();
        let head = Bytes::from(head::written(request, body.len()));
        Self { stream, request: Sending::Rest(Box::new(head.chain(body))) }
    }

    /// Reads the head of the answer; what came after it is left in `came`.
    pub(super) async fn head(&mut self, came: &mut Vec<u8>) -> Result<Head, NoAnswer> {
        let mut begun = false;
        loop {
            while let Some(head) = Head::read(came)? {
                came.drain(..head.size);
                if !head.is_interim() {
                    return Ok(head);
                }
            }
            let more = poll_fn(|context| self.poll_read(context, |bytes| add(came, bytes))).await;
            more.map_err(if begun { NoAnswer::Broke } else { NoAnswer::Unanswered })?;
            begun = true;
        }
    }

    /// Hands what has come to `taken`, or nothing when the server has hung up. What is left of the
    /// request goes out meanwhile.
    pub(super) fn poll_read<T>(
        &mut self,
        context: &mut Context<'_>,
        taken: impl FnOnce(&[u8]) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.send(context);
        let mut piece = [MaybeUninit::uninit(); READ];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
        Poll::Ready(taken(piece.filled()))
    }

    fn send(&mut self, context: &mut Context<'_>) {
        while let Sending::Rest(rest) = &mut self.request {
            match poll_write_buf(Pin::new(&mut self.stream), context, &mut **rest) {
                Poll::Ready(Ok(1..)) if rest.has_remaining() => {}
                Poll::Ready(Ok(1..)) => self.request = Sending::Done,
                Poll::Ready(_) => self.request = Sending::Broke,
                Poll::Pending => return,
            }
        }
    }

    /// The connection, if the request went out whole.
    pub(super) fn into_stream(self) -> Option<TcpStream> {
        matches!(self.request, Sending::Done).then_some(self.stream)
    }
}

fn add(came: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    came.extend_from_slice(bytes);
    Ok(())
}
