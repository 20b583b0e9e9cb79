//! A transaction pooler in front: Debian's pgbouncer, told to share one connection among all. Nothing is left on a connection
//! for the next one to find, and nothing is relied on that was left there.

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::future::join_all;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tempfile::TempDir;
use todochat_database::{Database, Notice, Topic, Transaction, on_each};
use todochat_tests::{
    house::{House, Reply},
    people::Person,
};
use tokio::time::timeout;

use super::server::{ORDINARY, folder, free_port};
use crate::{
    load::{Load, read},
    place::Place,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A pgbouncer that runs until it is dropped.
struct Pooler {
    port: u16,
    running: Child,
    _folder: TempDir,
}

impl Pooler {
    /// In front of the database of this place, with so many connections for each of its logins.
    fn start(place: &Place, connections: u32) -> Self {
        let (folder, port) = (folder(), free_port());
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let server: PgConnectOptions = place.test.url().parse().unwrap();
        let socket = server.get_socket().unwrap().to_str().unwrap().to_owned();
        let urls =
            [place.test.url().to_owned(), place.migrator("x"), place.first("x"), place.second("x")];
        let users = urls.map(|url| format!("\"{}\" \"\"\n", user(&url)));
        fs::write(path("users"), users.concat()).unwrap();
        let configuration = format!(
            "[databases]\n* = host={socket} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\n\
             default_pool_size = {connections}\nmax_client_conn = 200\n",
            server.get_port(),
            path("users"),
        );
        fs::write(path("configuration"), configuration).unwrap();
        let bin = std::env::var_os("TODOCHAT_TEST_PROXIES")
            .expect("`make test` sets TODOCHAT_TEST_PROXIES");
        let mut program = Command::new(Path::new(&bin).join("pgbouncer"));
        program.args(["-q", &path("configuration")]).stdin(Stdio::null());
        if rustix::process::geteuid().is_root() {
            program.args(["-u", ORDINARY]);
        }
        let running = program.spawn().unwrap();
        let mut pooler = Self { port, running, _folder: folder };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(pooler.running.try_wait().unwrap().is_none(), "pgbouncer does not run");
            std::thread::yield_now();
        }
        pooler
    }

    /// The same URL, by way of the pooler.
    fn url(&self, url: &str) -> String {
        let mut url = url.parse::<PgConnectOptions>().unwrap().to_url_lossy();
        url.set_query(Some("sslmode=disable"));
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.to_string()
    }

    async fn server(&self, place: &Place) -> Database {
        Database::connect(&self.url(&place.first("one")), 4).await.unwrap()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

fn user(url: &str) -> String {
    url.parse::<PgConnectOptions>().unwrap().get_username().to_owned()
}

async fn rows(tx: &mut Transaction, sql: &'static str) -> i64 {
    on_each!(tx, connection => sqlx::query_scalar(sql).fetch_one(connection).await).unwrap()
}

const TASKS: &str = "SELECT count(*) FROM tasks";

#[tokio::test]
async fn two_users_on_one_connection_never_see_each_other() {
    let place = Place::new().await;
    let pooler = Pooler::start(&place, 1);
    let server = pooler.server(&place).await;
    let people: Vec<_> = ["ann", "bob", "eve"].map(|name| Person::new(&server, name)).into();
    join_all(people.iter().map(async |person| {
        for number in 1..=10 {
            person.add(&format!("Errand {number}")).await.unwrap();
            let mut own = server.read_as(&person.user).await.unwrap();
            assert_eq!(rows(&mut own, TASKS).await, number);
            drop(own);
            let mut nobodys = server.read().await.unwrap();
            assert_eq!(rows(&mut nobodys, TASKS).await, 0, "the setting of another was left");
        }
    }))
    .await;
    let [login, _] = place.roles().await;
    assert_eq!(place.sessions(&login).await, 1, "they all shared one connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_fails_that_several_servers_do_at_once() {
    let place = Place::new().await;
    let pooler = Pooler::start(&place, 2);
    let servers = [pooler.server(&place).await, pooler.server(&place).await];
    let load = Load::on(&servers);
    load.some_more().await;
    // A statement that failed, and a transaction that was given up, leave nothing behind either.
    for server in &servers {
        let mut tx = server.write_as("usr_ann").await.unwrap();
        let wrong = "SELECT 1 FROM nowhere";
        assert!(
            on_each!(tx, connection => sqlx::query(wrong).execute(connection).await.map(drop))
                .is_err()
        );
        drop(tx);
        drop(server.write_as("usr_ann").await.unwrap());
        server.ping().await.unwrap();
    }
    load.some_more().await;
    load.end().await;
}

#[tokio::test]
async fn a_migration_goes_through_it_and_leaves_no_lock() {
    let place = Place::empty().await;
    let pooler = Pooler::start(&place, 4);
    let direct = place.test.url().to_owned();
    place.put("admin", &pooler.url(&direct));
    place.put("migrator", &pooler.url(&place.migrator("migrates")));
    let (one, other) = tokio::join!(place.migrate(), place.migrate());
    one.unwrap();
    other.unwrap();
    place.migrate().await.unwrap();
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(place.asks::<i64>(locks).await, 0);
    let owner =
        "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = 'public.tasks'::regclass";
    assert_eq!(place.asks::<String>(owner).await, format!("{}_owner", place.family().await));
    Person::new(&pooler.server(&place).await, "ann").add("Buy milk").await.unwrap();
}

#[tokio::test]
async fn a_login_is_made_and_retired_through_it() {
    let place = Place::new().await;
    let pooler = Pooler::start(&place, 2);
    place.put("admin", &pooler.url(place.test.url()));
    place.put("next", &pooler.url(&place.second("two")));
    place.turn("next", &[]).await.unwrap();
    place.put("servers", &pooler.url(&place.second("two")));
    let [first, second] = place.roles().await;
    place.retire(&first, "30s").await.unwrap();
    assert!(!place.may_log_in(&first).await && place.may_log_in(&second).await);
}

#[tokio::test]
async fn what_is_announced_here_is_heard_here_and_that_others_are_not_heard_is_known() {
    let place = Place::new().await;
    let pooler = Pooler::start(&place, 2);
    let (server, direct) = (pooler.server(&place).await, place.server(2).await);
    assert!(!server.hears_others() && direct.hears_others());
    let (mut here, mut there) = (server.subscribe(), direct.subscribe());
    let notice =
        Notice { topic: Topic::TasksChanged, user: "usr_ann".into(), subject: "tsk_1".into() };
    let mut tx = server.write().await.unwrap();
    tx.notify(notice.clone());
    tx.commit().await.unwrap();
    for notices in [&mut here, &mut there] {
        assert_eq!(timeout(PATIENCE, notices.recv()).await.unwrap().unwrap(), notice);
    }
    // Whoever waits is told to read again now and then.
    let told = timeout(PATIENCE, here.recv()).await.unwrap().unwrap();
    assert_eq!(told.topic, Topic::Missed);
    read(&server).await.unwrap();
}

#[tokio::test]
async fn a_session_that_ended_on_another_server_has_ended_here_too() {
    let place = Place::new().await;
    let pooler = Pooler::start(&place, 2);
    let server = pooler.server(&place).await;
    let house = House::open(place.test).await;
    let replica = house.replica_on(server).await;
    let ann = house.sign_up("ann").await;
    let elsewhere = ann.by_way_of(&replica);
    assert_eq!(elsewhere.get("/api/tasks").await.status, 200);
    let logged_out = Reply::of(ann.request("POST", "/api/auth/logout")).await;
    assert!(logged_out.status.is_success(), "{}", logged_out.body);
    assert_eq!(elsewhere.get("/api/tasks").await.status, 401);
}
