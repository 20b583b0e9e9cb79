//! One connection from its first byte to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use super::activity::{Activity, Expired, Watch};
use super::body::{Answer, Timed};
use super::seats::Seat;
use super::socket::Socket;
use super::{Limits, RemoteAddr};
use crate::{HttpMetrics, Shutdown};

/// Largest head of a request, which HTTP/1 answers with 431, and so the most that is buffered.
const LARGEST_HEAD: usize = 32 * 1024;
/// Most requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// How often a silent HTTP/2 client is asked whether it is still there, and how long it may think.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(20));
/// How long a polite end of an idle connection may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long those who are being answered may still be told why that ends; less than a program takes for its end.
const LAST_WORDS: Duration = Duration::from_millis(2_500);

/// What is the same for all connections of a listener.
#[derive(Clone)]
pub(super) struct Connection {
    router: Router,
    limits: Limits,
    metrics: HttpMetrics,
    soft: CancellationToken,
    hard: CancellationToken,
    http: Arc<Http>,
}

/// How connections are served.
struct Http {
    /// What looks at the first bytes itself to tell the version. It reads them apart, and then wants a larger buffer for the rest.
    any: Builder<TokioExecutor>,
    one: Builder<TokioExecutor>,
}

impl Connection {
    pub(super) fn new(
        router: Router,
        limits: Limits,
        metrics: HttpMetrics,
        shutdown: &Shutdown,
    ) -> Self {
        Self {
            router,
            limits,
            metrics,
            soft: shutdown.soft().clone(),
            hard: shutdown.hard().clone(),
            http: Arc::new(Http { any: http(), one: http().http1_only() }),
        }
    }

    /// Serves `stream` to its end. The seat is kept that long.
    pub(super) async fn run(self, stream: TcpStream, remote: SocketAddr, _seat: Seat) {
        let metrics = self.metrics.clone();
        if AssertUnwindSafe(self.serve(stream, remote)).catch_unwind().await.is_err() {
            metrics.panicked();
        }
    }

    async fn serve(self, stream: TcpStream, remote: SocketAddr) {
        let Self { router, limits, metrics, soft, hard, http } = self;
        let activity = Activity::new();
        let mut watch = Watch::new(activity.clone(), limits);
        let is_http1 = tokio::select! {
            biased;
            is_http1 = begins_http1(&stream) => is_http1,
            expired = watch.expired() => return metrics.cut(expired.as_str()),
            () = soft.cancelled() => return,
        };
        let http = if is_http1 { &http.one } else { &http.any };
        let socket = TokioIo::new(Socket::new(stream, activity.clone()));
        let requests = Requests { router, remote, activity, body: limits.body };
        let mut connection = pin!(http.serve_connection(socket, requests));
        // Tokens of its own: polling a shared one takes a lock that all connections share.
        let (soft, hard) = (soft.child_token(), hard.child_token());
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                _ended = connection.as_mut() => return,
                expired = watch.expired() => {
                    metrics.cut(expired.as_str());
                    if expired == Expired::Idle {
                        connection.as_mut().graceful_shutdown();
                        let _ = tokio::time::timeout(FAREWELL, connection).await;
                    }
                    return;
                }
                () = hard.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(LAST_WORDS, connection).await;
                    return;
                }
                () = soft.cancelled(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Whether the first bytes that come are no beginning of the preface of HTTP/2, `PRI * HTTP/2.0`. They stay where they are.
async fn begins_http1(stream: &TcpStream) -> bool {
    let mut first = [0; 3];
    let came = stream.peek(&mut first).await.unwrap_or_default();
    came > 0 && !b"PRI".starts_with(&first[..came])
}

fn http() -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        // hyper's own would count the pause between two requests; `activity` tells them apart.
        .header_read_timeout(None)
        .max_buf_size(LARGEST_HEAD);
    http.http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(LARGEST_HEAD).expect("32 KiB fit"))
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1);
    http
}

/// The program's router, as hyper calls it for each request of a connection.
struct Requests {
    router: Router,
    remote: SocketAddr,
    activity: Arc<Activity>,
    body: Duration,
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Answer>, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let in_request = self.activity.request(request.version());
        let deadline = Instant::now() + self.body;
        let mut request = request.map(|body| Body::new(Timed::new(body, deadline)));
        request.extensions_mut().insert(RemoteAddr(self.remote));
        let answer = self.router.clone().call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Answer::new(body, in_request))) })
    }
}
