//! A backup is brought back: into a database beside the one in use, and only what is proved to be whole takes its place.
//!
//! ```text
//! is it there, is its schema known ─▶ roles ─▶ a new database ─▶ hash, counts ─▶ nobody may connect ─▶ names change
//! ```
//!
//! Whatever goes wrong before the last step changes nothing, and may be tried again; the last step is one transaction.

use std::process::Stdio;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{
    BackupError, Manifest, Name, counts,
    place::Place,
    programs, pump,
    server::{MAINTENANCE, Server},
};

/// What may become of a database that has data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onto {
    /// It must have none.
    Empty,
    /// It is replaced.
    Anything,
}

/// A restore that was asked for.
pub(crate) struct Restore<'a> {
    pub(crate) place: &'a Place,
    pub(crate) server: &'a Server,
    /// Which backup; the last if none is named.
    pub(crate) from: Option<&'a Name>,
    pub(crate) onto: Onto,
    /// What tells this restore from every other one: done twice, it is done once.
    pub(crate) id: &'a str,
}

impl Restore<'_> {
    pub(crate) async fn run(&self) -> Result<(), BackupError> {
        let (name, manifest) = find(self.place, self.from).await?;
        let database = self.server.database();
        let mut maintenance = self.server.connect(MAINTENANCE).await?;
        let sql = Sql { connection: &mut maintenance };
        let done = self.bring_back(sql, &database, &name, &manifest).await;
        // Whatever happened, those who use the database may do so again.
        let open = Sql { connection: &mut maintenance }
            .run("ALTER DATABASE %1$I ALLOW_CONNECTIONS true", &[&database])
            .await;
        let _ = maintenance.close().await;
        done.and(open)
    }

    async fn bring_back(
        &self,
        mut sql: Sql<'_>,
        database: &str,
        name: &Name,
        manifest: &Manifest,
    ) -> Result<(), BackupError> {
        sql.run("ALTER DATABASE %1$I ALLOW_CONNECTIONS true", &[database]).await?;
        let (beside, before) = (format!("{database}_restored"), format!("{database}_replaced"));
        if sql.mark(database).await?.as_deref() == Some(self.id) {
            tracing::info!(%name, "The backup {name} was restored before");
            return sql.drop(&before).await;
        }
        if self.onto == Onto::Empty {
            self.must_be_empty(database).await?;
        }
        sql.drop(&beside).await?;
        sql.drop(&before).await?;
        sql.run("CREATE DATABASE %1$I TEMPLATE template0 ENCODING 'UTF8'", &[&beside]).await?;
        let owner = sql.owner(database).await?;
        sql.run("ALTER DATABASE %1$I OWNER TO %2$I", &[&beside, &owner]).await?;
        if let Err(error) = fill(self.place, self.server, &beside, (name, manifest)).await {
            sql.drop(&beside).await?;
            return Err(error);
        }
        sql.take_over(database, &beside, &before, self.id).await?;
        tracing::info!(%name, rows = manifest.tables.values().sum::<i64>(), "Restored the backup {name}");
        sql.drop(&before).await
    }

    async fn must_be_empty(&self, database: &str) -> Result<(), BackupError> {
        let mut connection = self.server.connect(database).await?;
        let tables = counts::names(&mut connection).await?;
        let _ = connection.close().await;
        if tables.is_empty() {
            return Ok(());
        }
        Err(BackupError::NotEmpty { database: database.to_owned() })
    }
}

/// The backup of that name, or the last one; refused when this release does not know its schema.
pub(crate) async fn find(
    place: &Place,
    from: Option<&Name>,
) -> Result<(Name, Manifest), BackupError> {
    let missing = |name: String| BackupError::NotThere { name, place: place.to_string() };
    let name = match from {
        Some(name) => name.clone(),
        None => place.names().await?.pop().ok_or_else(|| missing("at all".to_owned()))?,
    };
    let manifest = place.manifest(&name).await?.ok_or_else(|| missing(name.to_string()))?;
    let known = todochat_database::newest_migration();
    if manifest.schema > known {
        return Err(BackupError::TooNew { schema: manifest.schema, known });
    }
    Ok((name, manifest))
}

