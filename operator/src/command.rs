//! One function for each subcommand.

use std::io::{Write as _, stdout};

use crate::{
    config::Command,
    crd, diff, render, run,
};

/// Does what was asked for.
pub async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(args) => run::run(*args).await,
        Command::Crds => print(&crd::crds_yaml()),
        Command::Rbac(_) => anyhow::bail!("rbac"),
        Command::Render(args) => print(&render::render(&args)?),
        Command::Diff(args) => diff::diff(&args).await,
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(stdout().write_all(text.as_bytes())?)
}
