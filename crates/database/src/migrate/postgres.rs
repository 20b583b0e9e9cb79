//! How migrations run on Postgres: as the driver's own runner does it, in the same table, but for what a pooler between would
//! break. The lock is a transaction's and not a session's, and no statement is prepared under a name.
//!
//! The lock is held by a connection of its own, so that an index can be made without a transaction meanwhile; nobody waits
//! for it inside of a statement, which such an index would wait for. Should the holder be cut off, the table of what has run
//! still lets each migration be committed once.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, Row as _,
    migrate::{Migration, Migrator},
    postgres::PgConnectOptions,
};
use tokio::time::sleep;

use super::MigrateError;
use crate::connect;

/// Names the lock.
const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock(x'746f646f6d696772'::bigint)";
/// The holder does nothing for as long as it takes.
const HOLD: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";
/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(200);

/// Less than servers wait for their locks: they wait behind whoever waits here.
const LIMITS: &str = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = 0";
/// How often a migration is tried that did not get its locks.
const TRIES: u32 = 60;
/// What the server says then.
const NO_LOCK: &str = "55P03";

/// The same outside of a transaction, all tries in one: nobody waits behind an index that waits to be made, and to try again is
/// to make it again. Behind a transaction pooler they may be another session's, so they are taken back; ours set their own.
const OUTSIDE_LIMITS: &str = "SET lock_timeout = '2min'; SET statement_timeout = 0";
const NO_LIMITS: &str = "RESET lock_timeout; RESET statement_timeout";

const TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations ( \
     version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
     installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, \
     checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)";
const HAVE_RUN: &str = "SELECT version, encode(checksum, 'hex') AS checksum \
     FROM _sqlx_migrations WHERE success ORDER BY version";

/// What becomes of a schema with migrations that this program does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newer {
    /// It is worked on as if they were not there.
    Ignore,
    /// It is left alone.
    Refuse,
}

/// Runs what has not run of `migrations`. May be done by several at once.
pub(crate) async fn run(
    options: &PgConnectOptions,
    migrations: &Migrator,
    newer: Newer,
) -> Result<(), MigrateError> {
    let mut holder = connect::one(options).await.map_err(MigrateError::Unknown)?;
    let mut worker = connect::one(options).await.map_err(MigrateError::Unknown)?;
    let lock = locked(&mut holder).await.map_err(MigrateError::Unknown)?;
    let done = migrate(&mut worker, migrations, newer).await;
    // How it ends changes nothing: what has run is committed.
    let _ = lock.rollback().await;
    let _ = tokio::join!(holder.close(), worker.close());
    done
}

async fn locked(
    holder: &mut PgConnection,
) -> Result<sqlx::Transaction<'_, sqlx::Postgres>, sqlx::Error> {
    let mut lock = holder.begin().await?;
    sqlx::raw_sql(HOLD).execute(&mut *lock).await?;
    while !sqlx::raw_sql(TRY_LOCK).fetch_one(&mut *lock).await?.try_get::<bool, _>(0)? {
        sleep(PAUSE).await;
    }
    Ok(lock)
}

async fn migrate(
    worker: &mut PgConnection,
    migrations: &Migrator,
    newer: Newer,
) -> Result<(), MigrateError> {
    let have_run = have_run(worker).await.map_err(MigrateError::Unknown)?;
    let unknown = have_run.iter().rfind(|(version, _)| !migrations.version_exists(*version));
    if let (Some((version, _)), Newer::Refuse) = (unknown, newer) {
        return Err(MigrateError::Newer { version: *version });
    }
    for migration in migrations.iter() {
        let Migration { version, checksum, .. } = migration;
        match have_run.iter().find(|(known, _)| known == version) {
            Some((_, known)) if *known == hex(checksum) => {}
            Some(_) => return Err(MigrateError::Changed { version: *version }),
            None => apply(worker, migration).await.map_err(|source| failed(migration, source))?,
        }
    }
    Ok(())
}

fn failed(&Migration { version, no_tx, .. }: &Migration, source: sqlx::Error) -> MigrateError {
    if no_tx {
        MigrateError::Halfway { version, source }
    } else {
        MigrateError::Failed { version, source }
    }
}

/// The versions and checksums of those that have run.
async fn have_run(worker: &mut PgConnection) -> Result<Vec<(i64, String)>, sqlx::Error> {
    sqlx::raw_sql(TABLE).execute(&mut *worker).await?;
    let rows = sqlx::raw_sql(HAVE_RUN).fetch_all(worker).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn apply(worker: &mut PgConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    if migration.no_tx {
        return outside(worker, migration).await;
    }
    let mut tries = 1;
    loop {
        match inside(worker, migration).await {
            Err(error) if is_locked(&error) && tries < TRIES => tries += 1,
            done => return done,
        }
        sleep(PAUSE).await;
    }
}

/// All of it, and that it has run, or nothing.
async fn inside(worker: &mut PgConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    let mut tx = worker.begin().await?;
    sqlx::raw_sql(LIMITS).execute(&mut *tx).await?;
    sqlx::raw_sql(migration.sql.clone()).execute(&mut *tx).await?;
    sqlx::raw_sql(AssertSqlSafe(record(migration))).execute(&mut *tx).await?;
    tx.commit().await
}

/// Statement by statement; one that was cut off in between begins again.
async fn outside(worker: &mut PgConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(OUTSIDE_LIMITS).execute(&mut *worker).await?;
    let done = each_statement(worker, migration).await;
    // A connection that cannot do this either is closed, which does it too.
    let _ = sqlx::raw_sql(NO_LIMITS).execute(worker).await;
    done
}

async fn each_statement(
    worker: &mut PgConnection,
    migration: &Migration,
) -> Result<(), sqlx::Error> {
    for statement in migration.sql.as_str().split_inclusive(";\n") {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *worker).await?;
    }
    sqlx::raw_sql(AssertSqlSafe(record(migration))).execute(worker).await.map(drop)
}

/// The statement that says that it has run.
fn record(migration: &Migration) -> String {
    format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES ({}, '{}', TRUE, '\\x{}', -1)",
        migration.version,
        migration.description.replace('\'', "''"),
        hex(&migration.checksum),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == NO_LOCK)
}
