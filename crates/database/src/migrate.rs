//! The schema, built into the program. `migrations/README.md` says how to write one.

use sqlx::{
    PgPool, SqlitePool,
    migrate::{MigrateError as Cause, Migrator},
};

static POSTGRES: Migrator =
    Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/postgres") };
static SQLITE: Migrator =
    Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/sqlite") };

/// A migration did not run. What had run before it stays; the one that failed left nothing behind.
#[derive(Debug, thiserror::Error)]
#[error("cannot bring the schema of the database up to date")]
pub struct MigrateError(#[from] Cause);

/// Migrations that are newer than the program are none of its business (`ignore_missing`): the
/// version before must run on the schema of the version after.
pub(crate) async fn postgres(pool: &PgPool) -> Result<(), MigrateError> {
    Ok(POSTGRES.run(pool).await?)
}

pub(crate) async fn sqlite(writer: &SqlitePool) -> Result<(), MigrateError> {
    Ok(SQLITE.run(writer).await?)
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
}
