//! The login is replaced under load: no query fails, no notice is lost, and the one before may not log in any more.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use clap::Parser as _;
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use todochat_chat_server::{
    config::{MigrateConfig, RotateLoginConfig},
    migrate::{migrate, rotate_login},
};
use todochat_database::{
    Database, DatabaseArgs, Notice, RoleError, Topic, on_each, testing::TestDatabase,
};
use todochat_tests::postgres;
use tokio::sync::broadcast::error::RecvError;

/// Those who read and write all the while.
const BUSY: usize = 6;

/// A migrated database, and the files that a kubelet would show to the servers and to the Jobs.
struct Place {
    test: TestDatabase,
    folder: TempDir,
}

#[derive(clap::Parser)]
struct Server {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Place {
    /// The servers use the first login.
    async fn new() -> Self {
        let place = Self { test: postgres().await, folder: TempDir::new().unwrap() };
        place.put("admin", place.test.url());
        place.put("servers", &place.first("one"));
        let [admin, servers] = ["admin", "servers"].map(|name| place.flag(name));
        let flags = ["migrate", "--database-url-file", &admin, "--runtime-url-file", &servers];
        migrate(&MigrateConfig::try_parse_from(flags).unwrap()).await.unwrap();
        place
    }

    fn first(&self, password: &str) -> String {
        self.test.runtime_url(password).unwrap()
    }

    fn second(&self, password: &str) -> String {
        self.test.other_runtime_url(password).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn flag(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// As a kubelet does: the new file takes the place of the old one at once.
    fn put(&self, name: &str, url: &str) {
        let draft = self.path("draft");
        fs::write(&draft, url).unwrap();
        fs::rename(draft, self.path(name)).unwrap();
    }

    /// A server that follows its file.
    async fn server(&self, connections: u32) -> Database {
        let connections = connections.to_string();
        let flags = ["--database-url-file", &self.flag("servers")];
        let flags = [&["server", "--database-connections", &connections][..], &flags].concat();
        Server::try_parse_from(flags).unwrap().database.connect().await.unwrap()
    }

    /// The Job that makes the login of this URL.
    async fn make(&self, url: &str) -> anyhow::Result<()> {
        self.put("next", url);
        self.turn("next", &[]).await
    }

    /// The Job that retires `role`.
    async fn retire(&self, role: &str, grace: &str) -> anyhow::Result<()> {
        self.turn("servers", &["--retire", role, "--grace", grace, "--pause", "10ms"]).await
    }

    async fn turn(&self, file: &str, more: &[&str]) -> anyhow::Result<()> {
        let [admin, file] = ["admin", file].map(|name| self.flag(name));
        let flags = ["rotate-login", "--database-url-file", &admin, "--runtime-url-file", &file];
        rotate_login(&RotateLoginConfig::try_parse_from([&flags[..], more].concat())?).await
    }

    /// The names of the two logins.
    async fn roles(&self) -> [String; 2] {
        let database: String = self.asks("SELECT current_database()::text").await;
        [format!("{database} Server"), format!("{database} Server_b")]
    }

    async fn may_log_in(&self, role: &str) -> bool {
        let sql = format!("SELECT rolcanlogin FROM pg_roles WHERE rolname = '{role}'");
        self.asks(&sql).await
    }

    async fn sessions(&self, role: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'");
        self.asks(&sql).await
    }

    async fn asks<T>(&self, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut superuser =
            PgConnection::connect(&self.test.superuser_url().unwrap()).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut superuser).await.unwrap()
    }
}

async fn read(database: &Database) -> Result<i64, todochat_database::Error> {
    let mut tx = database.read().await?;
    Ok(on_each!(tx, connection => {
        sqlx::query_scalar("SELECT count(*) FROM rate_limits").fetch_one(connection).await
    })?)
}

async fn write(database: &Database, key: &str) -> Result<(), todochat_database::Error> {
    let mut tx = database.write().await?;
    on_each!(tx, connection => {
        sqlx::query("INSERT INTO rate_limits (user_id, arrival) VALUES ($1, 1)")
            .bind(key)
            .execute(connection)
            .await
            .map(drop)
    })?;
    tx.notify(Notice { topic: Topic::TasksChanged, user: key.to_owned(), subject: String::new() });
    tx.commit().await
}

/// People who read and write until they are told to stop, and what failed.
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    people: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Load {
    fn on(databases: &[Database]) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let people = (0..BUSY).map(|number| {
            let database = databases[number % databases.len()].clone();
            let (stop, done) = (stop.clone(), done.clone());
            tokio::spawn(async move {
                let mut failed = Vec::new();
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("usr_{number}_{round}");
                    failed.extend(
                        write(&database, &key).await.err().map(|error| format!("{error:?}")),
                    );
                    failed.extend(read(&database).await.err().map(|error| format!("{error:?}")));
                    done.fetch_add(2, Ordering::Relaxed);
                }
                failed
            })
        });
        Self { people: people.collect(), stop, done }
    }

