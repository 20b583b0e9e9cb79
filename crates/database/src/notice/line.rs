//! The line on which changes are announced between replicas: one connection that listens.
//!
//! ```text
//! subscribe ─▶ is the session ours? ─yes─▶ pass on ─cut─▶ (nobody waits, and the database may sleep: until it is used)
//!     ▲                              └no─▶ a pooler stands between: those who wait read again now and then    │
//!     └────────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Behind a transaction pooler nothing may listen: what is announced would come to whoever has the session then, and break
//! what he is about.

use std::time::Duration;

use sqlx::{
    Connection as _, Executor, Postgres, Row as _,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tracing::{info, warn};

use super::{CHANNEL, Line, Notice, Outlet};
use crate::{ConnectError, connect};

/// Which process of the server this is.
const WHO: &str = "SELECT pg_backend_pid()";
/// How often two connections are asked that by turns.
const ROUNDS: usize = 8;
/// How often those who wait are told to read again where there is no line.
const WITHOUT_A_LINE: Duration = Duration::from_secs(15);

/// How long a line that is left must be silent before nothing more is expected of it.
const SILENCE: Duration = Duration::from_millis(200);
/// How long it is listened to at most: what comes all the while comes on the next line too.
const LEAVING: Duration = Duration::from_secs(1);

/// The task that listens; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    task: JoinHandle<()>,
    logins: watch::Sender<PgConnectOptions>,
}

impl Listener {
    /// Where it is told to listen with another login.
    pub(crate) fn logins(&self) -> watch::Sender<PgConnectOptions> {
        self.logins.clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens from now on, on a connection of its own. A database that `may_sleep` is not kept from it by this.
pub(crate) async fn listen(
    options: PgConnectOptions,
    outlet: Outlet,
    may_sleep: bool,
) -> Result<Listener, ConnectError> {
    let first = subscribe(&options, &outlet).await;
    let first = first.map_err(|source| connect::unreachable(&options, source))?;
    let (sender, logins) = watch::channel(options);
    let listening = Listening { logins, outlet, may_sleep };
    Ok(Listener { task: tokio::spawn(listening.run(first)), logins: sender })
}

/// `None` where nothing would ever be heard.
async fn subscribe(
    options: &PgConnectOptions,
    outlet: &Outlet,
) -> Result<Option<PgListener>, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    listener.eager_reconnect(false);
    if has_a_session(&mut listener, options).await? {
        listener.listen(CHANNEL).await?;
        outlet.set_line(Line::Up);
        return Ok(Some(listener));
    }
    if outlet.line() != Line::Pooled {
        warn!(
            "A pooler stands between here and the database: what other replicas change is seen late. A direct address would \
             mend that"
        );
    }
    outlet.set_line(Line::Pooled);
    Ok(None)
}

/// Whether the server's process is ours alone as long as we are connected. A transaction pooler lends the same to another
/// connection, or another one the next time.
async fn has_a_session(
    listener: &mut PgListener,
    options: &PgConnectOptions,
) -> Result<bool, sqlx::Error> {
    let mut other = connect::one(options).await?;
    let (ours, theirs) = (who(&mut *listener).await?, who(&mut other).await?);
    let mut is_ours = ours != theirs;
    for _ in 1..ROUNDS {
        is_ours &= who(&mut *listener).await? == ours && who(&mut other).await? == theirs;
    }
    other.close().await?;
    Ok(is_ours)
}

async fn who<'c>(connection: impl Executor<'c, Database = Postgres>) -> Result<i32, sqlx::Error> {
    connection.fetch_one(WHO).await?.try_get(0)
}

fn pass_on(outlet: &Outlet, payload: &str) {
    if let Some(notice) = Notice::from_payload(payload) {
        outlet.send(notice);
    }
}

struct Listening {
    logins: watch::Receiver<PgConnectOptions>,
    outlet: Outlet,
    may_sleep: bool,
}

/// Why a line is left.
enum Left {
    AnotherLogin,
    Cut,
}

impl Listening {
    /// Passes notices on for ever. Each time the line was cut it says so once it is up again: what was
    /// announced meanwhile is lost, and only its readers know what to read again.
    async fn run(mut self, mut line: Option<PgListener>) {
        loop {
            let left = match &mut line {
                Some(listener) => self.hear(listener).await,
                None => self.do_without().await,
            };
            if let Left::Cut = left {
                self.rest().await;
                line = self.subscribe_again().await;
                info!("Listening for changes again");
                self.outlet.send(Notice::missed());
            } else if let Some(old) = std::mem::replace(&mut line, self.subscribe_again().await) {
                finish(old, &self.outlet).await;
            }
        }
    }

    async fn hear(&mut self, listener: &mut PgListener) -> Left {
        loop {
            let received = tokio::select! {
                received = listener.try_recv() => received,
                Ok(()) = self.logins.changed() => return Left::AnotherLogin,
            };
            match received {
                Ok(Some(notification)) => pass_on(&self.outlet, notification.payload()),
                Ok(None) => return Left::Cut,
                Err(error) => {
                    warn!(%error, "Lost the line on which changes are announced");
                    return Left::Cut;
                }
            }
        }
    }

    async fn do_without(&mut self) -> Left {
        loop {
            tokio::select! {
                () = sleep(WITHOUT_A_LINE) => self.outlet.send_to_waiting(Notice::missed()),
                Ok(()) = self.logins.changed() => return Left::AnotherLogin,
            }
        }
    }

    /// A database that went to sleep is left in peace until somebody needs it.
    async fn rest(&self) {
        self.outlet.set_line(Line::Cut);
        if self.may_sleep && !self.outlet.is_waited_at() {
            self.outlet.sleep().await;
            self.outlet.set_line(Line::Cut);
        }
    }

    /// With the login of the moment, which may become another while it does not work.
    async fn subscribe_again(&mut self) -> Option<PgListener> {
        let mut wait = Duration::from_millis(100);
        loop {
            let options = self.logins.borrow_and_update().clone();
            match subscribe(&options, &self.outlet).await {
                Ok(line) => return line,
                Err(error) => warn!(%error, "Cannot listen for changes"),
            }
            sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(5));
        }
    }
}

/// What has already come on a line that is left. Another listens already, so a notice may be passed on twice, but none is
/// lost.
async fn finish(mut old: PgListener, outlet: &Outlet) {
    let deadline = Instant::now() + LEAVING;
    while Instant::now() < deadline
        && let Ok(Ok(Some(notification))) = timeout(SILENCE, old.try_recv()).await
    {
        pass_on(outlet, notification.payload());
    }
}
