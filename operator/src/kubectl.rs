//! `kubectl todochat`: what people do with their objects day by day. It is the program `todochat` under the name
//! `kubectl-todochat`; it acts with the rights of whoever runs it, and the operator does not know of it.
//!
//! ```text
//! kubectl todochat … ─▶ place: which cluster, which namespace
//!    status    reads    a table of all objects, or all that can be said of one     (table, standing)
//!    rotate    writes   the annotation that asks the operator for new credentials
//!    restart   writes   kubectl's annotation on pod templates
//!    backup    writes   a Job made of the object's CronJob
//!    restore   writes   the annotation that asks the operator for a backup       (backups: which there are)
//!    report    reads    all that helps those who are asked for help; no secrets    (redact)
//!    render, diff       the operator's own
//! ```

mod backup;
mod backups;
mod place;
mod redact;
mod report;
mod restart;
mod restore;
mod rotate;
mod standing;
mod status;
mod table;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::place::{Place, PlaceArgs, say};
use crate::{
    config::{RenderArgs, SettingsArgs},
    diff, render,
};

/// Look after TodoChat objects in a cluster
#[derive(Debug, Clone, Args)]
pub struct KubectlArgs {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(subcommand)]
    command: KubectlCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum KubectlCommand {
    /// Show all objects, or all that can be said of one
    Status(status::StatusArgs),
    /// Have the operator replace the database login and the signing key, while people go on
    Rotate(rotate::RotateArgs),
    /// Replace the pods of the chat and of the tool servers, one after the other
    Restart(restart::RestartArgs),
    /// Take a backup now
    Backup(backup::BackupArgs),
    /// Bring a backup back in place of what there is now, or list those there are
    Restore(restore::RestoreArgs),
    /// Gather what helps those who are asked for help; holds no secrets
    Report(report::ReportArgs),
    /// Print what the TodoChat objects of a file would become, without a cluster
    Render(FileArgs),
    /// Print what applying the TodoChat objects of a file would change, and delete; exits with 0 when there is no difference,
    /// with 1 when there is one, and with more when it cannot tell
    Diff(FileArgs),
}

impl KubectlArgs {
    /// The exit code when it fails; of `diff` one that says nothing about differences.
    pub fn failed(&self) -> u8 {
        if matches!(self.command, KubectlCommand::Diff(_)) { diff::FAILED } else { 1 }
    }
}

/// Which objects, and how the operator is told to build them.
#[derive(Debug, Clone, Args)]
struct FileArgs {
    /// File with TodoChat objects as YAML or JSON; `-` is standard input. Other kinds are passed over
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    settings: SettingsArgs,
    /// The namespace that the operator runs in: network policies name it
    #[arg(long, value_name = "NAMESPACE", default_value = "todochat-system")]
    operator_namespace: String,
}

impl FileArgs {
    fn in_namespace(self, namespace: String) -> RenderArgs {
        let Self { file, settings, operator_namespace } = self;
        RenderArgs { file, namespace, settings, operator_namespace }
    }
}

/// Does what was asked for.
pub async fn run(args: KubectlArgs) -> anyhow::Result<()> {
    let place = args.place;
    match args.command {
        KubectlCommand::Render(file) => {
            let namespace = place.namespace.unwrap_or_else(|| "default".to_owned());
            say(&render::render(&file.in_namespace(namespace))?)
        }
        KubectlCommand::Status(args) => status::status(&place.find().await?, &args).await,
        KubectlCommand::Rotate(args) => rotate::rotate(&place.find().await?, &args).await,
        KubectlCommand::Restart(args) => restart::restart(&place.find().await?, &args).await,
        KubectlCommand::Backup(args) => backup::backup(&place.find().await?, &args).await,
        KubectlCommand::Restore(args) => restore::restore(&place.find().await?, &args).await,
        KubectlCommand::Report(args) => report::report(&place.find().await?, &args).await,
        KubectlCommand::Diff(file) => {
            let Place { client, namespace } = place.find().await?;
            diff::diff_by(&client, &file.in_namespace(namespace)).await
        }
    }
}
