//! A backup is taken: everything of one moment, whatever happens meanwhile.

use std::process::Stdio;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Connection as _, PgConnection};

use crate::{
    BackupError, Manifest, Name, counts,
    place::{Place, Writing},
    programs, pump,
    server::Server,
};

/// A dump without a manifest that is as old as this is nobody's who still works on it.
const ABANDONED: TimeDelta = TimeDelta::days(1);

/// Takes one, and lets the oldest go so that `retain` are left.
pub(crate) async fn take(
    place: &Place,
    server: &Server,
    now: DateTime<Utc>,
    retain: usize,
) -> Result<Name, BackupError> {
    let name = Name::at(now);
    let mut connection = server.connect(&server.database()).await?;
    let snapshot = snapshot(&mut connection).await?;
    let told = tell(&mut connection, now).await?;
    let mut writing = place.write(&name.dump()).await?;
    match dump(server, &snapshot, &mut writing).await {
        Ok(passed) => {
            writing.finish().await?;
            let manifest = Manifest { bytes: passed.bytes, sha256: passed.sha256(), ..told };
            place.tell(&name, &manifest).await?;
        }
        Err(error) => {
            writing.abandon().await;
            return Err(error);
        }
    }
    // The snapshot was held until here; how the line ends changes nothing.
    let _ = connection.close().await;
    prune(place, now, retain).await?;
    Ok(name)
}

/// Stands at one moment, and says by which name others can stand there too.
async fn snapshot(connection: &mut PgConnection) -> Result<String, BackupError> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let failed = || BackupError::database("taking a snapshot");
    sqlx::query(begin).execute(&mut *connection).await.map_err(failed())?;
    sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(connection).await.map_err(failed())
}

/// All but the dump's size and hash.
async fn tell(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<Manifest, BackupError> {
    let version = "SELECT current_setting('server_version_num')::int / 10000";
    let postgres: i32 = sqlx::query_scalar(version)
        .fetch_one(&mut *connection)
        .await
        .map_err(BackupError::database("asking for its version"))?;
    Ok(Manifest {
        taken: now,
        schema: counts::schema(connection).await?,
        postgres: postgres.unsigned_abs(),
        bytes: 0,
        sha256: String::new(),
        tables: counts::tables(connection).await?,
        roles: counts::roles(connection).await?,
    })
}

async fn dump(
    server: &Server,
    snapshot: &str,
    writing: &mut Writing<'_>,
) -> Result<pump::Passed, BackupError> {
    let mut command = server.program("pg_dump", &server.database());
    command.args(["--format=custom", &format!("--snapshot={snapshot}")]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = programs::start("pg_dump", &mut command)?;
    let out = child.stdout.take().expect("it is piped");
    let passed = pump::keep(out, writing).await?;
    programs::end("pg_dump", &mut child).await?;
    Ok(passed)
}

async fn prune(place: &Place, now: DateTime<Utc>, retain: usize) -> Result<(), BackupError> {
    let names = place.names().await?;
    let too_many = names.len().saturating_sub(retain.max(1));
    for name in &names[..too_many] {
        place.remove(name).await?;
        tracing::info!(%name, "Removed the backup {name}");
    }
    for name in place.without_manifest().await? {
        if name.time() + ABANDONED < now {
            place.remove(&name).await?;
            tracing::info!(%name, "Removed the unfinished backup {name}");
        }
    }
    Ok(())
}
