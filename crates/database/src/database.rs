//! The handle that programs hold.
//!
//! ```text
//! begin.rs   transactions;  cut.rs  when their connection is gone
//! schema.rs  migrations and roles
//! news.rs    what others have committed
//! ```

mod begin;
mod cut;
mod news;
mod schema;

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use prometheus::Registry;
use sqlx::SqlitePool;

pub(crate) use self::cut::{on_one_that_lives, was_cut};
use crate::{
    ConnectError, DatabaseUrl, Error, connect,
    following::{self, Follower, Pool},
    metrics::{Connections, Metrics},
    notice::{self, Announcer, Line, Listener, Outlet},
    seats::Seats,
};

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
