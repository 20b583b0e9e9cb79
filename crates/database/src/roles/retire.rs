//! A login that another one has taken the place of: it is waited for until it has no session, and then may not log in.

use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::{Instant, sleep};

use super::{
    Retirement, RoleError, failed,
    statements::{LOCK_LOGIN, MAY_LOG_IN, SESSIONS},
};

/// How often in a row no session must be found. Each server has one all the time, but for the moment in which it lost the
/// line and has not got it back.
const CALM: u32 = 3;

pub(super) async fn retire(
    connection: &mut PgConnection,
    role: &str,
    retirement: Retirement,
) -> Result<(), RoleError> {
    let may_log_in = sqlx::query_scalar(MAY_LOG_IN).bind(role).fetch_optional(&mut *connection);
    if may_log_in.await.map_err(failed(role))? != Some(true) {
        return Ok(());
    }
    drain(connection, role, retirement).await?;
    lock(connection, role).await.map_err(failed(role))
}

async fn drain(
    connection: &mut PgConnection,
    role: &str,
    Retirement { patience, pause }: Retirement,
) -> Result<(), RoleError> {
    let deadline = Instant::now() + patience;
    let mut calm = 0;
    loop {
        let counting = sqlx::query_scalar(SESSIONS).bind(role).fetch_one(&mut *connection);
        let sessions: i64 = counting.await.map_err(failed(role))?;
        calm = if sessions == 0 { calm + 1 } else { 0 };
        if calm >= CALM {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(RoleError::InUse { role: role.to_owned(), sessions });
        }
        sleep(pause).await;
    }
}

async fn lock(connection: &mut PgConnection, role: &str) -> Result<(), sqlx::Error> {
    let quoting = sqlx::query_scalar("SELECT format($1::text, $2::text)").bind(LOCK_LOGIN);
    let statement: String = quoting.bind(role).fetch_one(&mut *connection).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}
