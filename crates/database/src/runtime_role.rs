//! The login that the servers use: it may read and write rows, under row-level security, and change
//! nothing else. Whoever migrates the schema makes it.
//!
//! ```text
//! runtime url ─▶ Login ─▶ one transaction under an advisory lock: role, password, rights
//! ```

use std::str::FromStr;

use percent_encoding::percent_decode_str;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool, Row as _,
    postgres::PgConnectOptions,
};
use url::Url;

use crate::{DatabaseUrl, scram};

/// Names the lock: two that make roles in one database at once wait for each other.
const LOCK: i64 = 0x746f_646f_726f_6c65;

/// How Neon refuses a verifier; it hashes the password itself.
const PLAIN_ONLY: &str = "plaintext passwords";

/// Why there is no login that the servers could use.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The migrated database or the runtime URL is SQLite's.
    #[error("only postgres has logins for the servers to use")]
    NotPostgres,
    /// The runtime URL cannot be read; nothing of it is quoted.
    #[error("the runtime url cannot be read")]
    Url(#[source] url::ParseError),
    /// The runtime URL has no user, no password, or one that is no UTF-8.
    #[error("the runtime url needs a user and a password")]
    NoLogin,
    /// The servers would be able to change the schema.
    #[error("the runtime url names the role that migrates; the servers need one of their own")]
    Same,
    /// The role was there and is not ours to tame.
    #[error("the role {role} is there already and has rights that would void row-level security")]
    TooMuch {
        /// Its name.
        role: String,
    },
    /// The role can still make tables.
    #[error("the role {role} may create in schema public, and that could not be taken from it")]
    MayCreate {
        /// Its name.
        role: String,
    },
    /// A statement failed, mostly for want of the right to make roles.
    #[error("cannot give the role {role} its rights")]
    Statement {
        /// Its name.
        role: String,
        /// What the server said.
        source: sqlx::Error,
    },
}

/// A role and its password.
struct Login {
    role: String,
    password: String,
}

/// Makes sure that the login of `url` exists with that password and with the rights of a server.
pub(crate) async fn ensure(pool: &PgPool, url: &DatabaseUrl) -> Result<(), RoleError> {
    let DatabaseUrl::Postgres(url) = url else { return Err(RoleError::NotPostgres) };
    let login = Login::of(url)?;
    // The statements hold what is as good as a password, so they are not logged, not even slow ones.
    let options = PgConnectOptions::clone(&pool.connect_options()).disable_statement_logging();
    let verifier = scram::verifier(&login.password, rand::random());
    match login.ensure(&options, &verifier).await {
        Err(RoleError::Statement { source, .. }) if source.to_string().contains(PLAIN_ONLY) => {
            login.ensure(&options, &login.password).await
        }
        done => done,
    }
}

