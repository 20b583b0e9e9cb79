//! `kubectl-todochat`: kubectl runs a program of this name for `kubectl todochat`, with the words after that.

use std::{ffi::OsString, path::Path};

use clap::Parser;
use todochat_operator::kubectl::KubectlArgs;
use todochat_service::telemetry::LogArgs;

use crate::{Cli, Command};

/// The plugin's name.
const NAME: &str = "kubectl-todochat";

/// Look after TodoChat objects in a cluster
#[derive(Debug, Parser)]
#[command(name = NAME, bin_name = "kubectl todochat", version)]
pub(crate) struct Plugin {
    #[command(flatten)]
    args: KubectlArgs,
    #[command(flatten)]
    log: LogArgs,
}

impl From<Plugin> for Cli {
    fn from(Plugin { args, log }: Plugin) -> Self {
        Self { command: Command::Kubectl(Box::new(args)), log }
    }
}

/// Whether the program was called by the plugin's name, from whatever folder.
pub(crate) fn is_called_so(program: Option<OsString>) -> bool {
    program.is_some_and(|path| Path::new(&path).file_stem().is_some_and(|name| name == NAME))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_name_tells_the_plugin() {
        for path in ["kubectl-todochat", "/usr/local/bin/kubectl-todochat", "kubectl-todochat.exe"]
        {
            assert!(is_called_so(Some(path.into())), "{path}");
        }
        for path in ["todochat", "/opt/kubectl-todochat/todochat"] {
            assert!(!is_called_so(Some(path.into())), "{path}");
        }
        assert!(!is_called_so(None));
    }

    #[test]
    fn a_diff_that_fails_is_told_from_one_that_finds_a_difference() {
        let failed = |words: [&str; 2]| {
            let cli = Cli::from(Plugin::parse_from([NAME].into_iter().chain(words)));
            cli.command.failed()
        };
        assert_eq!((failed(["diff", "f.yaml"]), failed(["status", "team"])), (2, 1));
    }

    #[test]
    fn the_flags_fit_together_and_a_namespace_may_stand_anywhere() {
        Plugin::command().debug_assert();
        for line in [
            "-n people restart team",
            "restart team chat --namespace people",
            "diff -n people f.yaml",
        ] {
            let words = [NAME].into_iter().chain(line.split(' '));
            let cli = Cli::from(Plugin::parse_from(words));
            assert!(format!("{cli:?}").contains(r#"namespace: Some("people")"#), "{cli:?}");
        }
    }
}
