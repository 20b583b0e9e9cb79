//! Migrations that Postgres refuses to run in a transaction.

use std::borrow::Cow;

use sqlx::{
    Connection as _, SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};
use todochat_database::{MigrateError, testing::migrate_with};

use crate::place::Place;

const TABLE: &str = "CREATE TABLE things (name TEXT);
    INSERT INTO things VALUES ('one'), ('two'), ('two')";
const INDEX: &str = "-- no-transaction
-- Names are looked for.
DROP INDEX CONCURRENTLY IF EXISTS things_by_name;
CREATE INDEX CONCURRENTLY things_by_name ON things (name);
";
const UNIQUE: &str = "-- no-transaction
-- Names are given once.
DROP INDEX CONCURRENTLY IF EXISTS things_by_name;
CREATE UNIQUE INDEX CONCURRENTLY things_by_name ON things (name);
";
const LIMITS: &str = "-- no-transaction
-- What is set.
CREATE TABLE limits AS SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') AS found;
";

/// A table, and then this.
fn migrations(second: &'static str) -> Migrator {
    let one = |version, sql: &'static str, no_tx| {
        let sql = SqlStr::from_static(sql);
        Migration::new(version, "one".into(), MigrationType::Simple, sql, no_tx)
    };
    Migrator {
        migrations: Cow::Owned(vec![one(1, TABLE, false), one(2, second, true)]),
        ..Migrator::DEFAULT
    }
}

/// Whether there is an index and it may be used; and how many migrations have run.
async fn index_and_runs(place: &Place) -> (Option<bool>, i64) {
    let usable =
        "SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('things_by_name'))";
    (place.asks(usable).await, place.asks("SELECT count(*) FROM _sqlx_migrations").await)
}

#[tokio::test]
async fn an_index_is_made_outside_of_a_transaction_and_only_once() {
    let place = Place::empty().await;
    migrate_with(place.test.url(), &migrations(INDEX)).await.unwrap();
    assert_eq!(index_and_runs(&place).await, (Some(true), 2));
    let which = "SELECT to_regclass('things_by_name')::oid::bigint";
    let first: i64 = place.asks(which).await;
    migrate_with(place.test.url(), &migrations(INDEX)).await.unwrap();
    assert_eq!(place.asks::<i64>(which).await, first, "it has run");
}

#[tokio::test]
async fn an_index_that_failed_is_made_again_by_the_next_attempt() {
    let place = Place::empty().await;
    for _ in 0..2 {
        let error = migrate_with(place.test.url(), &migrations(UNIQUE)).await.unwrap_err();
        assert!(matches!(error, MigrateError::Halfway { version: 2, .. }), "{error:?}");
        assert_eq!(index_and_runs(&place).await, (Some(false), 1));
    }
    place.superuser_does("DELETE FROM things WHERE name = 'two'").await;
    migrate_with(place.test.url(), &migrations(UNIQUE)).await.unwrap();
    assert_eq!(index_and_runs(&place).await, (Some(true), 2));
}

#[tokio::test]
async fn an_index_waits_for_whoever_writes_and_nobody_waits_behind_it() {
    let place = Place::empty().await;
    let table = Migrator {
        migrations: Cow::Owned(migrations(INDEX).migrations[..1].to_vec()),
        ..Migrator::DEFAULT
    };
    migrate_with(place.test.url(), &table).await.unwrap();
    let mut writer = place.superuser().await;
    let mut writing = writer.begin().await.unwrap();
    let insert = "INSERT INTO things VALUES ('three')";
    sqlx::raw_sql(insert).execute(&mut *writing).await.unwrap();
    let ending = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid' \
                     AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
        while place.asks::<i64>(waits).await == 0 {
            tokio::task::yield_now().await;
        }
        place
            .superuser_does("SET statement_timeout = '5s'; INSERT INTO things VALUES ('four')")
            .await;
        writing.commit().await.unwrap();
    };
    let all = migrations(INDEX);
    let (migrated, ()) = tokio::join!(migrate_with(place.test.url(), &all), ending);
    migrated.unwrap();
    assert_eq!(index_and_runs(&place).await, (Some(true), 2));
}

#[tokio::test]
async fn what_is_set_for_the_login_does_not_cut_it_off() {
    let place = Place::empty().await;
    let role: String = place.asks("SELECT current_database()::text").await;
    for limit in ["lock_timeout = '1s'", "statement_timeout = '9s'"] {
        place.superuser_does(&format!("ALTER ROLE {role} SET {limit}")).await;
    }
    migrate_with(place.test.url(), &migrations(LIMITS)).await.unwrap();
    assert_eq!(place.asks::<String>("SELECT found FROM limits").await, "2min 0");
}
