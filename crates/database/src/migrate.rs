//! The schema, built into the program. `migrations/README.md` says how to write one.
//!
//! ```text
//! SQLite    the driver's own runner
//! Postgres  one connection holds a lock ─▶ another: what has run? ─▶ each of the others (migrate/postgres.rs)
//! ```

mod postgres;

use sqlx::{SqlitePool, migrate::Migrator, postgres::PgConnectOptions};

pub(crate) use self::postgres::{Newer, run};

static POSTGRES: Migrator =
    Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/postgres") };
static SQLITE: Migrator =
    Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/sqlite") };

/// The schema is not as it should be. What had run before stays.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// One failed.
    #[error("migration {version} failed and changed nothing")]
    Failed {
        /// Which.
        version: i64,
        /// What the server said.
        source: sqlx::Error,
    },
    /// One failed that runs outside of a transaction. It begins with taking away what it left.
    #[error("migration {version} failed halfway, and is begun again by the next attempt")]
    Halfway {
        /// Which.
        version: i64,
        /// What the server said.
        source: sqlx::Error,
    },
    /// A file that has run somewhere is never edited.
    #[error("migration {version} is not the one that has run")]
    Changed {
        /// Which.
        version: i64,
    },
    /// A later release has been here.
    #[error("the database has the schema of a later release, with migration {version}")]
    Newer {
        /// The newest that is not known here.
        version: i64,
    },
    /// The database cannot be reached, or does not say what has run.
    #[error("cannot find out which migrations have run")]
    Unknown(#[source] sqlx::Error),
    /// The same for a SQLite file.
    #[error("cannot bring the schema of the database file up to date")]
    Sqlite(#[source] sqlx::migrate::MigrateError),
    /// There are no logins to migrate with but on Postgres.
    #[error("the migrator's url is not one of postgres")]
    NotPostgres,
    /// The login of the migrator cannot be used.
    #[error(transparent)]
    Connect(#[from] crate::ConnectError),
}

/// Brings a schema up to the migrations of this release.
pub(crate) async fn postgres(options: &PgConnectOptions, newer: Newer) -> Result<(), MigrateError> {
    run(options, &POSTGRES, newer).await
}

/// Migrations that are newer than the program are none of its business (`ignore_missing`): the
/// version before must run on the schema of the version after.
pub(crate) async fn sqlite(writer: &SqlitePool) -> Result<(), MigrateError> {
    SQLITE.run(writer).await.map_err(MigrateError::Sqlite)
}

/// The newest migration that this release knows.
pub fn newest_migration() -> i64 {
    POSTGRES.iter().map(|one| one.version).max().unwrap_or_default()
}

/// The tables that migrations make, and the one that says which have run.
pub(crate) fn tables() -> Vec<&'static str> {
    let made =
        POSTGRES.migrations.iter().flat_map(|one| made_by(one.sql.as_str(), "CREATE TABLE "));
    made.chain(["_sqlx_migrations"]).collect()
}

/// The functions that migrations make.
pub(crate) fn functions() -> Vec<&'static str> {
    let migrations = POSTGRES.migrations.iter();
    migrations.flat_map(|one| made_by(one.sql.as_str(), "CREATE FUNCTION ")).collect()
}

/// What follows these words at the beginning of a line.
fn made_by<'a>(sql: &'a str, words: &'a str) -> impl Iterator<Item = &'a str> {
    sql.lines().filter_map(move |line| {
        let name = line.strip_prefix(words)?.trim_start_matches("IF NOT EXISTS ");
        name.split([' ', '(']).next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |migrator: &Migrator| -> Vec<_> {
            migrator.iter().map(|one| (one.version, one.description.to_string())).collect()
        };
        assert_eq!(names(&POSTGRES), names(&SQLITE));
    }

    #[test]
    fn every_migration_starts_with_a_sentence() {
        for migration in POSTGRES.iter().chain(SQLITE.iter()) {
            let sql = migration.sql.as_str();
            let sql = sql.strip_prefix("-- no-transaction\n").unwrap_or(sql);
            assert!(sql.starts_with("-- "), "{} does not say why", migration.version);
        }
    }

    /// What is wrong with a migration that runs outside of a transaction.
    fn fault(sql: &str) -> Option<&'static str> {
        let sql = sql.strip_prefix("-- no-transaction\n")?;
        let statements: Vec<_> = sql
            .split_inclusive(";\n")
            .map(|one| one.lines().filter(|line| !line.starts_with("--")).collect::<String>())
            .collect();
        match &statements[..] {
            [clearing, making]
                if clearing.starts_with("DROP INDEX CONCURRENTLY IF EXISTS ")
                    && making.contains(" INDEX CONCURRENTLY ")
                    && making.starts_with("CREATE ") =>
            {
                None
            }
            _ => Some("it is not one index that is made, after what an attempt may have left"),
        }
    }

    #[test]
    fn whatever_runs_outside_of_a_transaction_can_run_again() {
        for migration in POSTGRES.iter() {
            assert_eq!(fault(migration.sql.as_str()), None, "{}", migration.version);
        }
        let made = "CREATE INDEX CONCURRENTLY i ON t (a);\n";
        let good =
            format!("-- no-transaction\n-- Why.\nDROP INDEX CONCURRENTLY IF EXISTS i;\n{made}");
        assert_eq!(fault(&good), None);
        for bad in [made, "ALTER TABLE t ADD a int;\n", &format!("{made}{made}")] {
            assert!(fault(&format!("-- no-transaction\n-- Why.\n{bad}")).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_table_is_known_by_the_line_that_makes_it() {
        let sql = "-- CREATE TABLE not\nCREATE TABLE one (\n    id TEXT\n);\nCREATE TABLE IF NOT EXISTS two(id TEXT);";
        assert_eq!(made_by(sql, "CREATE TABLE ").collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(functions(), ["begin_turn", "keep_turn", "keep_checkpoints"]);
        assert!(tables().contains(&"tasks") && tables().contains(&"_sqlx_migrations"));
    }
}
