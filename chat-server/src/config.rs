//! The chat server's flags. Every flag has an environment twin, `TODOCHAT_<FLAG>`; `--help` is the
//! reference, and it is these comments.

mod accounts;
mod attachments;
mod badges;
mod chat;
mod chat_ui;
mod cli;
mod commands;
mod model;
#[cfg(test)]
mod tests;
mod tools;

use std::path::PathBuf;

use clap::Parser;
use todochat_database::DatabaseArgs;
use todochat_service::{
    admin::AdminArgs, listener::ListenerArgs, shutdown::ShutdownArgs, telemetry::LogArgs,
};

pub use self::{
    accounts::{AccountArgs, Signup},
    attachments::{AttachmentArgs, AttachmentPlace, S3Addressing, S3Args, TranscribeArgs},
    badges::{BadgeArgs, BadgeArguments},
    chat::{ChatArgs, OnDisconnect, WhenBusy},
    chat_ui::ChatUi,
    cli::Cli,
    commands::{BackupConfig, MigrateConfig, RotateLoginConfig},
    model::{ModelApi, ModelArgs, OfflineMode},
    tools::ToolArgs,
};

/// ChatKit over SSE, accounts, REST, the agent and the web app.
#[derive(Debug, Clone, Parser)]
#[command(name = "todochat-chat-server", version)]
pub struct Config {
    /// The public listener.
    #[command(flatten)]
    pub listener: ListenerArgs,
    /// The admin listener.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// How it ends.
    #[command(flatten)]
    pub shutdown: ShutdownArgs,
    /// Where the data is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Whether to bring the database's schema up to date at start. In a cluster a Job does that
    /// before, with rights that the server does not have.
    #[arg(long, env = "TODOCHAT_MIGRATE", value_name = "BOOL", default_value = "true",
          action = clap::ArgAction::Set)]
    pub migrate: bool,
    /// File with the signing keys of the built-in issuer (JSON, as `todochat up` writes it); read again when it changes.
    #[arg(long, env = "TODOCHAT_SIGNING_KEYS_FILE", value_name = "FILE")]
    pub signing_keys_file: PathBuf,
    /// Where the tools are.
    #[command(flatten)]
    pub tools: ToolArgs,
    /// What the chat itself is told.
    #[command(flatten)]
    pub chat: ChatArgs,
}