impl Login {
    /// As the driver reads the URL: parameters win over what stands before the host.
    fn of(url: &str) -> Result<Self, RoleError> {
        let url = Url::from_str(url).map_err(RoleError::Url)?;
        let parameter = |name: &str| {
            let last = url.query_pairs().filter(|(key, _)| key == name).last();
            last.map(|(_, value)| value.into_owned())
        };
        let decoded = |text: &str| {
            percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| RoleError::NoLogin)
        };
        let role = match parameter("user") {
            Some(role) => role,
            None => decoded(url.username())?,
        };
        let password = match parameter("password") {
            Some(password) => password,
            None => decoded(url.password().unwrap_or_default())?,
        };
        if role.is_empty() || password.is_empty() {
            return Err(RoleError::NoLogin);
        }
        Ok(Self { role, password })
    }

    async fn ensure(&self, options: &PgConnectOptions, secret: &str) -> Result<(), RoleError> {
        let mut connection =
            PgConnection::connect_with(options).await.map_err(|error| self.failed(error))?;
        let done = self.in_one_transaction(&mut connection, secret).await;
        // It has committed or it has not; how the line ends changes nothing.
        let _ = connection.close().await;
        done
    }

    async fn in_one_transaction(
        &self,
        connection: &mut PgConnection,
        secret: &str,
    ) -> Result<(), RoleError> {
        let failed = |error| self.failed(error);
        let mut tx = connection.begin().await.map_err(failed)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(LOCK)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let set_password = match self.judge(&mut tx).await? {
            Standing::Missing => CREATE,
            Standing::Fit => ALTER,
        };
        self.run(&mut tx, set_password, secret).await.map_err(failed)?;
        for grant in GRANTS {
            self.run(&mut tx, grant, "").await.map_err(failed)?;
        }
        self.keep_from_creating(&mut tx).await?;
        tx.commit().await.map_err(failed)
    }

    /// What the server has under this name.
    async fn judge(&self, tx: &mut PgConnection) -> Result<Standing, RoleError> {
        if self.asks(tx, "SELECT $1::name = current_user").await? == Some(true) {
            return Err(RoleError::Same);
        }
        match self.asks(tx, TOO_MUCH).await? {
            None => Ok(Standing::Missing),
            Some(false) => Ok(Standing::Fit),
            Some(true) => Err(RoleError::TooMuch { role: self.role.clone() }),
        }
    }

    /// Before Postgres 15 everybody could make tables in `public`.
    async fn keep_from_creating(&self, tx: &mut PgConnection) -> Result<(), RoleError> {
        for revoke in REVOKES {
            if self.asks(tx, MAY_CREATE).await? != Some(true) {
                return Ok(());
            }
            self.run(tx, revoke, "").await.map_err(|error| self.failed(error))?;
        }
        match self.asks(tx, MAY_CREATE).await? {
            Some(true) => Err(RoleError::MayCreate { role: self.role.clone() }),
            _ => Ok(()),
        }
    }

    async fn asks(
        &self,
        tx: &mut PgConnection,
        sql: &'static str,
    ) -> Result<Option<bool>, RoleError> {
        let found = sqlx::query_scalar(sql).bind(&self.role).fetch_optional(tx).await;
        found.map_err(|error| self.failed(error))
    }

    /// Lets the server write the statement: it knows best how names and texts are quoted, and takes
    /// no parameters in statements of this kind.
    async fn run(
        &self,
        tx: &mut PgConnection,
        template: &'static str,
        secret: &str,
    ) -> Result<(), sqlx::Error> {
        let row = sqlx::query("SELECT format($1::text, $2::text, $3::text, current_database())")
            .bind(template)
            .bind(&self.role)
            .bind(secret)
            .fetch_one(&mut *tx)
            .await?;
        let statement: String = row.try_get(0)?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(tx).await.map(drop)
    }

    fn failed(&self, source: sqlx::Error) -> RoleError {
        RoleError::Statement { role: self.role.clone(), source }
    }
}

/// What there is under a role's name.
enum Standing {
    Missing,
    Fit,
}

// `%1$I` is the role, `%2$L` its secret, `%3$I` the database.
const CREATE: &str = "CREATE ROLE %1$I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION \
                      NOBYPASSRLS PASSWORD %2$L";
const ALTER: &str = "ALTER ROLE %1$I LOGIN PASSWORD %2$L";

/// Whoever has one of these, or is a member of the role that owns the tables, is not held by row-level
/// security for long.
const TOO_MUCH: &str = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication \
                        OR pg_has_role(rolname, current_user, 'MEMBER') \
                        FROM pg_roles WHERE rolname = $1";

const GRANTS: [&str; 7] = [
    "GRANT CONNECT ON DATABASE %3$I TO %1$I",
    "GRANT USAGE ON SCHEMA public TO %1$I",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %1$I",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public \
     GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %1$I",
    // What has run is for whoever migrates to say.
    "REVOKE INSERT, UPDATE, DELETE ON TABLE public._sqlx_migrations FROM %1$I",
];

const MAY_CREATE: &str = "SELECT has_schema_privilege($1::name, 'public', 'CREATE')";
const REVOKES: [&str; 2] =
    ["REVOKE CREATE ON SCHEMA public FROM %1$I", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"];

#[cfg(test)]
mod tests {
    use super::*;

    fn login(url: &str) -> Option<(String, String)> {
        Login::of(url).ok().map(|login| (login.role, login.password))
    }

    #[test]
    fn a_login_is_read_as_the_driver_reads_it() {
        let of = |role: &str, password: &str| Some((role.to_owned(), password.to_owned()));
        assert_eq!(login("postgres://ann:secret@db/todo"), of("ann", "secret"));
        assert_eq!(login("postgres://a%40b:%27%22%5C%C3%A9@db/todo"), of("a@b", "'\"\\é"));
        assert_eq!(login("postgres://ann:a@db/todo?user=bob&password=b%20c"), of("bob", "b c"));
        assert_eq!(login("postgres:///todo?host=/run&user=bob&password=b"), of("bob", "b"));
    }

    #[test]
    fn a_url_without_a_login_is_refused() {
        for url in ["postgres://db/todo", "postgres://ann@db/todo", "postgres://:secret@db/todo"] {
            assert!(matches!(Login::of(url), Err(RoleError::NoLogin)), "{url}");
        }
        assert!(matches!(Login::of("postgres://ann:secret@db:x/"), Err(RoleError::Url(_))));
    }
}
