//! Who owns the tables: a role that nobody logs in as. A login of its own acts as it when the schema changes; whoever makes
//! roles need not be there for that.
//!
//! In a database of an earlier release the tables belong to the login that made the first of them. They are given to the
//! owner one by one, while servers read and write: what waits for a lock waits a moment, and tries again, so that nobody has
//! to wait behind it for long. The rights of the servers on a table stay as they are.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use super::{
    RoleError, failed,
    login::Login,
    speaker::{Speaker, Standing},
    statements::{
        ALTER_LOGIN, CREATE_GROUP, CREATE_LOGIN, FUNCTIONS_NOT_OWNED, GIVE_FUNCTION, GIVE_TABLE,
        JOIN, MAY_CREATE, MIGRATOR, NOT_OWNED, OWNER,
    },
};

/// Locks are waited for no longer than this, which is less than servers wait for theirs.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";
/// The pause after which it is tried again, and how long.
const PAUSE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_mins(2);
/// What the server says when a lock was not to be had in time.
const NO_LOCK: &str = "55P03";

/// Makes the owner of this name and the login that acts as it.
pub(super) async fn ensure(
    connection: &mut PgConnection,
    owner: &str,
    migrator: &Login,
    secret: &str,
) -> Result<(), RoleError> {
    let mut speaker = Speaker::begin(connection, &migrator.role, secret, owner).await?;
    if speaker.judge(owner).await? == Standing::Missing {
        speaker.run(CREATE_GROUP, owner).await?;
    }
    if !speaker.is_superuser().await? {
        speaker.run(JOIN, owner).await?;
    }
    speaker.run_all(OWNER, owner).await?;
    if speaker.asks(MAY_CREATE, owner).await? != Some(true) {
        return Err(RoleError::MayNotCreate { role: owner.to_owned() });
    }
    let set_password = match speaker.judge(&migrator.role).await? {
        Standing::Missing => CREATE_LOGIN,
        Standing::Fit => ALTER_LOGIN,
    };
    speaker.run(set_password, &migrator.role).await?;
    speaker.run_all(MIGRATOR, &migrator.role).await?;
    speaker.commit().await
}

/// Gives the owner those of `tables` and `functions` that are there and are somebody else's.
pub(super) async fn take_over(
    connection: &mut PgConnection,
    owner: &str,
    tables: &[&str],
    functions: &[&str],
) -> Result<(), RoleError> {
    let deadline = Instant::now() + PATIENCE;
    for (names, not_owned, statement) in
        [(tables, NOT_OWNED, GIVE_TABLE), (functions, FUNCTIONS_NOT_OWNED, GIVE_FUNCTION)]
    {
        let asking = sqlx::query_scalar(not_owned).bind(names).bind(owner).persistent(false);
        let others: Vec<String> =
            asking.fetch_all(&mut *connection).await.map_err(failed(owner))?;
        for name in others {
            while let Err(error) = give(connection, owner, statement, &name).await {
                if !is_locked(&error) || Instant::now() + PAUSE >= deadline {
                    return Err(error);
                }
                sleep(PAUSE).await;
            }
        }
    }
    Ok(())
}

async fn give(
    connection: &mut PgConnection,
    owner: &str,
    statement: &'static str,
    name: &str,
) -> Result<(), RoleError> {
    let mut speaker = Speaker::begin(connection, owner, "", owner).await?;
    speaker.run(LOCK_TIMEOUT, owner).await?;
    speaker.run(statement, name).await?;
    speaker.commit().await
}

fn is_locked(error: &RoleError) -> bool {
    let RoleError::Statement { source: sqlx::Error::Database(cause), .. } = error else {
        return false;
    };
    cause.code().is_some_and(|code| code == NO_LOCK)
}
