//! The tool server's flags. Every flag has an environment twin, `TODOCHAT_<FLAG>`; `--help` is the
//! reference, and it is these comments.

use std::{path::PathBuf, time::Duration};

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, error::ErrorKind};
use todochat_auth::{PublicKeys, PublicKeysError, Verifier};
use todochat_database::DatabaseArgs;
use todochat_service::{
    admin::AdminArgs, duration, listener::ListenerArgs, shutdown::ShutdownArgs, telemetry::LogArgs,
};

/// The to-do tools over MCP.
#[derive(Debug, Clone, Parser)]
#[command(name = "todochat-mcp-server", version)]
// Beside a chat server on one machine, which has the ports before these.
#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:8081")))]
#[command(mut_arg("admin_listen", |arg| arg.default_value("127.0.0.1:9091")))]
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
    /// Where the tasks are.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The address clients use, e.g. `http://todo-tool-todo:8081/mcp`. Tokens must have it as their
    /// audience, letter for letter
    #[arg(long, env = "TODOCHAT_PUBLIC_URL", value_name = "URL")]
    pub public_url: String,
    /// Whose tokens are accepted: the public URL of the chat server
    #[arg(long, env = "TODOCHAT_ISSUER_URL", value_name = "URL")]
    pub issuer_url: String,
    /// File with that issuer's public keys (a JSON Web Key Set); read again when it changes
    #[arg(long, env = "TODOCHAT_ISSUER_KEYS_FILE", value_name = "FILE")]
    pub issuer_keys_file: PathBuf,
    /// Host names that are served besides loopback and the one of `--public-url`, each with a port
    /// or for any port. May be repeated
    #[arg(long, env = "TODOCHAT_ALLOWED_HOST", value_name = "HOST", value_delimiter = ',')]
    pub allowed_host: Vec<String>,
    /// Origins of web pages that may call, e.g. `https://tools.example.org:443`; none by default.
    /// May be repeated
    #[arg(long, env = "TODOCHAT_ALLOWED_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub allowed_origin: Vec<String>,
}

/// Run another MCP server, which speaks over standard input and output, and serve its tools over
/// HTTP as this server serves its own
#[derive(Debug, Clone, Parser)]
#[command(name = "bridge", version)]
#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:8081")))]
#[command(mut_arg("admin_listen", |arg| arg.default_value("127.0.0.1:9091")))]
pub struct BridgeConfig {
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
    /// File with the token that every request must have; read again when it changes. Without it
    /// everybody who can reach this address is served
    #[arg(long, env = "TODOCHAT_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Host names that are served besides loopback, each with a port or for any port; with a token
    /// and without this flag, all. May be repeated
    #[arg(long, env = "TODOCHAT_ALLOWED_HOST", value_name = "HOST", value_delimiter = ',')]
    pub allowed_host: Vec<String>,
    /// How long a request may take
    #[arg(
        long,
        env = "TODOCHAT_REQUEST_TIMEOUT",
        value_name = "DURATION",
        default_value = "120s",
        value_parser = duration::parse
    )]
    pub request_timeout: Duration,
    /// The MCP server to run, with its arguments
    #[arg(last = true, required = true, num_args = 1.., value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Copy this program into a folder, for a container that has it not in its image
#[derive(Debug, Clone, Parser)]
#[command(name = "install", version)]
pub struct InstallConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// The folder; the program is `todochat-mcp-server` in it
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// The command line: what to do, with its flags.
///
/// Written by hand, because the flags of serving are required only without a subcommand.
#[derive(Debug, Clone)]
pub enum Cli {
    /// Without a subcommand.
    Serve(Box<Config>),
    /// `bridge`.
    Bridge(Box<BridgeConfig>),
    /// `install`.
    Install(Box<InstallConfig>),
}

impl Parser for Cli {}

impl CommandFactory for Cli {
    fn command() -> Command {
        Config::command()
            .subcommand(BridgeConfig::command())
            .subcommand(InstallConfig::command())
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }

    fn command_for_update() -> Command {
        Self::command()
    }
}

impl FromArgMatches for Cli {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(match matches.subcommand() {
            None => Self::Serve(Config::from_arg_matches(matches)?.into()),
            Some(("bridge", of)) => Self::Bridge(BridgeConfig::from_arg_matches(of)?.into()),
            Some(("install", of)) => Self::Install(InstallConfig::from_arg_matches(of)?.into()),
            Some(_) => return Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
        })
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
            Self::Bridge(config) => &config.log,
            Self::Install(config) => &config.log,
        }
    }
}

impl Config {
    /// What verifies the tokens: it trusts the one issuer, by the keys in the file. Needs a runtime, which follows the file.
    pub fn verifier(&self) -> Result<Verifier, PublicKeysError> {
        let keys = PublicKeys::follow(&self.issuer_keys_file)?;
        Ok(Verifier::new(self.public_url.clone()).trust_keys(&self.issuer_url, keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_two_dashes_is_the_bridged_command_and_its_arguments() {
        let args = ["--listen=0.0.0.0:8080", "--token-file=t", "--", "npx", "--listen", "x"];
        let of = |start: &[&'static str]| [start, &args[..]].concat();
        let cli = Cli::try_parse_from(of(&["todochat-mcp-server", "bridge"])).unwrap();
        let Cli::Bridge(config) = cli else { panic!("it bridges") };
        assert_eq!(config.command, ["npx", "--listen", "x"]);
        let alone = BridgeConfig::try_parse_from(of(&["todochat-mcp-server"])).unwrap();
        assert_eq!(alone.listener.listen.to_string(), "0.0.0.0:8080");
        assert_eq!(alone.request_timeout, Duration::from_mins(2));
        assert!(BridgeConfig::try_parse_from(["todochat-mcp-server"]).is_err());
    }

    #[test]
    fn a_subcommand_needs_none_of_the_flags_of_serving() {
        let cli = Cli::try_parse_from(["todochat-mcp-server", "install", "/shared"]).unwrap();
        assert!(matches!(cli, Cli::Install(config) if config.dir.ends_with("shared")));
        let nothing = Cli::try_parse_from(["todochat-mcp-server"]).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn it_runs_beside_a_chat_server_with_the_defaults_of_both() {
        let config = Config::parse_from([
            "todochat-mcp-server",
            "--public-url=http://127.0.0.1:8081/mcp",
            "--issuer-url=http://127.0.0.1:8080",
            "--issuer-keys-file=jwks.json",
        ]);
        assert_eq!(config.listener.listen.to_string(), "127.0.0.1:8081");
        assert_eq!(config.admin.admin_listen.to_string(), "127.0.0.1:9091");
    }

    #[test]
    fn every_flag_has_its_environment_twin() {
        Cli::command().debug_assert();
        for command in [Config::command(), BridgeConfig::command(), InstallConfig::command()] {
            for argument in command.get_opts() {
                let (Some(flag), Some(env)) = (argument.get_long(), argument.get_env()) else {
                    panic!("{} has no flag or no twin", argument.get_id());
                };
                let twin = format!("TODOCHAT_{}", flag.to_uppercase().replace('-', "_"));
                assert_eq!(env.to_str(), Some(twin.as_str()));
            }
        }
    }
}
