//! A login that another one has taken the place of: it is waited for until it has no session, and then may not log in.

use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};

use super::{
    Retirement, RoleError, failed,
    speaker::Speaker,
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
    if may_log_in(connection, role).await.map_err(failed(role))? != Some(true) {
        return Ok(());
    }
    drain(connection, role, retirement).await?;
    let mut speaker = Speaker::begin(connection, role, "", "").await?;
    speaker.run(LOCK_LOGIN, role).await?;
    speaker.commit().await
}

async fn may_log_in(
    connection: &mut PgConnection,
    role: &str,
) -> Result<Option<bool>, sqlx::Error> {
    let mut tx = connection.begin().await?;
    sqlx::query_scalar(MAY_LOG_IN).bind(role).persistent(false).fetch_optional(&mut *tx).await
}

async fn drain(
    connection: &mut PgConnection,
    role: &str,
    Retirement { patience, pause }: Retirement,
) -> Result<(), RoleError> {
    let deadline = Instant::now() + patience;
    let mut calm = 0;
    loop {
        let sessions = sessions(connection, role).await.map_err(failed(role))?;
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

async fn sessions(connection: &mut PgConnection, role: &str) -> Result<i64, sqlx::Error> {
    let mut tx = connection.begin().await?;
    sqlx::query_scalar(SESSIONS).bind(role).persistent(false).fetch_one(&mut *tx).await
}
