//! One function for each subcommand.

use std::io::{Write as _, stdout};

use crate::{
    config::{Command, RbacArgs},
    crd, diff, rbac, render, run, wait,
};

/// Does what was asked for.
pub async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(args) => run::run(*args).await,
        Command::Crds => print(&crd::crds_yaml()),
        Command::Rbac(args) => print(&rights(args)),
        Command::Render(args) => print(&render::render(&args)?),
        Command::Diff(args) => diff::diff(&args).await,
        Command::Wait(args) => wait::wait(&args).await,
    }
}

fn rights(args: RbacArgs) -> String {
    let mode = match args.watch_namespace {
        namespaces if namespaces.is_empty() => rbac::Mode::ClusterWide,
        namespaces => rbac::Mode::Namespaces(namespaces),
    };
    rbac::rbac_yaml(&mode, &args.namespace, &args.service_account)
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(stdout().write_all(text.as_bytes())?)
}
