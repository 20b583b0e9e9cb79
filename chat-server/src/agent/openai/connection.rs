//! HTTP/1.1 without TLS, as a model's server within one's own network speaks it.
//!
//! hyper hands over each chunk of a body by itself, from the task of the connection to that of its
//! reader and back: two switches of tasks for each word. Here whoever reads an answer drives its
//! connection too, in the same task, until nothing more is there.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use reqwest::Url;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::outgoing::{CONNECT, Outgoing};

/// Connections that wait for the next request, at most, and how long they may.
const IDLE: (usize, Duration) = (64, Duration::from_secs(30));

/// What is read at once, and the longest head of an answer. An open answer holds so much.
const READ: usize = 8 << 10;

type Driver = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// A server. Clones share its connections.
#[derive(Clone)]
pub(super) struct Server(Arc<Shared>);

struct Shared {
    host: String,
    port: u16,
    outgoing: Outgoing,
    idle: Mutex<Vec<(Instant, Connection)>>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// None once it has ended.
    driver: Option<Driver>,
}

/// Why a request brought no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("no connection")]
    Connect(#[source] io::Error),
    #[error("the connection broke")]
    Broke(#[from] hyper::Error),
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
    pub(super) async fn ask(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Answer>, NoAnswer> {
        if let Some(mut connection) = self.idle() {
            // It may have been hung up on a moment ago.
            if let Ok(response) = connection.ask(request.clone()).await {
                return Ok(self.answer(response, connection));
            }
        }
        let mut connection = self.connect().await?;
        let response = connection.ask(request).await?;
        Ok(self.answer(response, connection))
    }

    fn answer(&self, response: Response<Incoming>, connection: Connection) -> Response<Answer> {
        let server = self.clone();
        response.map(|body| Answer { body, connection: Some(connection), server })
    }

    async fn connect(&self) -> Result<Connection, NoAnswer> {
        let stream = timeout(CONNECT, self.open()).await.unwrap_or_else(|late| Err(late.into()));
        let stream = stream.map_err(NoAnswer::Connect)?;
        let mut http = http1::Builder::new();
        http.read_buf_exact_size(Some(READ));
        let (sender, driver) = http.handshake(TokioIo::new(stream)).await?;
        Ok(Connection { sender, driver: Some(driver) })
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

    fn idle(&self) -> Option<Connection> {
        let mut idle = self.lock();
        idle.retain(|(since, _)| since.elapsed() < IDLE.1);
        loop {
            let (_, mut connection) = idle.pop()?;
            if connection.is_ready() {
                return Some(connection);
            }
        }
    }

    fn keep(&self, mut connection: Connection) {
        if !connection.is_ready() {
            return;
        }
        let mut idle = self.lock();
        if idle.len() < IDLE.0 {
            idle.push((Instant::now(), connection));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Connection)>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Moves bytes between the socket and whoever sends and reads.
    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && Pin::new(driver).poll(context).is_ready()
        {
            // An error is told to the one who waits, too.
            self.driver = None;
        }
    }

    fn is_ready(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }

    async fn ask(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        let mut response = pin!(self.sender.send_request(request));
        std::future::poll_fn(|context| {
            if let Some(driver) = &mut self.driver
                && Pin::new(driver).poll(context).is_ready()
            {
                self.driver = None;
            }
            response.as_mut().poll(context)
        })
        .await
    }
}

/// The body of an answer. When it has ended, the connection waits for the next request.
pub(super) struct Answer {
    body: Incoming,
    connection: Option<Connection>,
    server: Server,
}

impl Answer {
    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // The two wake each other, which is not to wake this task: both are looked at here anyway.
        let mut quiet = Context::from_waker(Waker::noop());
        let mut frame = self.look(&mut quiet);
        if frame.is_pending() {
            frame = self.look(context);
        }
        if matches!(frame, Poll::Ready(None))
            && let Some(connection) = self.connection.take()
        {
            self.server.keep(connection);
        }
        frame
    }

    fn look(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(connection) = &mut self.connection {
            connection.drive(context);
        }
        Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(Waker::noop()))
    }
}

#[cfg(test)]
mod tests;
