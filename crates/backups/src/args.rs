//! The flags of `todochat-chat-server backup`.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::{Args, Subcommand};
use todochat_database::DatabaseUrl;
use todochat_service::Clock;

use crate::{
    BackupError, Name,
    install::install,
    name::NotAName,
    place::{Place, PlaceArgs},
    restore::{Onto, Restore},
    server::Server,
    take::take,
    verify::verify,
};

/// What is to be done with backups.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// What.
    #[command(subcommand)]
    pub command: BackupCommand,
}

/// What is to be done with backups.
#[derive(Debug, Clone, Subcommand)]
pub enum BackupCommand {
    /// Take one
    Take {
        /// Where it is kept.
        #[command(flatten)]
        place: PlaceArgs,
        /// Which database.
        #[command(flatten)]
        database: ServerArgs,
        /// How many are kept.
        #[arg(long, env = "TODOCHAT_BACKUP_RETAIN", value_name = "N", default_value = "7")]
        retain: usize,
    },
    /// Bring one back: beside the database that is there, which it replaces once it is proved to be whole
    Restore {
        /// Where it is kept.
        #[command(flatten)]
        place: PlaceArgs,
        /// Which database.
        #[command(flatten)]
        database: ServerArgs,
        /// Which one: its name, or `latest`.
        #[arg(long, value_name = "NAME", default_value = "latest")]
        from: Which,
        /// Also when there is data, which is lost.
        #[arg(long)]
        replace: bool,
        /// Tells this restore from every other one: repeated, it does nothing.
        #[arg(long, value_name = "TEXT")]
        id: String,
    },
    /// Restore one into a server of its own, and compare the rows of each table with those it had
    Verify {
        /// Where it is kept.
        #[command(flatten)]
        place: PlaceArgs,
        /// Which one: its name, or `latest`.
        #[arg(long, value_name = "NAME", default_value = "latest")]
        from: Which,
        /// Folder for that server.
        #[arg(long, value_name = "DIR", default_value = "/tmp")]
        scratch: PathBuf,
    },
    /// Print what there is: a line each with its name, bytes and rows, the last one last
    List {
        /// Where they are kept.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Copy this program into a folder that another container shares
    Install {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// A database, with a login that may do everything there.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// File that holds the database's URL, with a superuser's login.
    #[arg(long, env = "TODOCHAT_DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: PathBuf,
}

impl ServerArgs {
    fn server(&self) -> anyhow::Result<Server> {
        match DatabaseUrl::read(&self.database_url_file)? {
            DatabaseUrl::Postgres(url) => Ok(Server::new(&url)?),
            DatabaseUrl::Sqlite(_) => Err(BackupError::Url.into()),
        }
    }
}

/// A backup by its name, or the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which(Option<Name>);

impl FromStr for Which {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if text == "latest" { Ok(Self(None)) } else { text.parse().map(|name| Self(Some(name))) }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => name.fmt(out),
            None => out.write_str("latest"),
        }
    }
}

/// Does it.
pub async fn run(args: &BackupArgs) -> anyhow::Result<()> {
    match &args.command {
        BackupCommand::Take { place, database, retain } => {
            let (place, server) = (Place::new(place)?, database.server()?);
            let name = take(&place, &server, Clock::system().now(), *retain).await?;
            tracing::info!(%name, "Took the backup {name}");
        }
        BackupCommand::Restore { place, database, from, replace, id } => {
            let (place, server) = (Place::new(place)?, database.server()?);
            let onto = if *replace { Onto::Anything } else { Onto::Empty };
            let (place, server) = (&place, &server);
            Restore { place, server, from: from.0.as_ref(), onto, id }.run().await?;
        }
        BackupCommand::Verify { place, from, scratch } => {
            verify(&Place::new(place)?, from.0.as_ref(), scratch).await?;
        }
        BackupCommand::List { place } => list(&Place::new(place)?).await?,
        BackupCommand::Install { folder } => install(folder)?,
    }
    Ok(())
}

async fn list(place: &Place) -> anyhow::Result<()> {
    use std::io::Write as _;

    let mut out = std::io::stdout();
    for name in place.names().await? {
        if let Some(manifest) = place.manifest(&name).await? {
            let rows: i64 = manifest.tables.values().sum();
            writeln!(out, "{name} {} bytes, {rows} rows", manifest.bytes)?;
        }
    }
    Ok(())
}
