//! What Postgres and SQLite do alike under one type, and what each must do alone.

use std::os::unix::fs::PermissionsExt;

use futures_util::future::{join_all, try_join_all};
use sqlx::Connection as _;
use todochat_database::{
    Database, Error, Notice, Topic, Transaction, on_each, testing::TestDatabase,
};
use todochat_tests::{on_each_database, postgres};

on_each_database!(
    a_dropped_transaction_changes_nothing,
    a_transaction_that_reads_cannot_write,
    a_reader_sees_one_moment,
    readers_go_on_while_somebody_writes,
    writers_wait_for_each_other_and_never_fail,
    a_notice_comes_after_the_commit_and_only_then,
    a_broken_constraint_is_told_from_other_failures,
    migrations_may_be_run_again_and_at_once,
);

/// `rate_limits` is a table that is no user's, with a key and a number.
async fn put(tx: &mut Transaction, key: &str, value: i64) -> Result<(), Error> {
    Ok(on_each!(tx, connection => {
        sqlx::query("INSERT INTO rate_limits (user_id, arrival) VALUES ($1, $2)")
            .bind(key)
            .bind(value)
            .execute(connection)
            .await
            .map(drop)
    })?)
}

async fn increase(tx: &mut Transaction, key: &str) -> Result<(), Error> {
    Ok(on_each!(tx, connection => {
        sqlx::query("UPDATE rate_limits SET arrival = arrival + 1 WHERE user_id = $1")
            .bind(key)
            .execute(connection)
            .await
            .map(drop)
    })?)
}

async fn value(tx: &mut Transaction, key: &str) -> Result<Option<i64>, Error> {
    Ok(on_each!(tx, connection => {
        sqlx::query_scalar("SELECT arrival FROM rate_limits WHERE user_id = $1")
            .bind(key)
            .fetch_optional(connection)
            .await
    })?)
}

async fn with_one_row(test: &TestDatabase) -> &Database {
    let mut tx = test.database().write().await.unwrap();
    put(&mut tx, "a", 0).await.unwrap();
    tx.commit().await.unwrap();
    test.database()
}

fn notice(subject: &str) -> Notice {
    let (topic, user) = (Topic::TasksChanged, "usr_ann".to_owned());
    Notice { topic, user, subject: subject.to_owned() }
}

async fn a_dropped_transaction_changes_nothing(test: TestDatabase) {
    let database = test.database();
    let mut tx = database.write().await.unwrap();
    put(&mut tx, "a", 1).await.unwrap();
    drop(tx);
    assert_eq!(value(&mut database.read().await.unwrap(), "a").await.unwrap(), None);
}

async fn a_transaction_that_reads_cannot_write(test: TestDatabase) {
    for mut tx in
        [test.database().read().await.unwrap(), test.database().read_as("usr_ann").await.unwrap()]
    {
        assert!(matches!(put(&mut tx, "a", 1).await, Err(Error::Statement(_))));
    }
}

async fn a_reader_sees_one_moment(test: TestDatabase) {
    let database = with_one_row(&test).await;
    let mut reader = database.read_as("usr_ann").await.unwrap();
    assert_eq!(value(&mut reader, "a").await.unwrap(), Some(0));

    let mut writer = database.write().await.unwrap();
    increase(&mut writer, "a").await.unwrap();
    writer.commit().await.unwrap();

    assert_eq!(value(&mut reader, "a").await.unwrap(), Some(0));
    assert_eq!(value(&mut database.read().await.unwrap(), "a").await.unwrap(), Some(1));
}

async fn readers_go_on_while_somebody_writes(test: TestDatabase) {
    let database = with_one_row(&test).await;
    let mut writer = database.write().await.unwrap();
    increase(&mut writer, "a").await.unwrap();
    let mut reader = database.read().await.unwrap();
    assert_eq!(value(&mut reader, "a").await.unwrap(), Some(0));
    writer.commit().await.unwrap();
}

async fn writers_wait_for_each_other_and_never_fail(test: TestDatabase) {
    let database = with_one_row(&test).await;
    let writers = (0..50).map(async |_| {
        let mut tx = database.write().await?;
        increase(&mut tx, "a").await?;
        tx.commit().await
    });
    try_join_all(writers).await.unwrap();
    assert_eq!(value(&mut database.read().await.unwrap(), "a").await.unwrap(), Some(50));
}

async fn a_notice_comes_after_the_commit_and_only_then(test: TestDatabase) {
    let database = test.database();
    let mut notices = database.subscribe();
    let mut dropped = database.write().await.unwrap();
    dropped.notify(notice("never"));
    drop(dropped);

    let mut tx = database.write().await.unwrap();
    for subject in ["one", "one", "two"] {
        tx.notify(notice(subject));
    }
    assert!(notices.try_recv().is_err());
    tx.commit().await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), notice("one"));
    assert_eq!(notices.recv().await.unwrap(), notice("two"));
}

