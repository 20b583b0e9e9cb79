//! Accepting connections, with the time-outs and caps that `axum::serve` does not have.
//!
//! ```text
//! accept ─▶ seats.rs       room for one more, in all and for this address? else closed at once
//!        ─▶ connection.rs  one task: hyper ⇄ the program's Router, until done, cut or stopping
//!              ├ activity.rs  what the connection is doing, and until when it may
//!              ├ socket.rs    tells activity about bytes read and writes that do not get through
//!              └ body.rs      a request body with a deadline; a response body that tells its end
//! ```
//!
//! While a request is being answered no timer but the one for stuck writes runs, so a stream of
//! events may last for days.

mod activity;
mod body;
mod connection;
mod seats;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};

pub use body::BodyTimedOut;
use connection::Connection;
use seats::Seats;

use crate::{HttpMetrics, Shutdown, duration};

/// Pause after an accept that failed for want of something, mostly file descriptors.
const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// The public listener and what it tolerates.
#[derive(Clone, Debug, clap::Args)]
pub struct ListenerArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDR", env = "TODOCHAT_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// What it tolerates.
    #[command(flatten)]
    pub limits: Limits,
}

/// What one listener grants its clients.
#[derive(Clone, Copy, Debug, clap::Args)]
#[group(id = "listener-limits")] // clap wants it unique among all that a program flattens
pub struct Limits {
    /// How long a client may take to send the head of a request
    #[arg(
        long = "header-timeout",
        value_name = "DURATION",
        env = "TODOCHAT_HEADER_TIMEOUT",
        default_value = "10s",
        value_parser = duration::parse
    )]
    pub header: Duration,

    /// How long a client may take to send the body of a request
    #[arg(
        long = "body-timeout",
        value_name = "DURATION",
        env = "TODOCHAT_BODY_TIMEOUT",
        default_value = "20s",
        value_parser = duration::parse
    )]
    pub body: Duration,

    /// How long a connection may be kept open between two requests
    #[arg(
        long = "idle-timeout",
        value_name = "DURATION",
        env = "TODOCHAT_IDLE_TIMEOUT",
        default_value = "60s",
        value_parser = duration::parse
    )]
    pub idle: Duration,

    /// How long a client may take none of the bytes that wait for it
    #[arg(
        long = "write-timeout",
        value_name = "DURATION",
        env = "TODOCHAT_WRITE_TIMEOUT",
        default_value = "30s",
        value_parser = duration::parse
    )]
    pub write: Duration,

    /// Most connections at a time
    #[arg(long, value_name = "N", env = "TODOCHAT_MAX_CONNECTIONS", default_value_t = 20_000)]
    pub max_connections: usize,

    /// Most connections at a time from one address (IPv6: one /64); 0 is no limit of its own.
    /// Loopback is not counted: it is a proxy or a person at this machine
    #[arg(
        long,
        value_name = "N",
        env = "TODOCHAT_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 256
    )]
    pub max_connections_per_address: usize,

    /// Whether loopback counts as an address like any other; for tests, which have no other.
    #[arg(skip)]
    pub count_loopback: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            body: Duration::from_secs(20),
            idle: Duration::from_mins(1),
            write: Duration::from_secs(30),
            max_connections: 20_000,
            max_connections_per_address: 256,
            count_loopback: false,
        }
    }
}

/// The address a request came from, in the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

/// Why an address cannot be listened on, in a sentence for the person who chose it.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else has the port.
    #[error("cannot listen on {address}: another program uses that port")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Anything else, as the system says it.
    #[error("cannot listen on {address}")]
    Refused {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Takes the port. From here on clients can connect, and wait until [`serve`] begins.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { address },
        _ => BindError::Refused { address, source },
    })
}

/// Serves `router` until the soft stage of `shutdown`; connections are its tracked tasks, end
/// gracefully after it, and have a few seconds for their last words from the hard stage on.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    metrics: HttpMetrics,
    shutdown: Shutdown,
) {
    let seats = Seats::new(limits, metrics.clone());
    let connection = Connection::new(router, limits, metrics, &shutdown);
    loop {
        let (stream, remote) = tokio::select! {
            biased;
            () = shutdown.soft().cancelled() => return,
            accepted = accept(&listener) => accepted,
        };
        // Without a seat the stream is dropped here, which closes it.
        if let Some(seat) = seats.take(remote.ip()) {
            shutdown.tracker().spawn(connection.clone().run(stream, remote, seat));
        }
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                // Each delta of an answer is its own small write and must leave at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "Could not turn Nagle's algorithm off");
                }
                return (stream, remote);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "Could not accept a connection");
                tokio::time::sleep(AFTER_A_FAILED_ACCEPT).await;
            }
        }
    }
}

/// The client went away while it stood in the queue.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests;
