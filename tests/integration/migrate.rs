//! `todochat-chat-server migrate` on a real Postgres: the schema, and the login that the servers use.

use std::{fs, path::PathBuf};

use clap::Parser as _;
use futures_util::future::try_join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use todochat_chat_server::{config::MigrateConfig, migrate::migrate};
use todochat_database::{
    Database, Transaction, on_each,
    testing::{TestDatabase, is_verifier_of},
};
use todochat_tasks::TaskError;
use todochat_tests::{people::Person, postgres};

const PASSWORD: &str = "it's \"quoted\" \\ and é %41 $1";
/// Members are asked for their password where `tests/run` has started the server.
const ASKED: &str = "todochat_test_asked";

/// A migrated database, and files with its two URLs.
struct Job {
    test: TestDatabase,
    folder: TempDir,
}

impl Job {
    async fn new() -> Self {
        Self { test: postgres().await, folder: TempDir::new().unwrap() }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, format!("{content}\n")).unwrap();
        path
    }

    async fn run(&self, runtime_url: &str) -> anyhow::Result<()> {
        let database = self.file("database", self.test.url());
        let runtime = self.file("runtime", runtime_url);
        let [database, runtime] = [&database, &runtime].map(|path| path.to_str().unwrap());
        let flags = ["migrate", "--database-url-file", database, "--runtime-url-file", runtime];
        migrate(&MigrateConfig::try_parse_from(flags)?).await
    }

    fn runtime_url(&self) -> String {
        self.test.runtime_url(PASSWORD).unwrap()
    }

    /// The name of the login, as the server knows it.
    async fn role(&self) -> String {
        let name = self.asks::<String>("SELECT current_database()::text").await;
        format!("{name} Server")
    }

    async fn asks<T>(&self, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut superuser = self.superuser().await;
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut superuser).await.unwrap()
    }

    async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.test.superuser_url().unwrap()).await.unwrap()
    }

    async fn superuser_does(&self, sql: &str) {
        let mut superuser = self.superuser().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
    }

    async fn verifier(&self) -> String {
        let role = self.role().await;
        self.asks(&format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'")).await
    }
}

async fn does(tx: &mut Transaction, sql: &'static str) -> Result<(), sqlx::Error> {
    on_each!(tx, connection => sqlx::query(sql).execute(connection).await.map(drop))
}

#[tokio::test]
async fn a_server_does_all_its_work_with_the_login() {
    let job = Job::new().await;
    job.run(&job.runtime_url()).await.unwrap();
    let database = Database::connect(&job.runtime_url(), 4).await.unwrap();
    let (ann, bob) = (Person::new(&database, "ann"), Person::new(&database, "bob"));
    let task = ann.add("Buy milk").await.unwrap();
    ann.rename(&task.id, "Buy oat milk").await.unwrap();
    ann.complete(&task.id).await.unwrap();
    ann.delete(&task.id).await.unwrap();
    ann.undo().await.unwrap();
    assert_eq!(ann.list().await.unwrap().tasks.len(), 1);
    assert!(matches!(bob.get(&task.id).await, Err(TaskError::NotFound)));
    let mut of_nobody = database.write().await.unwrap();
    does(&mut of_nobody, "INSERT INTO rate_limits (user_id, arrival) VALUES ('usr_x', 1)")
        .await
        .unwrap();
}