async fn a_broken_constraint_is_told_from_other_failures(test: TestDatabase) {
    let database = with_one_row(&test).await;
    let mut tx = database.write().await.unwrap();
    let error = put(&mut tx, "a", 1).await.unwrap_err();
    assert!(error.is_unique_violation() && !error.is_unavailable());
    let constraint = error.constraint().unwrap();
    assert!(["rate_limits_pkey", "rate_limits.user_id"].contains(&constraint), "{constraint}");
    drop(tx);

    let mut tx = database.write().await.unwrap();
    let missing = on_each!(tx, connection => sqlx::query("SELECT 1 FROM nowhere").execute(connection).await.map(drop));
    let error = Error::from(missing.unwrap_err());
    assert!(!error.is_unique_violation() && error.constraint().is_none());
}

async fn migrations_may_be_run_again_and_at_once(test: TestDatabase) {
    for outcome in join_all((0..4).map(|_| test.database().migrate())).await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn replicas_hear_each_other() {
    let test = postgres().await;
    let other = Database::connect(test.url(), 2).await.unwrap();
    let mut notices = other.subscribe();
    let mut tx = test.database().write_as("usr_ann").await.unwrap();
    tx.notify(notice("tsk_1"));
    tx.commit().await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), notice("tsk_1"));
}

/// Notices follow their commit; a server that stops in good order takes none with it.
#[tokio::test]
async fn a_server_that_stops_announces_what_it_has_committed() {
    let test = postgres().await;
    let mut notices = test.database().subscribe();
    let other = Database::connect(test.url(), 2).await.unwrap();
    let mut tx = other.write_as("usr_ann").await.unwrap();
    tx.notify(notice("tsk_1"));
    tx.commit().await.unwrap();
    other.close().await;
    assert_eq!(notices.recv().await.unwrap(), notice("tsk_1"));
}

/// Whether a session has ended is not left to chance, whatever becomes of the server that ended it.
#[tokio::test]
async fn the_end_of_a_session_is_announced_in_the_commit() {
    let test = postgres().await;
    let mut notices = test.database().subscribe();
    let other = Database::connect(test.url(), 2).await.unwrap();
    let ended = Notice { topic: Topic::SessionsRevoked, ..notice("ses_1") };
    let mut tx = other.write_as("usr_ann").await.unwrap();
    tx.notify(notice("tsk_1"));
    tx.notify(ended.clone());
    tx.commit().await.unwrap();
    // As if it were killed: nothing of it runs any more.
    drop(other);
    assert_eq!(notices.recv().await.unwrap(), ended);
}

#[tokio::test]
async fn a_server_that_starts_says_that_notices_may_be_lost() {
    let test = postgres().await;
    let mut notices = test.database().subscribe();
    let other = Database::connect(test.url(), 2).await.unwrap();
    other.announce_start();
    assert_eq!(notices.recv().await.unwrap().topic, Topic::Missed);
}

#[tokio::test]
async fn a_cut_line_is_made_again_and_told() {
    let test = postgres().await;
    let mut notices = test.database().subscribe();
    let mut superuser = sqlx::PgConnection::connect(&test.superuser_url().unwrap()).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    .execute(&mut superuser)
    .await
    .unwrap();

    assert_eq!(notices.recv().await.unwrap().topic, Topic::Missed);
    let mut tx = test.database().write().await.unwrap();
    tx.notify(notice("after"));
    tx.commit().await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), notice("after"));
}

#[tokio::test]
async fn connections_that_were_cut_are_replaced() {
    let test = postgres().await;
    let database = test.database();
    let mut superuser = sqlx::PgConnection::connect(&test.superuser_url().unwrap()).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut superuser)
    .await
    .unwrap();

    // Nothing was under way on those that lay in the pool: nobody notices.
    database.read_as("usr_ann").await.unwrap();
}

#[tokio::test]
async fn a_file_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("todo.db");
    let database = Database::connect(&format!("sqlite:{}", path.display()), 2).await.unwrap();
    database.migrate().await.unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap().to_owned()), 0o700);
    for file in ["todo.db", "todo.db-wal", "todo.db-shm"] {
        assert_eq!(mode(path.with_file_name(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn what_is_committed_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("todo.db").display());
    let database = Database::connect(&url, 2).await.unwrap();
    database.migrate().await.unwrap();
    let mut tx = database.write().await.unwrap();
    put(&mut tx, "a", 7).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;

    let again = Database::connect(&url, 2).await.unwrap();
    again.migrate().await.unwrap();
    assert_eq!(value(&mut again.read().await.unwrap(), "a").await.unwrap(), Some(7));
}

#[tokio::test]
async fn no_error_shows_a_password() {
    let hangs_up = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hangs_up.local_addr().unwrap();
    tokio::spawn(async move { while hangs_up.accept().await.is_ok() {} });
    let url = format!("postgres://ann:opensesame@{address}/todo");
    let error = Database::connect(&url, 1).await.unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(shown.contains("127.0.0.1") && !shown.contains("opensesame"), "{shown}");
}
