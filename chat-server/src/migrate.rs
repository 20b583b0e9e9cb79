//! `todochat-chat-server migrate`: everything in the database that a server may not do itself.
//!
//! ```text
//! wait until it accepts connections ─▶ the schema ─▶ the login of --runtime-url-file, and its rights
//! ```

mod exit;

use todochat_database::DatabaseUrl;

pub use self::exit::exit_code;

use crate::config::MigrateConfig;

/// Does it and ends. May be run again, and by several at once.
pub async fn migrate(config: &MigrateConfig) -> anyhow::Result<()> {
    // Read before anything is changed: a Job that has to be run again should have done nothing.
    let runtime = config.runtime_url_file.as_deref().map(DatabaseUrl::read).transpose()?;
    let database = config.database.connect_within(config.wait).await?;
    database.migrate().await?;
    tracing::info!("The schema is up to date");
    if let Some(runtime) = runtime {
        database.ensure_runtime_role(&runtime).await?;
        tracing::info!("The servers' login has its rights");
    }
    database.close().await;
    Ok(())
}
