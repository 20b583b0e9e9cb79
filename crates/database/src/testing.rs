//! A fresh database for each test, gone when the test ends.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    str::FromStr,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, migrate::Migrator, postgres::PgConnectOptions,
};
use tempfile::TempDir;

use crate::{
    Database, MigrateError, connect,
    migrate::{self, Newer},
    notice::Line,
    scram,
};

/// Names the superuser's URL of a Postgres that tests may make databases in.
pub const POSTGRES_URL: &str = "TODOCHAT_TEST_POSTGRES_URL";

/// A migrated database that nothing else uses.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    url: String,
    home: Home,
}

enum Home {
    Folder { _folder: TempDir },
    Server { superuser: String, name: String },
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    pub async fn sqlite() -> Self {
        let folder = TempDir::new().expect("a folder for the test's database");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let made = Self::open(url, Home::Folder { _folder: folder }).await;
        made.database.migrate().await.expect("the migrations run on a fresh database");
        made
    }

    /// A database on the server that [`POSTGRES_URL`] names, owned by a role of its own that is no
    /// superuser, so that row-level security counts, but may make others, as one that migrates may;
    /// `None` when no server is named.
    pub async fn postgres() -> Option<Self> {
        let made = Self::postgres_before_migrations().await?;
        made.database.migrate().await.expect("the migrations run on a fresh database");
        Some(made)
    }

    /// The same before anything has run in it.
    pub async fn postgres_before_migrations() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "a test has no flags")]
        let superuser = std::env::var(POSTGRES_URL).ok()?;
        // Random, so that tests of several programs can share a server.
        let name = format!("todochat_test_{:016x}", RandomState::new().hash_one(0));
        as_superuser(
            &superuser,
            &[
                format!("CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{name}'"),
                format!("CREATE DATABASE {name} OWNER {name}"),
            ],
        )
        .await
        .expect("the superuser can make a role and a database");
        let options = PgConnectOptions::from_str(&superuser)
            .expect("the superuser's url was just used")
            .username(&name)
            .password(&name)
            .database(&name);
        let url = sqlx::ConnectOptions::to_url_lossy(&options).to_string();
        Some(Self::open(url, Home::Server { superuser, name }).await)
    }

    /// One of each. For tests of what both must do alike, so a missing server is a failure.
    pub async fn each() -> [Self; 2] {
        let postgres = Self::postgres().await;
        let postgres = postgres.unwrap_or_else(|| panic!("set {POSTGRES_URL}; `make test` does"));
        [Self::sqlite().await, postgres]
    }

    async fn open(url: String, home: Home) -> Self {
        let database = Database::connect(&url, 10).await.expect("a fresh database can be opened");
        Self { database, url, home }
    }

    /// The same, with every statement by itself, as behind a transaction pooler.
    #[must_use]
    pub fn without_round_trips_saved(self) -> Self {
        self.database.outlet.set_line(Line::Pooled);
        self
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Its address, for a program under test that connects by itself.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address for a role of its own with this password. Nobody makes that role, unless the test
    /// does; it goes with the database.
    pub fn runtime_url(&self, password: &str) -> Option<String> {
        self.url_of(runtime_role, password)
    }

    /// The same for the role that takes turns with that one.
    pub fn other_runtime_url(&self, password: &str) -> Option<String> {
        self.url_of(|name| format!("{}_b", runtime_role(name)), password)
    }

    /// The same for the login that migrates and owns nothing.
    pub fn migrator_url(&self, password: &str) -> Option<String> {
        self.url_of(|name| format!("{}_migrate", runtime_role(name)), password)
    }

    fn url_of(&self, role: impl Fn(&str) -> String, password: &str) -> Option<String> {
        let Home::Server { name, .. } = &self.home else {
            return None;
        };
        let options = PgConnectOptions::from_str(&self.url).ok()?;
        let options = options.username(&role(name)).password(password);
        Some(sqlx::ConnectOptions::to_url_lossy(&options).to_string())
    }

    /// Its address with the right to do anything, where there is such a thing: to look behind
    /// row-level security, or to cut connections.
    pub fn superuser_url(&self) -> Option<String> {
        let Home::Server { superuser, name } = &self.home else {
            return None;
        };
        let options = PgConnectOptions::from_str(superuser).ok()?.database(name);
        Some(sqlx::ConnectOptions::to_url_lossy(&options).to_string())
    }
}

impl Drop for TestDatabase {
    /// On a thread and a runtime of its own: the test's runtime cannot be waited for in here.
    fn drop(&mut self) {
        let Home::Server { superuser, name } = &self.home else {
            return;
        };
        let (superuser, name) = (superuser.clone(), name.clone());
        let cleaning = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let statements = [
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                format!(
                    "DROP ROLE IF EXISTS \"{0}\", \"{0}_b\", \"{0}_rw\", \"{0}_ro\", \"{0}_migrate\", \
                     \"{0}_owner\", {name}",
                    runtime_role(&name)
                ),
            ];
            runtime.block_on(as_superuser(&superuser, &statements)).map_err(std::io::Error::other)
        });
        // A database left over is a nuisance, not a failure of the test.
        let _ = cleaning.join();
    }
}

/// Does to a schema on Postgres what the migration Job does, with other migrations than those of this release.
pub async fn migrate_with(url: &str, migrations: &Migrator) -> Result<(), MigrateError> {
    migrate::run(&connect::options(url)?, migrations, Newer::Refuse).await
}

/// A name that has to be quoted.
fn runtime_role(name: &str) -> String {
    format!("{name} Server")
}

/// Whether `verifier`, as `pg_authid` has it, is the one of `password`.
pub fn is_verifier_of(verifier: &str, password: &str) -> bool {
    let salt = verifier.split(['$', ':']).nth(2).and_then(|salt| BASE64_STANDARD.decode(salt).ok());
    let salt = salt.and_then(|salt| salt.try_into().ok());
    salt.is_some_and(|salt| scram::verifier(password, salt) == verifier)
}

async fn as_superuser(url: &str, statements: &[String]) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement.as_str())).execute(&mut connection).await?;
    }
    connection.close().await
}

impl fmt::Debug for Home {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { .. } => out.write_str("sqlite"),
            Self::Server { name, .. } => out.write_str(name),
        }
    }
}
