//! The operator's flags. Every flag has an environment twin, `TODOCHAT_<FLAG>` but for the pod's name and namespace; `--help`
//! is the reference, and it is these comments.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use todochat_service::{admin::AdminArgs, duration, telemetry::LogArgs};

use crate::{
    diff,
    settings::{Images, Settings},
};

/// A TodoChat object becomes a running chat, and stays one.
#[derive(Debug, Clone, Parser)]
#[command(name = "todochat-operator", version)]
pub struct Config {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Watch the cluster of KUBECONFIG, or the one this runs in, and keep every TodoChat as its spec says.
    Run(Box<RunArgs>),
    /// Print the CustomResourceDefinition.
    Crds,
    /// Print the rights that the operator needs.
    Rbac(RbacArgs),
    /// Print what the TodoChat objects of a file would become, without a cluster.
    Render(RenderArgs),
    /// Print what applying the TodoChat objects of a file would change in the cluster, and delete. Changes nothing; exits with
    /// 0 when there is no difference, with 1 when there is one, and with more when it cannot tell.
    Diff(RenderArgs),
    /// Wait until a TodoChat is Ready. Says what is in the way meanwhile; exits with 1 when its time is up.
    Wait(WaitArgs),
}

impl Command {
    /// The exit code when it fails; of `diff` one that says nothing about differences.
    pub fn failed(&self) -> u8 {
        if matches!(self, Self::Diff(_)) { diff::FAILED } else { 1 }
    }
}

/// How `run` runs.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The admin listener.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// What bears on the children.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Namespace to look after; all if there is none. May be repeated
    #[arg(long, env = "TODOCHAT_WATCH_NAMESPACE", value_name = "NAMESPACE", value_delimiter = ',')]
    pub watch_namespace: Vec<String>,
    /// How many objects are worked on at once
    #[arg(long, env = "TODOCHAT_WORKERS", value_name = "N", default_value = "16", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Writes a second to the API server, on average; 0 for as many as there are to do
    #[arg(long, env = "TODOCHAT_WRITE_BUDGET", value_name = "N", default_value = "100")]
    pub write_budget: u32,
    /// How many objects have their pods replaced at once after the operator itself was upgraded or told something else; 0 for
    /// all at once. What somebody edits never waits
    #[arg(long, env = "TODOCHAT_MAX_ROLLING", value_name = "N", default_value = "5")]
    pub max_rolling: u16,
    /// After this long without an event or a bookmark a watch is taken for dead and begins anew
    #[arg(long, env = "TODOCHAT_WATCH_IDLE_LIMIT", value_name = "DURATION", default_value = "150s", value_parser = duration::parse)]
    pub watch_idle_limit: Duration,
    /// How often each object is looked at though nothing has happened; within a fifth of it. Costs no request
    #[arg(long, env = "TODOCHAT_RESYNC", value_name = "DURATION", default_value = "10m", value_parser = duration::parse)]
    pub resync: Duration,
    /// How often a tool server that answers is spoken to again; within a fifth of it
    #[arg(long, env = "TODOCHAT_PROBE_INTERVAL", value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    pub probe_interval: Duration,
    /// Whether there are metrics of each object: its conditions, its release, its backups, its tool servers
    #[arg(long, env = "TODOCHAT_OBJECT_METRICS", value_name = "BOOL", default_value = "true", action = clap::ArgAction::Set)]
    pub object_metrics: bool,
    /// How long work that has begun may take to end after SIGTERM
    #[arg(long, env = "TODOCHAT_DRAIN", value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    pub drain: Duration,
    /// The namespace of the Lease and of the operator's pods; by default the one of the credentials
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    pub pod_namespace: Option<String>,
    /// The name under which the Lease is held; by default the host's name and a random number
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub pod_name: Option<String>,
}

