//! The flags of what is done besides serving: once, or now and then.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use todochat_database::DatabaseArgs;
use todochat_service::{duration, telemetry::LogArgs};

/// Bring the schema up to date, and make the login that the servers use. In a cluster a Job does
/// this before any server of the new version starts.
#[derive(Debug, Clone, Parser)]
#[command(name = "migrate", version)]
pub struct MigrateConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// The database, with a login that owns the schema, or with `--migrator-url-file` one that may make roles.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// File that holds the URL the servers connect with. Its role is made, with its password and
    /// the right to read and write rows and nothing else, or brought to that state.
    #[arg(long, env = "TODOCHAT_RUNTIME_URL_FILE", value_name = "FILE")]
    pub runtime_url_file: Option<PathBuf>,
    /// File that holds the URL to migrate with. Its role is made, with its password, and one that it acts as, which owns the
    /// tables and which nobody logs in as; tables that are there already are given to that one.
    #[arg(
        long,
        env = "TODOCHAT_MIGRATOR_URL_FILE",
        value_name = "FILE",
        requires = "runtime_url_file"
    )]
    pub migrator_url_file: Option<PathBuf>,
    /// How long to wait for the database to accept connections.
    #[arg(long, env = "TODOCHAT_WAIT", value_name = "DURATION", default_value = "60s",
          value_parser = duration::parse)]
    pub wait: Duration,
}

/// Make the login of the servers that is to be used next, or retire the one that was used before it. Neither is ever without
/// the right to log in while servers use it
#[derive(Debug, Clone, Parser)]
#[command(name = "rotate-login", version)]
pub struct RotateLoginConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// The database, with a login that may make others.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// File that holds the URL of the login to make; with `--retire`, of the one that is in use.
    #[arg(long, env = "TODOCHAT_RUNTIME_URL_FILE", value_name = "FILE")]
    pub runtime_url_file: PathBuf,
    /// The login to retire: as soon as it has no session left it may not log in any more.
    #[arg(long, env = "TODOCHAT_RETIRE", value_name = "ROLE")]
    pub retire: Option<String>,
    /// How long to wait for its last session to end.
    #[arg(long, env = "TODOCHAT_GRACE", value_name = "DURATION", default_value = "10m",
          value_parser = duration::parse)]
    pub grace: Duration,
    /// How often its sessions are counted meanwhile.
    #[arg(long, env = "TODOCHAT_PAUSE", value_name = "DURATION", default_value = "2s",
          value_parser = duration::parse)]
    pub pause: Duration,
    /// How long to wait for the database to accept connections.
    #[arg(long, env = "TODOCHAT_WAIT", value_name = "DURATION", default_value = "60s",
          value_parser = duration::parse)]
    pub wait: Duration,
}

/// Take, restore, verify or list backups of the database. It runs beside the programs of PostgreSQL: `install` brings it
/// there.
#[derive(Debug, Clone, Parser)]
#[command(name = "backup", version)]
pub struct BackupConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(flatten)]
    pub backup: todochat_backups::BackupArgs,
}
