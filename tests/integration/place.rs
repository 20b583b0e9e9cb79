//! A database with its logins, and the files that a kubelet would show to the servers and to the Jobs.

use std::{fs, path::PathBuf};

use clap::Parser as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use todochat_chat_server::{
    config::{MigrateConfig, RotateLoginConfig},
    migrate::{migrate, rotate_login},
};
use todochat_database::{Database, DatabaseArgs, testing::TestDatabase};
use todochat_tests::{POSTGRES_URL, postgres};

/// A database, and files with the URLs of its logins: `admin`, `migrator`, `servers`.
pub(crate) struct Place {
    pub(crate) test: TestDatabase,
    folder: TempDir,
}

#[derive(clap::Parser)]
struct Server {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Place {
    /// Migrated, with an owner of its tables. The servers use the first login.
    pub(crate) async fn new() -> Self {
        let place = Self::of(postgres().await);
        place.migrate().await.unwrap();
        place
    }

    /// As an earlier release has left it: the tables belong to the login that made them.
    pub(crate) async fn of_an_earlier_release() -> Self {
        let place = Self::of(postgres().await);
        place.migrate_as_before().await.unwrap();
        place
    }

    /// Nothing has run.
    pub(crate) async fn empty() -> Self {
        let test = TestDatabase::postgres_before_migrations().await;
        Self::of(test.unwrap_or_else(|| panic!("set {POSTGRES_URL}, as `make test` does")))
    }

    fn of(test: TestDatabase) -> Self {
        let place = Self { test, folder: TempDir::new().unwrap() };
        place.put("admin", place.test.url());
        place.put("migrator", &place.migrator("migrates"));
        place.put("servers", &place.first("one"));
        place
    }

    /// The Job that brings the schema up to date.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        let migrator = self.flag("migrator");
        self.run_migrate(&["--migrator-url-file", &migrator]).await
    }

    /// The same as an earlier release did it, without an owner.
    pub(crate) async fn migrate_as_before(&self) -> anyhow::Result<()> {
        self.run_migrate(&[]).await
    }

    async fn run_migrate(&self, more: &[&str]) -> anyhow::Result<()> {
        let [admin, servers] = ["admin", "servers"].map(|name| self.flag(name));
        let flags = ["migrate", "--database-url-file", &admin, "--runtime-url-file", &servers];
        migrate(&MigrateConfig::try_parse_from([&flags[..], more].concat())?).await
    }

    pub(crate) fn migrator(&self, password: &str) -> String {
        self.test.migrator_url(password).unwrap()
    }

    pub(crate) fn first(&self, password: &str) -> String {
        self.test.runtime_url(password).unwrap()
    }

    pub(crate) fn second(&self, password: &str) -> String {
        self.test.other_runtime_url(password).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn flag(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// As a kubelet does: the new file takes the place of the old one at once.
    pub(crate) fn put(&self, name: &str, url: &str) {
        let draft = self.path("draft");
        fs::write(&draft, url).unwrap();
        fs::rename(draft, self.path(name)).unwrap();
    }

    /// A server that follows its file.
    pub(crate) async fn server(&self, connections: u32) -> Database {
        let connections = connections.to_string();
        let flags = ["--database-url-file", &self.flag("servers")];
        let flags = [&["server", "--database-connections", &connections][..], &flags].concat();
        Server::try_parse_from(flags).unwrap().database.connect().await.unwrap()
    }

    /// The Job that makes the login of this URL.
    pub(crate) async fn make(&self, url: &str) -> anyhow::Result<()> {
        self.put("next", url);
        self.turn("next", &[]).await
    }

    /// The Job that retires `role`.
    pub(crate) async fn retire(&self, role: &str, grace: &str) -> anyhow::Result<()> {
        self.turn("servers", &["--retire", role, "--grace", grace, "--pause", "10ms"]).await
    }

    pub(crate) async fn turn(&self, file: &str, more: &[&str]) -> anyhow::Result<()> {
        let [admin, file] = ["admin", file].map(|name| self.flag(name));
        let flags = ["rotate-login", "--database-url-file", &admin, "--runtime-url-file", &file];
        rotate_login(&RotateLoginConfig::try_parse_from([&flags[..], more].concat())?).await
    }

    /// The name that the logins' begin with.
    pub(crate) async fn family(&self) -> String {
        let database: String = self.asks("SELECT current_database()::text").await;
        format!("{database} Server")
    }

    /// The names of the two logins.
    pub(crate) async fn roles(&self) -> [String; 2] {
        let first = self.family().await;
        [first.clone(), format!("{first}_b")]
    }

    pub(crate) async fn may_log_in(&self, role: &str) -> bool {
        let sql = format!("SELECT rolcanlogin FROM pg_roles WHERE rolname = '{role}'");
        self.asks(&sql).await
    }

    pub(crate) async fn sessions(&self, role: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'");
        self.asks(&sql).await
    }

    /// What the superuser is told.
    pub(crate) async fn asks<T>(&self, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut superuser = self.superuser().await;
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut superuser).await.unwrap()
    }

    pub(crate) async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.test.superuser_url().unwrap()).await.unwrap()
    }

    pub(crate) async fn superuser_does(&self, sql: &str) {
        let mut superuser = self.superuser().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
    }
}