    /// Waits until this much more was done.
    async fn some_more(&self) {
        let enough = self.done.load(Ordering::Relaxed) + 200;
        while self.done.load(Ordering::Relaxed) < enough {
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let failed: Vec<String> =
            join_all(self.people).await.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(failed, Vec::<String>::new());
        self.done.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_query_is_lost_while_the_logins_take_turns() {
    let place = Place::new().await;
    let servers = [place.server(4).await, place.server(4).await];
    let mut notices = servers[0].subscribe();
    let heard = tokio::spawn(async move {
        let mut heard = 0_usize;
        loop {
            let notice = match notices.recv().await {
                Err(RecvError::Lagged(more)) => {
                    heard += usize::try_from(more).unwrap();
                    continue;
                }
                notice => notice.unwrap(),
            };
            assert_ne!(notice.topic, Topic::Missed);
            heard += 1;
            if notice.user == "usr_last" {
                return heard;
            }
        }
    });
    let load = Load::on(&servers);
    let [first, second] = place.roles().await;
    for (url, old) in [
        (place.second("two"), &first),
        (place.first("three"), &second),
        (place.second("four"), &first),
    ] {
        load.some_more().await;
        place.make(&url).await.unwrap();
        load.some_more().await;
        place.put("servers", &url);
        place.retire(old, "60s").await.unwrap();
        assert!(!place.may_log_in(old).await);
        assert_eq!(place.sessions(old).await, 0);
        load.some_more().await;
    }
    let done = load.end().await;
    assert!(done > 1000, "{done} queries are no load");
    assert!(place.may_log_in(&second).await);
    write(&servers[1], "usr_last").await.unwrap();
    assert!(heard.await.unwrap() > done / 2, "every write was heard of");
}

#[tokio::test]
async fn a_login_that_is_refused_before_the_file_says_the_next_one_is_waited_out() {
    let place = Place::new().await;
    let server = place.server(2).await;
    let mut long = server.write().await.unwrap();
    place.make(&place.second("two")).await.unwrap();
    let [first, _] = place.roles().await;
    let mut superuser = PgConnection::connect(&place.test.superuser_url().unwrap()).await.unwrap();
    let lock = format!("ALTER ROLE \"{first}\" NOLOGIN");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut superuser).await.unwrap();
    // The one connection is taken by `long`, so these need another, and are refused.
    let (asked, again) = (server.clone(), server.clone());
    let waiting = tokio::spawn(async move { write(&asked, "usr_waits").await });
    let reading = tokio::spawn(async move { read(&again).await });
    tokio::task::yield_now().await;
    place.put("servers", &place.second("two"));
    waiting.await.unwrap().unwrap();
    reading.await.unwrap().unwrap();
    // What ran all the while on the connection of before ends well.
    on_each!(long, connection => {
        sqlx::query("INSERT INTO rate_limits (user_id, arrival) VALUES ('usr_long', 1)")
            .execute(connection)
            .await
            .map(drop)
    })
    .unwrap();
    long.commit().await.unwrap();
    assert_eq!(read(&server).await.unwrap(), 2);
}

#[tokio::test]
async fn a_server_that_starts_meanwhile_waits_for_a_login_that_is_let_in() {
    let place = Place::new().await;
    place.make(&place.second("two")).await.unwrap();
    let [first, _] = place.roles().await;
    let mut superuser = PgConnection::connect(&place.test.superuser_url().unwrap()).await.unwrap();
    let lock = format!("ALTER ROLE \"{first}\" NOLOGIN");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut superuser).await.unwrap();
    let (server, ()) = tokio::join!(place.server(2), async {
        tokio::task::yield_now().await;
        place.put("servers", &place.second("two"));
    });
    read(&server).await.unwrap();
}

#[tokio::test]
async fn a_url_that_cannot_be_used_changes_nothing() {
    let place = Place::new().await;
    let server = place.server(2).await;
    place.put("servers", &place.second("never-made"));
    let [_, second] = place.roles().await;
    // The server tries: whoever it is does not exist.
    assert_eq!(place.sessions(&second).await, 0);
    write(&server, "usr_one").await.unwrap();
    place.make(&place.second("two")).await.unwrap();
    place.put("servers", &place.second("two"));
    while place.sessions(&second).await == 0 {
        read(&server).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_dies_between_two_steps_is_followed_by_the_same_end() {
    let place = Place::new().await;
    let [first, second] = place.roles().await;
    let server = place.server(2).await;
    let next = place.second("two");
    // Made twice, and by two at once.
    place.make(&next).await.unwrap();
    let (one, other) = tokio::join!(place.turn("next", &[]), place.turn("next", &[]));
    one.unwrap();
    other.unwrap();
    assert!(place.may_log_in(&first).await && place.may_log_in(&second).await);
    // Too early: the file still names the login.
    let early = place.retire(&first, "0s").await.unwrap_err();
    assert!(matches!(early.downcast_ref(), Some(RoleError::NotTheOther { .. })), "{early:#}");
    place.put("servers", &next);
    while place.sessions(&second).await == 0 {
        read(&server).await.unwrap();
    }
    place.retire(&first, "60s").await.unwrap();
    place.retire(&first, "0s").await.unwrap();
    assert!(!place.may_log_in(&first).await && place.may_log_in(&second).await);
    read(&server).await.unwrap();
}

#[tokio::test]
async fn a_login_that_is_used_is_not_retired() {
    let place = Place::new().await;
    let [first, _] = place.roles().await;
    place.make(&place.second("two")).await.unwrap();
    // Somebody who does not follow the file.
    let stubborn = Database::connect(&place.first("one"), 1).await.unwrap();
    place.put("servers", &place.second("two"));
    let error = place.retire(&first, "0s").await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(RoleError::InUse { .. })), "{error:#}");
    assert!(place.may_log_in(&first).await);
    read(&stubborn).await.unwrap();
    drop(stubborn);
    place.retire(&first, "60s").await.unwrap();
    assert!(!place.may_log_in(&first).await);
}

#[tokio::test]
async fn both_logins_and_readers_have_the_rights_of_their_groups_and_no_others() {
    let place = Place::new().await;
    place.make(&place.second("two")).await.unwrap();
    for role in place.roles().await {
        let own = format!(
            "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = '{role}'"
        );
        assert_eq!(place.asks::<i64>(&own).await, 0, "{role} has rights of its own");
        let path = format!(
            "SELECT 'search_path=public' = ANY (rolconfig) AND rolconnlimit > 0 FROM pg_roles \
             WHERE rolname = '{role}'"
        );
        assert!(place.asks::<bool>(&path).await, "{role}");
    }
    for (end, write) in [("rw", true), ("ro", false)] {
        let sql = format!(
            "SELECT bool_and(NOT rolcanlogin AND NOT rolbypassrls AND NOT rolsuper) \
                    AND bool_and(has_table_privilege(oid, 'public.tasks', 'SELECT')) \
                    AND bool_and(has_table_privilege(oid, 'public.tasks', 'DELETE') = {write}) \
                    AND bool_and(has_table_privilege(oid, 'public.users', 'SELECT') = {write}) \
             FROM pg_roles WHERE rolname LIKE current_database() || ' Server\\_{end}'"
        );
        assert_eq!(place.asks::<Option<bool>>(&sql).await, Some(true), "{end}");
    }
}
