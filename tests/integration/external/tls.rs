//! `verify-full` against a real Postgres: who is not who it should be is refused, at once and with a reason, and is never
//! spoken to in the clear instead.

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;
use sqlx::{Connection as _, PgConnection};
use todochat_chat_server::{
    config::MigrateConfig,
    migrate::{exit_code, migrate},
};
use todochat_database::DatabaseArgs;
use todochat_operator::{
    build::build,
    children::{Entry, SecretPlan},
    testing::Case,
};
use todochat_service::exit;
use tokio::time::timeout;

use super::server::Server;

/// Much less than a server that may still come up is waited for.
const AT_ONCE: Duration = Duration::from_secs(20);

#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What the operator writes into the URL for an `External` database, with the bundle where the pod would find it.
fn parameters(bundle: &str) -> String {
    let case = include_str!("../../../operator/tests/pure/goldens/database-external-admin.yaml");
    let children = build(&Case::read(case).validated().unwrap());
    let url = |plan: &SecretPlan| match plan.entries.get("url") {
        Some(Entry::DatabaseUrl(parts)) => Some(parts.parameters.clone()),
        _ => None,
    };
    let written = children.secrets.iter().find_map(url).unwrap();
    let (mode, file) = written.split_once("&sslrootcert=").unwrap();
    assert_eq!(mode, "sslmode=verify-full");
    let projected = serde_json::to_string(&children.jobs).unwrap();
    let (folder, name) = file.rsplit_once('/').unwrap();
    assert!(projected.contains(&format!("\"mountPath\":\"{folder}\"")) && projected.contains(name));
    written.replace(file, bundle)
}

async fn server_connects(url: &str) -> Result<(), String> {
    let program = Program::parse_from(["server", "--database-url", url]);
    let connecting = timeout(AT_ONCE, program.database.connect());
    let connected = connecting.await.expect("it is told at once, not waited for");
    connected.map(drop).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
}

async fn job(url: &str) -> Result<(), ExitCode> {
    let config = MigrateConfig::parse_from(["migrate", "--database-url", url]);
    let migrated = timeout(AT_ONCE, migrate(&config)).await.expect("it is told at once");
    migrated.map_err(|error| exit_code(&error))
}

#[tokio::test]
async fn only_the_right_server_is_spoken_to_and_only_by_tls() {
    let server = Server::start();
    let [ours, others] = ["ca.crt", "other.crt"].map(|bundle| parameters(&server.path(bundle)));
    let right = server.url("localhost", &ours);
    job(&right).await.unwrap();
    server_connects(&right).await.unwrap();
    let mut connection = PgConnection::connect(&right).await.unwrap();
    let by_tls = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(sqlx::query_scalar::<_, bool>(by_tls).fetch_one(&mut connection).await.unwrap());

    let missing = parameters(&server.path("not-there.crt"));
    for (url, says) in [
        (server.url("localhost", &others), "UnknownIssuer"),
        (server.url("127.0.0.1", &ours), "not valid for name"),
        (server.url("localhost", &missing), "No such file"),
    ] {
        let why = server_connects(&url).await.unwrap_err();
        assert!(why.contains(says), "{why}");
        assert!(!why.contains("todochat:x"), "{why}");
    }
    for url in [server.url("localhost", &others), server.url("127.0.0.1", &ours)] {
        assert_eq!(job(&url).await, Err(ExitCode::from(exit::TLS)));
    }
    // The name is one thing, the authority another: that is what `verify-ca` means.
    let only_the_authority = ours.replace("verify-full", "verify-ca");
    server_connects(&server.url("127.0.0.1", &only_the_authority)).await.unwrap();

    server.speak_plainly();
    // It lets everybody in who asks in the clear: nobody does.
    let in_the_clear = server.url("localhost", "sslmode=disable");
    let mut connection = PgConnection::connect(&in_the_clear).await.unwrap();
    let why = server_connects(&right).await.unwrap_err();
    assert!(why.contains("does not support TLS"), "{why}");
    assert_eq!(job(&right).await, Err(ExitCode::from(exit::TLS)));
    let others = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'todochat'";
    let found: i64 = sqlx::query_scalar(others).fetch_one(&mut connection).await.unwrap();
    assert_eq!(found, 0);
}
