//! One function for each subcommand.

use crate::{
    config::{Command, RbacArgs},
    crd, diff,
    output::print,
    rbac, render, run, wait,
};

/// Does what was asked for.
pub async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(args) => run::run(*args).await,
        Command::Crds => Ok(print(&crd::crds_yaml())?),
        Command::Rbac(args) => Ok(print(&rights(args))?),
        Command::Render(args) => Ok(print(&render::render(&args)?)?),
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