/// Restores into an empty database, and looks whether all of it is there.
pub(crate) async fn fill(
    place: &Place,
    server: &Server,
    database: &str,
    (name, manifest): (&Name, &Manifest),
) -> Result<(), BackupError> {
    let mut connection = server.connect(database).await?;
    Sql { connection: &mut connection }.make_roles(manifest).await?;
    let mut command = server.program("pg_restore", database);
    command.args(["--exit-on-error", "--single-transaction"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = programs::start("pg_restore", &mut command)?;
    let into = child.stdin.take().expect("it is piped");
    let reading = place.read(&name.dump()).await?;
    let fed = pump::feed(reading, into, (name, manifest)).await;
    // A dump that has changed says more than a program that could not read it.
    let ended = programs::end("pg_restore", &mut child).await;
    match fed {
        Err(BackupError::Program { .. }) => ended?,
        fed => fed.and(ended)?,
    }
    let found = counts::tables(&mut connection).await?;
    let _ = connection.close().await;
    match manifest.difference(&found) {
        None => Ok(()),
        Some((table, was, is)) => {
            Err(BackupError::Counts { name: name.to_string(), table, was, is })
        }
    }
}

/// Statements about databases and roles.
struct Sql<'a> {
    connection: &'a mut PgConnection,
}

impl Sql<'_> {
    /// Lets the server write the statement: it knows best how names and texts are quoted, and takes no parameters here.
    async fn run(&mut self, template: &'static str, words: &[&str]) -> Result<(), BackupError> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let statement: String = sqlx::query_scalar("SELECT format($1::text, VARIADIC $2::text[])")
            .bind(template)
            .bind(words)
            .fetch_one(&mut *self.connection)
            .await
            .map_err(BackupError::database(template))?;
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *self.connection).await;
        done.map(drop).map_err(BackupError::database(template))
    }

    async fn drop(&mut self, database: &str) -> Result<(), BackupError> {
        self.run("DROP DATABASE IF EXISTS %1$I WITH (FORCE)", &[database]).await
    }

    async fn owner(&mut self, database: &str) -> Result<String, BackupError> {
        let owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = $1";
        let owner = sqlx::query_scalar(owner).bind(database).fetch_one(&mut *self.connection);
        owner.await.map_err(BackupError::database("asking whose the database is"))
    }

    /// What was last restored into a database.
    async fn mark(&mut self, database: &str) -> Result<Option<String>, BackupError> {
        let mark =
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1";
        let mark = sqlx::query_scalar(mark).bind(database).fetch_optional(&mut *self.connection);
        Ok(mark.await.map_err(BackupError::database("reading its mark"))?.flatten())
    }

    /// They own what is in the dump, and may not log in until a migration gives them a password.
    async fn make_roles(&mut self, manifest: &Manifest) -> Result<(), BackupError> {
        let there = counts::roles(self.connection).await?;
        for role in manifest.roles.difference(&there) {
            self.run("CREATE ROLE %1$I NOLOGIN", &[role]).await?;
        }
        Ok(())
    }

    /// The database beside takes the name of the one in use, which nobody uses any more.
    async fn take_over(
        &mut self,
        database: &str,
        beside: &str,
        before: &str,
        id: &str,
    ) -> Result<(), BackupError> {
        self.run("ALTER DATABASE %1$I ALLOW_CONNECTIONS false", &[database]).await?;
        let end = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = $1";
        let ended: i64 = sqlx::query_scalar(end)
            .bind(database)
            .fetch_one(&mut *self.connection)
            .await
            .map_err(BackupError::database("ending its sessions"))?;
        tracing::info!(ended, "Nobody uses the database {database} any more");
        self.run(
            // Sent as one, they are one transaction.
            "ALTER DATABASE %1$I RENAME TO %3$I; ALTER DATABASE %2$I RENAME TO %1$I; \
             COMMENT ON DATABASE %1$I IS %4$L",
            &[database, beside, before, id],
        )
        .await
    }
}
