//! `todochat-chat-server migrate` and `rotate-login`: everything in the database that a server may not do itself.
//!
//! ```text
//! migrate       wait until it accepts connections ─▶ the owner of the tables, and the login of --migrator-url-file
//!               ─▶ the schema, with that login ─▶ the login of --runtime-url-file, and its rights
//! rotate-login  … ─▶ the login of --runtime-url-file, its rights, and a try with it
//!               … ─▶ the login of --retire has no session left ─▶ it may not log in any more
//! ```

mod exit;

use std::path::{Path, PathBuf};

use todochat_database::{Database, DatabaseUrl, Retirement};

pub use self::exit::exit_code;

use crate::config::{MigrateConfig, RotateLoginConfig};

/// Does it and ends. May be run again, and by several at once.
pub async fn migrate(config: &MigrateConfig) -> anyhow::Result<()> {
    // Read before anything is changed: a Job that has to be run again should have done nothing.
    let read = |file: &Option<PathBuf>| file.as_deref().map(DatabaseUrl::read).transpose();
    let (runtime, migrator) = (read(&config.runtime_url_file)?, read(&config.migrator_url_file)?);
    let database = config.database.connect_within(config.wait).await?;
    if let (Some(migrator), Some(runtime)) = (&migrator, &runtime) {
        database.ensure_owner(migrator, runtime).await?;
        tracing::info!("The tables have an owner");
    }
    database.upgrade(migrator.as_ref()).await?;
    tracing::info!("The schema is up to date");
    if let Some(runtime) = runtime {
        database.ensure_runtime_role(&runtime).await?;
        tracing::info!("The servers' login has its rights");
    }
    database.close().await;
    Ok(())
}

/// Makes a login, or retires one, and ends. May be run again, and by several at once.
pub async fn rotate_login(config: &RotateLoginConfig) -> anyhow::Result<()> {
    let runtime = DatabaseUrl::read(&config.runtime_url_file)?;
    let database = config.database.connect_within(config.wait).await?;
    if let Some(role) = &config.retire {
        let retirement = Retirement { patience: config.grace, pause: config.pause };
        database.retire_login(role, &runtime, retirement).await?;
        tracing::info!(role, "The login {role} is retired");
    } else {
        database.ensure_runtime_role(&runtime).await?;
        try_login(&config.runtime_url_file).await?;
        tracing::info!("The next login can be used");
    }
    database.close().await;
    Ok(())
}

/// What the servers are about to do with it: nobody shall find out after them that it does not work.
async fn try_login(file: &Path) -> anyhow::Result<()> {
    let DatabaseUrl::Postgres(url) = DatabaseUrl::read(file)? else { return Ok(()) };
    let database = Database::connect(&url, 1).await?;
    database.ping().await?;
    database.close().await;
    Ok(())
}
