//! The handle that programs hold.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Instant,
};

use prometheus::Registry;
use sqlx::{PgPool, SqlitePool};
use tokio::sync::broadcast;

use crate::{
    ConnectError, DatabaseUrl, Error, MigrateError, Notice, RoleError, Transaction, connect,
    following::{self, Follower, Pool},
    metrics::{Connections, Metrics},
    migrate,
    notice::{self, Listener},
    roles::{self, Retirement},
};

/// How many notices a slow subscriber may be behind before it is told that it missed some.
const BACKLOG: usize = 1024;

/// Set at the start of each transaction rather than on the connection: behind a transaction pooler
/// a connection is nobody's, and start-up options are refused.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = '10s'; \
     SET LOCAL idle_in_transaction_session_timeout = '30s'";
const BEGIN_WRITE: &str = "BEGIN; \
     SET LOCAL statement_timeout = '10s'; \
     SET LOCAL lock_timeout = '5s'; \
     SET LOCAL idle_in_transaction_session_timeout = '30s'";

/// A database: cheap to clone, the same for Postgres and SQLite.
#[derive(Clone, Debug)]
pub struct Database {
    pools: Pools,
    outlet: broadcast::Sender<Notice>,
    counted: Arc<OnceLock<Metrics>>,
    /// Ends with the last clone.
    _listener: Option<Arc<Listener>>,
    follower: Option<Arc<Follower>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    Postgres(Pool),
    Sqlite { writer: SqlitePool, readers: SqlitePool },
}

/// Which database it is, for metrics and start-up lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Postgres server.
    Postgres,
    /// A SQLite file.
    Sqlite,
}