#[tokio::test]
async fn the_login_is_held_by_row_level_security_and_changes_no_schema() {
    let job = Job::new().await;
    job.run(&job.runtime_url()).await.unwrap();
    let database = Database::connect(&job.runtime_url(), 4).await.unwrap();
    Person::new(&database, "ann").add("Secret party").await.unwrap();
    let bob = Person::new(&database, "bob");
    let seen = bob.read(async |tx| {
        let count = "SELECT count(*) FROM tasks";
        let rows: i64 = on_each!(tx, connection => {
            sqlx::query_scalar(count).fetch_one(connection).await
        })
        .map_err(todochat_database::Error::from)?;
        Ok(rows)
    });
    assert_eq!(seen.await.unwrap(), 0);
    for statement in [
        "CREATE TABLE mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tasks_of_the_caller ON tasks",
        "TRUNCATE tasks",
        "DELETE FROM _sqlx_migrations",
        "CREATE ROLE other",
    ] {
        let mut tx = database.write_as("usr_bob").await.unwrap();
        assert!(does(&mut tx, statement).await.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn tables_of_a_later_migration_are_open_to_the_login() {
    let job = Job::new().await;
    job.run(&job.runtime_url()).await.unwrap();
    let mut later = job.test.database().write().await.unwrap();
    does(&mut later, "CREATE TABLE later (id bigserial PRIMARY KEY, what text)").await.unwrap();
    later.commit().await.unwrap();
    let database = Database::connect(&job.runtime_url(), 2).await.unwrap();
    let mut tx = database.write().await.unwrap();
    does(&mut tx, "INSERT INTO later (what) VALUES ('x')").await.unwrap();
}

#[tokio::test]
async fn it_may_be_run_again_and_by_several_at_once() {
    let job = Job::new().await;
    let url = job.runtime_url();
    try_join_all((0..4).map(|_| job.run(&url))).await.unwrap();
    job.run(&url).await.unwrap();
    Database::connect(&url, 1).await.unwrap();
}

#[tokio::test]
async fn a_changed_password_takes_effect() {
    let job = Job::new().await;
    job.run(&job.runtime_url()).await.unwrap();
    assert!(is_verifier_of(&job.verifier().await, PASSWORD));
    let asked = join_those_who_are_asked(&job).await;
    let next = job.test.runtime_url("another one").unwrap();
    assert_eq!(Database::connect(&next, 1).await.is_err(), asked);
    job.run(&next).await.unwrap();
    assert!(is_verifier_of(&job.verifier().await, "another one"));
    Database::connect(&next, 1).await.unwrap();
    assert_eq!(Database::connect(&job.runtime_url(), 1).await.is_err(), asked);
}

/// Whether the server asks the login for its password from now on; one that trusts everybody does not.
async fn join_those_who_are_asked(job: &Job) -> bool {
    job.superuser_does(&format!(
        "DO $$ BEGIN CREATE ROLE {ASKED}; EXCEPTION WHEN duplicate_object THEN END $$"
    ))
    .await;
    let role = job.role().await;
    job.superuser_does(&format!("GRANT {ASKED} TO \"{role}\"")).await;
    let wrong = job.test.runtime_url("wrong").unwrap();
    PgConnection::connect(&wrong).await.is_err()
}

#[tokio::test]
async fn a_role_that_could_void_row_level_security_is_refused() {
    let job = Job::new().await;
    job.run(&job.runtime_url()).await.unwrap();
    let role = job.role().await;
    let owner = job.asks::<String>("SELECT current_database()::text").await;
    for (give, take) in [
        (format!("ALTER ROLE \"{role}\" BYPASSRLS"), format!("ALTER ROLE \"{role}\" NOBYPASSRLS")),
        (format!("ALTER ROLE \"{role}\" SUPERUSER"), format!("ALTER ROLE \"{role}\" NOSUPERUSER")),
        (format!("GRANT {owner} TO \"{role}\""), format!("REVOKE {owner} FROM \"{role}\"")),
    ] {
        job.superuser_does(&give).await;
        let error = job.run(&job.runtime_url()).await.unwrap_err().to_string();
        assert!(error.contains("would void row-level security"), "{give}: {error}");
        job.superuser_does(&take).await;
    }
    let same = job.run(job.test.url()).await.unwrap_err().to_string();
    assert!(same.contains("the role that migrates"), "{same}");
}

#[tokio::test]
async fn what_cannot_be_used_is_said_in_one_line_without_a_secret() {
    let job = Job::new().await;
    job.superuser_does("SELECT 1").await;
    let owner = job.asks::<String>("SELECT current_database()::text").await;
    job.superuser_does(&format!("ALTER ROLE {owner} NOCREATEROLE")).await;
    for runtime in [job.runtime_url(), "hunter2".to_owned(), "sqlite:hunter2".to_owned()] {
        let error = format!("{:#}", job.run(&runtime).await.unwrap_err());
        assert!(!error.contains('\n') && !error.contains("hunter2"), "{error}");
        assert!(!error.contains("quoted"), "{error}");
    }
}

#[tokio::test]
async fn before_postgres_15_everybody_could_make_tables_and_the_login_cannot() {
    let job = Job::new().await;
    job.superuser_does("GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    job.run(&job.runtime_url()).await.unwrap();
    let database = Database::connect(&job.runtime_url(), 2).await.unwrap();
    let mut tx = database.write().await.unwrap();
    assert!(does(&mut tx, "CREATE TABLE mine (id int)").await.is_err());
}
