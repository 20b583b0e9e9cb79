//! The handle that programs hold.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use prometheus::Registry;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::sync::broadcast;

use crate::{
    ConnectError, DatabaseUrl, Error, MigrateError, Notice, PostgresTransaction, RoleError,
    Transaction, connect,
    following::{self, Follower, Pool},
    metrics::{Connections, Metrics},
    migrate::{self, Newer},
    notice::{self, Announcer, Line, Listener, Outlet},
    roles::{self, Retirement},
    seats::Seats,
};

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
    pub(crate) pools: Pools,
    pub(crate) outlet: Outlet,
    /// Who reads in one round trip, and who writes.
    pub(crate) readers: Seats,
    pub(crate) writers: Seats,
    counted: Arc<OnceLock<Metrics>>,
    may_sleep: bool,
    /// Whether it was away when it was last needed.
    is_missed: Arc<AtomicBool>,
    /// Ends with the last clone.
    _listener: Option<Arc<Listener>>,
    announcer: Option<Arc<Announcer>>,
    follower: Option<Arc<Follower>>,
}

/// On what terms a server is connected with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// How many connections are held at most.
    pub(crate) connections: u32,
    /// Whether it may be stopped while nobody needs it: then nothing is asked of it without need.
    pub(crate) may_sleep: bool,
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
        let terms = Terms { connections, may_sleep: false };
        Self::open(&DatabaseUrl::from_str(url)?, terms).await
    }

    pub(crate) async fn open(url: &DatabaseUrl, terms: Terms) -> Result<Self, ConnectError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let (writer, readers) = connect::sqlite(path, terms.connections).await?;
                let pools = Pools::Sqlite { writer, readers };
                let terms = Terms { may_sleep: false, ..terms };
                Ok(Self::new(pools, Outlet::new(Line::Needless), terms))
            }
            DatabaseUrl::Postgres(url) => {
                let outlet = Outlet::new(Line::Cut);
                let (pool, options) = connect::postgres(url, terms.connections).await?;
                let listener = notice::listen(options, outlet.clone(), terms.may_sleep).await?;
                let pools = Pools::Postgres(Pool::fixed(pool));
                let made = Self::new(pools, outlet, terms);
                Ok(Self { _listener: Some(Arc::new(listener)), ..made })
            }
        }
    }

    fn new(pools: Pools, outlet: Outlet, terms: Terms) -> Self {
        let announcer = match &pools {
            Pools::Postgres(pool) => Some(Arc::new(Announcer::start(&outlet, pool))),
            Pools::Sqlite { .. } => None,
        };
        Self {
            pools,
            outlet,
            readers: Seats::of_readers(terms.connections),
            writers: Seats::of_writers(terms.connections),
            counted: Arc::default(),
            may_sleep: terms.may_sleep,
            is_missed: Arc::default(),
            _listener: None,
            announcer,
            follower: None,
        }
    }

    /// Connects with the URL in `file`, and goes over to another one when the file says another: new transactions begin with
    /// it, those that run end where they began.
    pub(crate) async fn follow(file: PathBuf, terms: Terms) -> Result<Self, ConnectError> {
        let url = DatabaseUrl::read(&file)?;
        if matches!(url, DatabaseUrl::Sqlite(_)) {
            return Self::open(&url, terms).await;
        }
        let outlet = Outlet::new(Line::Cut);
        let (pool, listener, follower) = following::open(file, terms, outlet.clone()).await?;
        let made = Self::new(Pools::Postgres(pool), outlet, terms);
        let (listener, follower) = (Some(Arc::new(listener)), Some(Arc::new(follower)));
        Ok(Self { _listener: listener, follower, ..made })
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
        let seats = [self.readers.clone(), self.writers.clone()];
        registry.register(Box::new(Connections::new(self.pools.clone(), seats, prefix)?))?;
        // Names are registered once, so this is the first.
        let _ = self.counted.set(metrics);
        Ok(())
    }

    /// Brings the schema up to the migrations built into this program; does nothing when they have
    /// run. Several programs may try at once.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match &self.pools {
            Pools::Postgres(pool) => {
                migrate::postgres(&pool.now().connect_options(), Newer::Ignore).await
            }
            Pools::Sqlite { writer, .. } => migrate::sqlite(writer).await,
        }
    }

    /// The same for whoever does nothing else, on Postgres: with the login of `migrator`, if there is one for that. A schema
    /// that is newer than this program is refused and left alone.
    pub async fn upgrade(&self, migrator: Option<&DatabaseUrl>) -> Result<(), MigrateError> {
        match (&self.pools, migrator) {
            (Pools::Postgres(_), Some(DatabaseUrl::Postgres(url))) => {
                migrate::postgres(&connect::options(url)?, Newer::Refuse).await
            }
            (Pools::Postgres(pool), None) => {
                migrate::postgres(&pool.now().connect_options(), Newer::Refuse).await
            }
            (Pools::Sqlite { .. }, _) | (_, Some(DatabaseUrl::Sqlite(_))) => {
                Err(MigrateError::NotPostgres)
            }
        }
    }

    /// Makes sure that there is a role that owns the tables, which nobody logs in as, and the login in the URL `migrator`,
    /// with that password, which acts as that role. Tables that were somebody else's are given to it, while servers use them.
    pub async fn ensure_owner(
        &self,
        migrator: &DatabaseUrl,
        runtime: &DatabaseUrl,
    ) -> Result<(), RoleError> {
        match &self.pools {
            Pools::Postgres(pool) => roles::own(&pool.now(), migrator, runtime).await,
            Pools::Sqlite { .. } => Err(RoleError::NotPostgres),
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
        self.outlet.wake();
        let transaction = self.begin_uncounted(write, caller).await;
        self.needed(began.elapsed(), transaction.as_ref().err());
        transaction
    }

    /// It was needed, and waited for; or it was not there.
    pub(crate) fn needed(&self, waited: Duration, error: Option<&Error>) {
        self.is_missed.store(error.is_some_and(Error::is_unavailable), Ordering::Relaxed);
        if let Some(metrics) = self.counted.get() {
            metrics.began(waited, error.is_none());
        }
    }

    async fn begin_uncounted(&self, write: bool, caller: Caller<'_>) -> Result<Transaction, Error> {
        let connection = match &self.pools {
            Pools::Postgres(pool) => {
                let begin = if write { BEGIN_WRITE } else { BEGIN_READ };
                let begin = caller.introduced(begin)?;
                let begin = |pool: PgPool| {
                    let begin = AssertSqlSafe(Arc::clone(&begin));
                    async move { pool.begin_with(begin).await }
                };
                let connection = pool.with(|pool| on_one_that_lives(pool, begin)).await?;
                let is_pooled = self.outlet.line() == Line::Pooled;
                crate::Connection::Postgres(PostgresTransaction::new(connection, is_pooled))
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
    /// [`Transaction::notify`]; a server that dies may take what it has just committed with it. A receiver that lags, and one that is told [`Topic::Missed`], reads
    /// what it shows again.
    ///
    /// [`Topic::Missed`]: crate::Topic::Missed
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.outlet.subscribe()
    }

    /// Says on all replicas that notices may have been lost: for a server that starts, since its forerunner may have died between
    /// a commit and its announcement. Between replicas only; what is in one process ends with it.
    pub fn announce_start(&self) {
        if self.announcer.is_some() {
            self.outlet.announce(vec![Notice::missed()]);
        }
    }

    /// The same for those who need no news while the database is not used: they do not keep one awake that may sleep, and ask
    /// [`hears_others`](Self::hears_others) before they rely on what they know.
    pub fn subscribe_in_passing(&self) -> broadcast::Receiver<Notice> {
        self.outlet.subscribe_in_passing()
    }

    /// Whether what other replicas announce is heard at this moment. It is not while the line is cut, and never behind a
    /// transaction pooler, where only the database itself knows.
    pub fn hears_others(&self) -> bool {
        matches!(self.outlet.line(), Line::Needless | Line::Up)
    }

    /// Whether the database can be used, as a readiness probe asks. One that may sleep is not woken for that: it counts as
    /// there until somebody needed it and it was away, and is asked from then on until it answers.
    pub async fn check(&self) -> Result<(), Error> {
        if self.may_sleep && !self.is_missed.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.ping().await?;
        self.is_missed.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        match &self.pools {
            Pools::Postgres(pool) => {
                let ask = |pool| async move { sqlx::raw_sql("SELECT 1").execute(&pool).await };
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
        if let Some(announcer) = &self.announcer {
            announcer.finish().await;
        }
        self.readers.clear();
        self.writers.clear();
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

    /// How a transaction begins that Postgres is told this of, in one go.
    fn introduced(self, begin: &str) -> Result<Arc<str>, Error> {
        let (setting, name) = match self {
            Self::Nobody => return Ok(begin.into()),
            Self::User(user) => ("app.user_id", user),
            Self::Server(name) => ("app.server", name),
        };
        // It cannot be a parameter here. All our ids are like that.
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            let refused = "a caller's name has letters, digits, _ and - only";
            return Err(Error::Statement(sqlx::Error::Encode(refused.into())));
        }
        Ok(format!("{begin}; SET LOCAL {setting} = '{name}'").into())
    }
}

/// How long a server that hangs up is tried again before its caller is told; as long as one that refuses is.
const HANGING_UP: Duration = Duration::from_secs(5);

/// A connection that was cut while it lay idle says so only when it is used. What is attempted on it has changed nothing then, so
/// the next one is tried, as many times as there were idle ones. And a server that wakes may hang up on those who come first.
pub(crate) async fn on_one_that_lives<T, W>(
    pool: PgPool,
    attempt: impl Fn(PgPool) -> W,
) -> sqlx::Result<T>
where
    W: Future<Output = sqlx::Result<T>>,
{
    let deadline = Instant::now() + HANGING_UP;
    let (mut idle, mut pause) = (pool.num_idle(), Duration::from_millis(50));
    loop {
        match attempt(pool.clone()).await {
            Err(error) if was_cut(&error) && idle > 0 => idle -= 1,
            Err(error) if was_cut(&error) && Instant::now() + pause < deadline => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}

/// Whether the server had ended the connection: 57P01 is what it says as it does so.
pub(crate) fn was_cut(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(error, sqlx::Error::Io(_)) || code.is_some_and(|code| code == "57P01")
}