impl Database {
    /// Connects to `sqlite:PATH` or `postgres://…` with at most `connections` connections. A file is
    /// made when there is none; a server that is still starting is waited for a few seconds.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, ConnectError> {
        Self::open(&DatabaseUrl::from_str(url)?, connections).await
    }

    pub(crate) async fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, ConnectError> {
        let (outlet, _) = broadcast::channel(BACKLOG);
        let counted = Arc::default();
        match url {
            DatabaseUrl::Sqlite(path) => {
                let (writer, readers) = connect::sqlite(path, connections).await?;
                let pools = Pools::Sqlite { writer, readers };
                Ok(Self { pools, outlet, counted, _listener: None, follower: None })
            }
            DatabaseUrl::Postgres(url) => {
                let (pool, options) = connect::postgres(url, connections).await?;
                let listener = notice::listen(options, outlet.clone()).await?;
                let (pools, listener) = (Pools::Postgres(Pool::fixed(pool)), Arc::new(listener));
                Ok(Self { pools, outlet, counted, _listener: Some(listener), follower: None })
            }
        }
    }

    /// Connects with the URL in `file`, and goes over to another one when the file says another: new transactions begin with
    /// it, those that run end where they began.
    pub(crate) async fn follow(file: PathBuf, connections: u32) -> Result<Self, ConnectError> {
        let url = DatabaseUrl::read(&file)?;
        if matches!(url, DatabaseUrl::Sqlite(_)) {
            return Self::open(&url, connections).await;
        }
        let (outlet, _) = broadcast::channel(BACKLOG);
        let (pool, listener, follower) = following::open(file, connections, outlet.clone()).await?;
        Ok(Self {
            pools: Pools::Postgres(pool),
            outlet,
            counted: Arc::default(),
            _listener: Some(Arc::new(listener)),
            follower: Some(Arc::new(follower)),
        })
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        match self.pools {
            Pools::Postgres(_) => Kind::Postgres,
            Pools::Sqlite { .. } => Kind::Sqlite,
        }
    }

    /// Counts from now on how long transactions wait, and shows the connections, under names that begin
    /// with `prefix`. Once for each database.
    pub fn count_in(&self, registry: &Registry, prefix: &str) -> Result<(), prometheus::Error> {
        let metrics = Metrics::register(registry, prefix)?;
        registry.register(Box::new(Connections::new(self.pools.clone(), prefix)?))?;
        // Names are registered once, so this is the first.
        let _ = self.counted.set(metrics);
        Ok(())
    }

    /// Brings the schema up to the migrations built into this program; does nothing when they have
    /// run. Several programs may try at once.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match &self.pools {
            Pools::Postgres(pool) => migrate::postgres(&pool.now()).await,
            Pools::Sqlite { writer, .. } => migrate::sqlite(writer).await,
        }
    }

    /// Makes sure that the login in the URL `runtime` exists, with that password, and may read and
    /// write the rows of this migrated database but not change the schema. Several programs may try
    /// at once; doing it again changes nothing but the password.
    pub async fn ensure_runtime_role(&self, runtime: &DatabaseUrl) -> Result<(), RoleError> {
        match &self.pools {
            Pools::Postgres(pool) => roles::ensure(&pool.now(), runtime).await,
            Pools::Sqlite { .. } => Err(RoleError::NotPostgres),
        }
    }

    /// Takes the right to log in from the login `role`, which the one in the URL `current` has taken the place of, as soon as
    /// it has no session left. One that is not there, or has no such right any more, is none to wait for.
    pub async fn retire_login(
        &self,
        role: &str,
        current: &DatabaseUrl,
        retirement: Retirement,
    ) -> Result<(), RoleError> {
        match &self.pools {
            Pools::Postgres(pool) => roles::retire(&pool.now(), role, current, retirement).await,
            Pools::Sqlite { .. } => Err(RoleError::NotPostgres),
        }
    }

    /// A snapshot of what this user may see. Writing in it fails.
    pub async fn read_as(&self, user: &str) -> Result<Transaction, Error> {
        self.begin(false, Caller::User(user)).await
    }

    /// A transaction that changes this user's rows. Dropped without a commit, it changes nothing.
    pub async fn write_as(&self, user: &str) -> Result<Transaction, Error> {
        self.begin(true, Caller::User(user)).await
    }

    /// A snapshot for tables that are no user's: accounts, sessions. Sees no user's rows on Postgres.
    pub async fn read(&self) -> Result<Transaction, Error> {
        self.begin(false, Caller::Nobody).await
    }

    /// A transaction on tables that are no user's: accounts, sessions, rate limits.
    pub async fn write(&self) -> Result<Transaction, Error> {
        self.begin(true, Caller::Nobody).await
    }

    /// A snapshot of the few rows of all users that their tables show a server of this name.
    pub async fn read_as_server(&self, name: &str) -> Result<Transaction, Error> {
        self.begin(false, Caller::Server(name)).await
    }

    /// A transaction on the few rows of all users that their tables let a server of this name change.
    pub async fn write_as_server(&self, name: &str) -> Result<Transaction, Error> {
        self.begin(true, Caller::Server(name)).await
    }

    async fn begin(&self, write: bool, caller: Caller<'_>) -> Result<Transaction, Error> {
        let began = Instant::now();
        let transaction = self.begin_uncounted(write, caller).await;
        if let Some(metrics) = self.counted.get() {
            metrics.began(began.elapsed(), transaction.is_ok());
        }
        transaction
    }

    async fn begin_uncounted(&self, write: bool, caller: Caller<'_>) -> Result<Transaction, Error> {
        let connection = match &self.pools {
            Pools::Postgres(pool) => {
                let begin = if write { BEGIN_WRITE } else { BEGIN_READ };
                let mut connection = pool.with(|pool| begin_on_one_that_lives(pool, begin)).await?;
                if let Some((statement, name)) = caller.introduction() {
                    sqlx::query(statement).bind(name).execute(&mut *connection).await?;
                }
                crate::Connection::Postgres(connection)
            }
            // IMMEDIATE takes the lock now: a transaction that reads first and writes later could
            // otherwise find its snapshot outdated by another program, and fail.
            Pools::Sqlite { writer, .. } if write => {
                crate::Connection::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Sqlite { readers, .. } => crate::Connection::Sqlite(readers.begin().await?),
        };
        Ok(Transaction::new(connection, caller.user(), self.outlet.clone()))
    }

    /// What others and we ourselves have committed from now on, as far as it was announced with
    /// [`Transaction::notify`]. A receiver that lags, and one that is told [`Topic::Missed`], reads
    /// what it shows again.
    ///
    /// [`Topic::Missed`]: crate::Topic::Missed
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.outlet.subscribe()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        match &self.pools {
            Pools::Postgres(pool) => {
                let ask = |pool| async move { sqlx::query("SELECT 1").execute(&pool).await };
                pool.with(ask).await.map(drop)?;
            }
            Pools::Sqlite { readers, .. } => {
                sqlx::query("SELECT 1").execute(readers).await.map(drop)?;
            }
        }
        Ok(())
    }

    /// Waits until all transactions have ended, and closes all connections. SQLite then has one file
    /// with everything in it.
    pub async fn close(&self) {
        if let Some(follower) = &self.follower {
            follower.stop();
        }
        match &self.pools {
            Pools::Postgres(pool) => pool.now().close().await,
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

/// Who a transaction is for: what row-level security compares.
#[derive(Clone, Copy)]
enum Caller<'a> {
    Nobody,
    User(&'a str),
    Server(&'a str),
}

impl<'a> Caller<'a> {
    fn user(self) -> Option<&'a str> {
        if let Self::User(user) = self { Some(user) } else { None }
    }

    /// How Postgres is told, and what.
    fn introduction(self) -> Option<(&'static str, &'a str)> {
        match self {
            Self::Nobody => None,
            Self::User(user) => Some(("SELECT set_config('app.user_id', $1, true)", user)),
            Self::Server(name) => Some(("SELECT set_config('app.server', $1, true)", name)),
        }
    }
}

/// A connection that was cut while it lay idle says so only when it is used. Nothing was done on it yet, so the next one is tried,
/// as many times as there were idle ones.
async fn begin_on_one_that_lives(
    pool: PgPool,
    begin: &'static str,
) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut idle = pool.num_idle();
    loop {
        match pool.begin_with(begin).await {
            Err(error) if idle > 0 && was_cut(&error) => idle -= 1,
            done => return done,
        }
    }
}

/// Whether the server had ended the connection: 57P01 is what it says as it does so.
fn was_cut(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(error, sqlx::Error::Io(_)) || code.is_some_and(|code| code == "57P01")
}
