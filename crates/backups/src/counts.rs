//! What a database holds, in a few numbers.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection};

use crate::BackupError;

/// People's tables, quoted by the server.
const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence <> 't' \
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1";
/// `pg_…` are in every server.
const ROLES: &str = "SELECT rolname::text FROM pg_roles WHERE rolname !~ '^pg_'";
const HAS_MIGRATIONS: &str = "SELECT to_regclass('public._sqlx_migrations') IS NOT NULL";
const NEWEST: &str = "SELECT coalesce(max(version), 0) FROM public._sqlx_migrations WHERE success";

/// How many rows each table has. Row-level security must not hide any: then it is an error.
pub(crate) async fn tables(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, i64>, BackupError> {
    let failed = || BackupError::database("counting rows");
    sqlx::query("SET row_security = off").execute(&mut *connection).await.map_err(failed())?;
    let mut counts = BTreeMap::new();
    for table in names(connection).await? {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count = sqlx::query_scalar(count).fetch_one(&mut *connection).await;
        counts.insert(table, count.map_err(failed())?);
    }
    Ok(counts)
}

/// The tables there are.
pub(crate) async fn names(connection: &mut PgConnection) -> Result<Vec<String>, BackupError> {
    let names = sqlx::query_scalar(TABLES).fetch_all(connection).await;
    names.map_err(BackupError::database("listing tables"))
}

/// The roles of the server that a dump may name.
pub(crate) async fn roles(connection: &mut PgConnection) -> Result<BTreeSet<String>, BackupError> {
    let roles: Result<Vec<String>, _> = sqlx::query_scalar(ROLES).fetch_all(connection).await;
    Ok(roles.map_err(BackupError::database("listing roles"))?.into_iter().collect())
}

/// The newest migration that has run; 0 before the first.
pub(crate) async fn schema(connection: &mut PgConnection) -> Result<i64, BackupError> {
    let failed = || BackupError::database("reading which migrations have run");
    let there: bool =
        sqlx::query_scalar(HAS_MIGRATIONS).fetch_one(&mut *connection).await.map_err(failed())?;
    if !there {
        return Ok(0);
    }
    sqlx::query_scalar(NEWEST).fetch_one(connection).await.map_err(failed())
}
