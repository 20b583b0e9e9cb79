//! The tool server's flags. Every flag has an environment twin, `TODOCHAT_<FLAG>`; `--help` is the
//! reference, and it is these comments.

use std::{io, path::PathBuf};

use clap::Parser;
use todochat_auth::{Algorithm, KeySet, KeySetError, Verifier};
use todochat_database::DatabaseArgs;
use todochat_service::{
    admin::AdminArgs, listener::ListenerArgs, shutdown::ShutdownArgs, telemetry::LogArgs,
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
    /// File with that issuer's public keys (a JSON Web Key Set); read once, at start
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

/// Why the issuer's keys could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file is not there, or may not be read.
    #[error("could not read the issuer's keys from {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no usable key set.
    #[error("could not use the issuer's keys in {}", file.display())]
    Parse {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: KeySetError,
    },
}

impl Config {
    /// What verifies the tokens: it trusts the one issuer, by the keys in the file.
    pub fn verifier(&self) -> Result<Verifier, KeysError> {
        let file = &self.issuer_keys_file;
        let json =
            std::fs::read(file).map_err(|source| KeysError::Read { file: file.clone(), source })?;
        let keys = KeySet::parse(&json, &[Algorithm::EdDSA])
            .map_err(|source| KeysError::Parse { file: file.clone(), source })?;
        Ok(Verifier::new(self.public_url.clone()).trust_keys(&self.issuer_url, keys))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

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
        let command = Config::command();
        command.clone().debug_assert();
        for argument in command.get_arguments() {
            let (Some(flag), Some(env)) = (argument.get_long(), argument.get_env()) else {
                panic!("{} has no flag or no twin", argument.get_id());
            };
            let twin = format!("TODOCHAT_{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(env.to_str(), Some(twin.as_str()));
        }
    }
}
