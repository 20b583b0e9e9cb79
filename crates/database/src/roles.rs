//! The roles of a database: who may do what in it. Whoever migrates the schema makes them.
//!
//! ```text
//! <name>, <name>_b   two logins that take turns: one is in use, the other is made ready to take its place
//!   └─ <name>_rw     what both may do: read and write rows, under row-level security, and change nothing else
//! <name>_ro          may read, for people's own logins to be made members of
//! <name>_owner       owns the tables; nobody logs in as it
//!   └─ <migrator>    acts as it from its first statement on, and has no other right
//!
//! own      migrator url, runtime url ─▶ the owner, its login, and the tables that were somebody else's
//! ensure   runtime url ─▶ Login ─▶ one transaction under an advisory lock: roles, password, rights
//! retire   the other login ─▶ no session left ─▶ it may not log in any more
//! ```
//!
//! Without an owner the tables belong to whoever migrates, which is so where there is one login for everything.

mod login;
mod owner;
mod retire;
mod session;
mod speaker;
mod statements;

use std::time::Duration;

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, postgres::PgConnectOptions,
};

use self::login::Login;
use crate::{DatabaseUrl, migrate, scram};

/// How Neon refuses a verifier; it hashes the password itself.
const PLAIN_ONLY: &str = "plaintext passwords";

/// Why a login is not as it should be.
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
    /// Whoever makes the roles cannot give the owner of the tables the right to make some.
    #[error(
        "the role {role} may not create in schema public; the admin login must own the database, or hold CREATE on the schema with grant option"
    )]
    MayNotCreate {
        /// Its name.
        role: String,
    },
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
    /// Only the login beside the one in use can be retired.
    #[error("the role {role} does not take turns with the login of the runtime url")]
    NotTheOther {
        /// Its name.
        role: String,
    },
    /// The login is still used.
    #[error("the role {role} still has sessions: {sessions}")]
    InUse {
        /// Its name.
        role: String,
        /// How many.
        sessions: i64,
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

/// How a login is waited for that is to be retired.
#[derive(Clone, Copy, Debug)]
pub struct Retirement {
    /// How long at most.
    pub patience: Duration,
    /// How often its sessions are counted.
    pub pause: Duration,
}

/// Makes sure that the login of `url` exists with that password and with the rights of a server.
pub(crate) async fn ensure(pool: &PgPool, url: &DatabaseUrl) -> Result<(), RoleError> {
    let login = Login::of(url)?;
    let mut connection = connect(pool, &login.role).await?;
    let done = match session::ensure(&mut connection, &login, &verifier(&login)).await {
        Err(error) if error.wants_plain() => {
            session::ensure(&mut connection, &login, &login.password).await
        }
        done => done,
    };
    // It has committed or it has not; how the line ends changes nothing.
    let _ = connection.close().await;
    done
}

/// Makes sure that there are an owner for the tables of the servers of `runtime` and the login of `migrator`, which acts as
/// it, and that those of `tables` that are there belong to it.
pub(crate) async fn own(
    pool: &PgPool,
    migrator: &DatabaseUrl,
    runtime: &DatabaseUrl,
) -> Result<(), RoleError> {
    let (migrator, owner) = (Login::of(migrator)?, Login::of(runtime)?.owner());
    let mut connection = connect(pool, &migrator.role).await?;
    let secret = verifier(&migrator);
    let mut done = owner::ensure(&mut connection, &owner, &migrator, &secret).await;
    if done.as_ref().is_err_and(RoleError::wants_plain) {
        done = owner::ensure(&mut connection, &owner, &migrator, &migrator.password).await;
    }
    if done.is_ok() {
        let (tables, functions) = (migrate::tables(), migrate::functions());
        done = owner::take_over(&mut connection, &owner, &tables, &functions).await;
    }
    let _ = connection.close().await;
    done
}

fn verifier(login: &Login) -> String {
    scram::verifier(&login.password, rand::random())
}

impl RoleError {
    fn wants_plain(&self) -> bool {
        matches!(self, Self::Statement { source, .. } if source.to_string().contains(PLAIN_ONLY))
    }
}

/// Takes the right to log in from `role` once nobody uses it. Done again, it does nothing.
pub(crate) async fn retire(
    pool: &PgPool,
    role: &str,
    current: &DatabaseUrl,
    retirement: Retirement,
) -> Result<(), RoleError> {
    let current = Login::of(current)?;
    if !current.takes_turns_with(role) {
        return Err(RoleError::NotTheOther { role: role.to_owned() });
    }
    let mut connection = connect(pool, role).await?;
    let done = retire::retire(&mut connection, role, retirement).await;
    let _ = connection.close().await;
    done
}

/// A connection whose statements are not logged, not even slow ones: they hold what is as good as a password.
async fn connect(pool: &PgPool, role: &str) -> Result<PgConnection, RoleError> {
    let options = PgConnectOptions::clone(&pool.connect_options()).disable_statement_logging();
    PgConnection::connect_with(&options).await.map_err(failed(role))
}

fn failed(role: &str) -> impl Fn(sqlx::Error) -> RoleError {
    move |source| RoleError::Statement { role: role.to_owned(), source }
}
