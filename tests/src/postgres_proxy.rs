//! Stands between a program and a Postgres server: counts what is said, hangs up after a certain statement, and plays a
//! database that sleeps.
//!
//! ```text
//! program ─TCP on loopback─▶ PostgresProxy ─▶ the server's socket
//!                            Awake · HangsUp · Hangs; cut() ends all that is open
//! ```

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::BytesMut;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream, UnixStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
        unix,
    },
    sync::watch,
    task::JoinHandle,
};

/// How the database takes those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As ever.
    Awake,
    /// It accepts, and hangs up.
    HangsUp,
    /// It accepts, and says nothing until it is awake.
    Hangs,
}

/// A proxy in front of the server that tests run on. It ends with it.
pub struct PostgresProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    server: PathBuf,
    statements: AtomicUsize,
    questions: AtomicUsize,
    connections: AtomicUsize,
    /// The statement after which everything is cut.
    last: AtomicUsize,
    mood: watch::Sender<Mood>,
    cuts: watch::Sender<usize>,
}

impl PostgresProxy {
    /// In front of the server that listens on the socket of this URL.
    pub async fn in_front_of(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let folder = options.get_socket().expect("the tests' server is on a socket");
        let server = folder.join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared {
            server,
            statements: AtomicUsize::new(0),
            questions: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            last: AtomicUsize::new(usize::MAX),
            mood: watch::channel(Mood::Awake).0,
            cuts: watch::channel(0).0,
        });
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, accepting }
    }

    /// The same URL, by way of the proxy.
    pub fn url(&self, url: &str) -> String {
        let options: PgConnectOptions = url.parse().unwrap();
        let mut url = options.to_url_lossy();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let others = pairs.into_iter().filter(|(key, _)| key != "host" && key != "sslmode");
        let others: Vec<_> = others.chain([("sslmode".into(), "disable".into())]).collect();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.query_pairs_mut().clear().extend_pairs(others);
        url.to_string()
    }

    /// How many statements have been sent.
    pub fn statements(&self) -> usize {
        self.shared.statements.load(Ordering::SeqCst)
    }

    /// How often an answer was waited for.
    pub fn questions(&self) -> usize {
        self.shared.questions.load(Ordering::SeqCst)
    }

    /// How many have come.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Everything is cut once this many statements have reached the server; nobody hears what came of the last, and nobody
    /// comes in after that.
    pub fn cut_after(&self, statements: usize) {
        self.shared.last.store(statements, Ordering::SeqCst);
    }

    /// Whether that has happened.
    pub fn has_cut(&self) -> bool {
        self.statements() >= self.shared.last.load(Ordering::SeqCst)
    }

    /// How those are taken who come from now on.
    pub fn mood(&self, mood: Mood) {
        self.shared.mood.send_replace(mood);
    }

    /// Ends what is open.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for PostgresProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(serve(client, shared.clone()));
    }
}

async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    tokio::select! {
        _ = cuts.changed() => {}
        () = connect(client, &shared) => {}
    }
}

async fn connect(client: TcpStream, shared: &Shared) {
    let mut mood = shared.mood.subscribe();
    if *mood.borrow_and_update() == Mood::HangsUp {
        return;
    }
    if mood.wait_for(|mood| *mood == Mood::Awake).await.is_err() {
        return;
    }
    if shared.statements.load(Ordering::SeqCst) >= shared.last.load(Ordering::SeqCst) {
        return;
    }
    let server = open(&shared.server).await;
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    tokio::select! {
        () = forward(from_client, to_server, shared) => {}
        () = answer(from_server, to_client) => {}
    }
}

async fn open(server: &Path) -> UnixStream {
    UnixStream::connect(server).await.unwrap()
}

async fn answer(mut from: unix::OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
}

/// Message by message. The first has no type.
async fn forward(mut from: OwnedReadHalf, mut to: unix::OwnedWriteHalf, shared: &Shared) {
    let (mut buffer, mut has_begun) = (BytesMut::new(), false);
    loop {
        while let Some(length) = message(&buffer, has_begun) {
            let message = buffer.split_to(length);
            let is_statement = has_begun && matches!(message[0], b'Q' | b'E');
            if has_begun && matches!(message[0], b'Q' | b'S') {
                shared.questions.fetch_add(1, Ordering::SeqCst);
            }
            has_begun = true;
            if to.write_all(&message).await.is_err() {
                return;
            }
            if is_statement {
                let sent = shared.statements.fetch_add(1, Ordering::SeqCst) + 1;
                if sent >= shared.last.load(Ordering::SeqCst) {
                    shared.cuts.send_modify(|cuts| *cuts += 1);
                    std::future::pending::<()>().await;
                }
            }
        }
        match from.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// How long the first message in the buffer is, if all of it is there.
fn message(buffer: &[u8], has_type: bool) -> Option<usize> {
    let start = usize::from(has_type);
    let length = buffer.get(start..start + 4)?;
    let length = u32::from_be_bytes(length.try_into().unwrap());
    let length = start + usize::try_from(length).unwrap();
    (buffer.len() >= length).then_some(length)
}