/// What bears on the children.
#[derive(Debug, Clone, Args)]
pub struct SettingsArgs {
    /// Put before the images of this release, e.g. `registry.example.com/`
    #[arg(long, env = "TODOCHAT_IMAGE_REGISTRY", value_name = "PREFIX", default_value = "")]
    pub image_registry: String,
    /// The chat server's image
    #[arg(long, env = "TODOCHAT_CHAT_SERVER_IMAGE", value_name = "IMAGE", default_value = concat!("todochat/chat-server:", env!("CARGO_PKG_VERSION")))]
    pub chat_server_image: String,
    /// The tool server's image
    #[arg(long, env = "TODOCHAT_MCP_SERVER_IMAGE", value_name = "IMAGE", default_value = concat!("todochat/mcp-server:", env!("CARGO_PKG_VERSION")))]
    pub mcp_server_image: String,
    /// The Embedded database's image
    #[arg(long, env = "TODOCHAT_POSTGRES_IMAGE", value_name = "IMAGE", default_value = concat!("todochat/postgres:", env!("CARGO_PKG_VERSION")))]
    pub postgres_image: String,
    /// Registry that images may come from; any if there is none. May be repeated
    #[arg(long, env = "TODOCHAT_ALLOWED_REGISTRY", value_name = "REGISTRY", value_delimiter = ',')]
    pub allowed_registry: Vec<String>,
    /// Addresses, besides public ones, that remote tool servers may have. May be repeated
    #[arg(long, env = "TODOCHAT_OUTGOING_ALLOW", value_name = "CIDR", value_delimiter = ',')]
    pub outgoing_allow: Vec<IpNet>,
    /// Namespace whose pods may read the metrics of chats and tool servers; any if there is none. May be repeated
    #[arg(
        long,
        env = "TODOCHAT_METRICS_FROM_NAMESPACE",
        value_name = "NAMESPACE",
        value_delimiter = ','
    )]
    pub metrics_from_namespace: Vec<String>,
    /// Secret for pulling images that every object's pods get, besides their own. May be repeated
    #[arg(long, env = "TODOCHAT_IMAGE_PULL_SECRET", value_name = "SECRET", value_delimiter = ',')]
    pub image_pull_secret: Vec<String>,
}

/// Whose rights are printed.
#[derive(Debug, Clone, Args)]
pub struct RbacArgs {
    /// The namespace that the operator runs in
    #[arg(long, value_name = "NAMESPACE", default_value = "todochat-system")]
    pub namespace: String,
    /// The operator's service account
    #[arg(long, value_name = "NAME", default_value = "todochat-operator")]
    pub service_account: String,
    /// Namespace to look after; all if there is none. May be repeated
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub watch_namespace: Vec<String>,
}

/// What is rendered, and how.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// File with TodoChat objects as YAML or JSON; `-` is standard input. Other kinds are passed over
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The namespace of objects that name none
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// What bears on the children.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The namespace that the operator runs in: network policies name it
    #[arg(long, value_name = "NAMESPACE", default_value = "todochat-system")]
    pub operator_namespace: String,
}

/// What is waited for.
#[derive(Debug, Clone, Args)]
pub struct WaitArgs {
    /// The TodoChat's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Its namespace; by default the one of the credentials
    #[arg(long, short, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// How long it may take
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::parse)]
    pub timeout: Duration,
}

impl SettingsArgs {
    /// The settings of an operator that runs in this namespace.
    pub fn settings(&self, operator_namespace: &str) -> Settings {
        let image = |image: &str| format!("{}{image}", self.image_registry);
        Settings {
            images: Images {
                chat_server: image(&self.chat_server_image),
                mcp_server: image(&self.mcp_server_image),
                postgres: image(&self.postgres_image),
            },
            allowed_registries: self.allowed_registry.clone(),
            operator_namespace: operator_namespace.to_owned(),
            outgoing_allow: self.outgoing_allow.clone(),
            metrics_from: self.metrics_from_namespace.clone(),
            image_pull_secrets: self.image_pull_secret.clone(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_fit_together() {
        Config::command().debug_assert();
    }

    #[test]
    fn a_diff_that_fails_is_told_from_one_that_finds_a_difference() {
        let failed = |name| {
            let config = Config::parse_from(["todochat-operator", name, "chat.yaml"]);
            config.command.failed()
        };
        assert_eq!((failed("diff"), failed("render")), (2, 1));
    }

    #[test]
    fn the_images_are_those_of_this_release_behind_the_registry() {
        let config = Config::parse_from([
            "todochat-operator",
            "render",
            "--image-registry=r.example/",
            "chat.yaml",
        ]);
        let Command::Render(render) = config.command else { panic!("render was asked for") };
        let images = render.settings.settings("ns").images;
        assert_eq!(
            images.mcp_server,
            concat!("r.example/todochat/mcp-server:", env!("CARGO_PKG_VERSION"))
        );
    }

    #[test]
    fn a_list_is_read_with_commas_and_from_flag_to_flag() {
        let config = Config::parse_from([
            "todochat-operator",
            "render",
            "--metrics-from-namespace=monitoring,observability",
            "--metrics-from-namespace=tracing",
            "chat.yaml",
        ]);
        let Command::Render(render) = config.command else { panic!("render was asked for") };
        let settings = render.settings.settings("ns");
        assert_eq!(settings.metrics_from, ["monitoring", "observability", "tracing"]);
    }
}
