//! The command line as a whole.

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, error::ErrorKind};
use todochat_service::telemetry::LogArgs;

use super::{BackupConfig, Config, MigrateConfig, RotateLoginConfig};

/// The command line: what to do, with its flags.
///
/// Written by hand, because the flags of serving are required only without a subcommand.
#[derive(Debug, Clone)]
pub enum Cli {
    /// Without a subcommand.
    Serve(Box<Config>),
    /// `migrate`.
    Migrate(Box<MigrateConfig>),
    /// `rotate-login`.
    RotateLogin(Box<RotateLoginConfig>),
    /// `backup`.
    Backup(Box<BackupConfig>),
}

impl Parser for Cli {}

impl CommandFactory for Cli {
    fn command() -> Command {
        Config::command()
            .subcommand(MigrateConfig::command())
            .subcommand(RotateLoginConfig::command())
            .subcommand(BackupConfig::command())
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }

    fn command_for_update() -> Command {
        Self::command()
    }
}

impl FromArgMatches for Cli {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        match matches.subcommand() {
            None => Config::from_arg_matches(matches).map(|config| Self::Serve(config.into())),
            Some(("migrate", matches)) => {
                MigrateConfig::from_arg_matches(matches).map(|config| Self::Migrate(config.into()))
            }
            Some(("rotate-login", matches)) => RotateLoginConfig::from_arg_matches(matches)
                .map(|config| Self::RotateLogin(config.into())),
            Some(("backup", matches)) => {
                BackupConfig::from_arg_matches(matches).map(|config| Self::Backup(config.into()))
            }
            Some(_) => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Cli {
    /// What is logged, and how.
    pub fn log(&self) -> &LogArgs {
        match self {
            Self::Serve(config) => &config.log,
            Self::Migrate(config) => &config.log,
            Self::RotateLogin(config) => &config.log,
            Self::Backup(config) => &config.log,
        }
    }
}
