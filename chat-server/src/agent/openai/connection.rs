//! HTTP/1.1 without TLS, as a model's server within one's own network speaks it.
//!
//! ```text
//! connection   connections, and the body of an answer
//!   ├ exchange  a request out, bytes in
//!   ├ head      of a request, of an answer
//!   └ framing   what of the bytes is body
//! ```
//!
//! An answer stays open for as long as the model writes, and many do at once: whoever reads one reads
//! the socket itself, and holds no buffer while it waits.

mod exchange;
mod framing;
mod head;

use std::{
    io, mem,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use reqwest::Url;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout},
};

use self::{
    exchange::Exchange,
    framing::{Framing, Misframed},
    head::{BadHead, Head},
};
use crate::outgoing::{CONNECT, Outgoing};

/// Connections that wait for the next request, at most, and how long they may.
const IDLE: (usize, Duration) = (64, Duration::from_secs(30));

/// A server. Clones share its connections.
#[derive(Clone)]
pub(super) struct Server(Arc<Shared>);

struct Shared {
    host: String,
    port: u16,
    outgoing: Outgoing,
    idle: Mutex<Vec<(Instant, TcpStream)>>,
}

/// Why a request brought no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("no connection")]
    Connect(#[source] io::Error),
    #[error("the connection broke before an answer came")]
    Unanswered(#[source] io::Error),
    #[error("the connection broke")]
    Broke(#[source] io::Error),
    #[error("the answer is not one of HTTP/1.1")]
    Head(#[from] BadHead),
}

impl Server {
    /// The server of `url`, if it is asked without TLS.
    pub(super) fn of(url: &Url, outgoing: Outgoing) -> Option<Self> {
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port_or_known_default()?;
        let shared = Shared { host, port, outgoing, idle: Mutex::default() };
        (url.scheme() == "http").then(|| Self(Arc::new(shared)))
    }

    /// Asks over a connection that is idle, or a new one.
    pub(super) async fn ask(&self, request: Request<Bytes>) -> Result<Response<Answer>, NoAnswer> {
        if let Some(stream) = self.idle() {
            match self.ask_over(stream, &request).await {
                // It may have been hung up on a moment ago.
                Err(NoAnswer::Unanswered(_)) => {}
                answer => return answer,
            }
        }
        let stream = self.connect().await?;
        self.ask_over(stream, &request).await
    }

    async fn ask_over(
        &self,
        stream: TcpStream,
        request: &Request<Bytes>,
    ) -> Result<Response<Answer>, NoAnswer> {
        let mut exchange = Exchange::new(stream, request);
        let mut early = Vec::new();
        let Head { response, framing, stays, .. } = exchange.head(&mut early).await?;
        let server = stays.then(|| self.clone());
        let mut answer = Answer { framing, early, exchange: Some(exchange), server };
        if framing.has_ended() {
            answer.end(answer.early.is_empty());
        }
        Ok(response.map(|()| answer))
    }

    async fn connect(&self) -> Result<TcpStream, NoAnswer> {
        let stream = timeout(CONNECT, self.open()).await.unwrap_or_else(|late| Err(late.into()));
        stream.map_err(NoAnswer::Connect)
    }

    async fn open(&self) -> io::Result<TcpStream> {
        let Shared { host, port, outgoing, .. } = &*self.0;
        let addresses = match host.parse::<IpAddr>() {
            // Judged when it was configured.
            Ok(address) => vec![SocketAddr::new(address, *port)],
            Err(_) => outgoing.addresses(host, *port).await?,
        };
        let stream = TcpStream::connect(&*addresses).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn idle(&self) -> Option<TcpStream> {
        let mut idle = self.lock();
        idle.retain(|(since, _)| since.elapsed() < IDLE.1);
        loop {
            let (_, mut stream) = idle.pop()?;
            if is_quiet(&mut stream) {
                return Some(stream);
            }
        }
    }

    fn keep(&self, mut stream: TcpStream) {
        if !is_quiet(&mut stream) {
            return;
        }
        let mut idle = self.lock();
        if idle.len() < IDLE.0 {
            idle.push((Instant::now(), stream));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, TcpStream)>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether neither bytes nor an end has come that nobody asked for.
fn is_quiet(stream: &mut TcpStream) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(stream).poll_read(&mut context, &mut ReadBuf::new(&mut [0])).is_pending()
}

/// The body of an answer. When it has ended, the connection waits for the next request.
pub(super) struct Answer {
    framing: Framing,
    /// What came together with the head.
    early: Vec<u8>,
    /// None once the body has ended.
    exchange: Option<Exchange>,
    /// Where the connection is used again, if it may be.
    server: Option<Server>,
}

impl Answer {
    /// Adds what has come to `body`, which may be nothing; says whether more may follow.
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        body: &mut Vec<u8>,
    ) -> Poll<io::Result<bool>> {
        let Self { framing, early, exchange: Some(exchange), .. } = self else {
            return Poll::Ready(Ok(false));
        };
        let early = mem::take(early);
        let taken = if early.is_empty() {
            ready!(exchange.poll_read(context, |bytes| take(framing, bytes, body)))
        } else {
            take(framing, &early, body)
        };
        match &taken {
            Ok(all) if framing.has_ended() => self.end(*all),
            Ok(_) => {}
            Err(_) => self.exchange = None,
        }
        Poll::Ready(taken.map(|_| true))
    }

    /// Lets go of the connection. Bytes after the body are no answer to anything that was asked.
    fn end(&mut self, nothing_follows: bool) {
        let stream = self.exchange.take().and_then(Exchange::into_stream);
        if let (Some(server), Some(stream), true) = (self.server.take(), stream, nothing_follows) {
            server.keep(stream);
        }
    }
}

/// Adds what of `bytes` is body to `body`; says whether that was all.
fn take(framing: &mut Framing, bytes: &[u8], body: &mut Vec<u8>) -> io::Result<bool> {
    let kind = |misframed: &Misframed| match misframed {
        Misframed::CutOff => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::InvalidData,
    };
    match framing.take(bytes, body) {
        Ok(rest) => Ok(rest.is_empty()),
        Err(misframed) => Err(io::Error::new(kind(&misframed), misframed)),
    }
}

#[cfg(test)]
mod tests;
