//! The command line as people and pods write it.

use std::{fmt, path::PathBuf, time::Duration};

use clap::{CommandFactory as _, Parser, error::ErrorKind};

use super::{Cli, Config, MigrateConfig, RotateLoginConfig};

const SERVE: [&str; 3] =
    ["todochat-chat-server", "--signing-keys-file=k.json", "--mcp-url=http://t/mcp"];

fn refused<T: Parser + fmt::Debug>(args: &[&str]) -> ErrorKind {
    T::try_parse_from(args).unwrap_err().kind()
}

#[test]
fn without_a_subcommand_it_serves() {
    let Ok(Cli::Serve(config)) = Cli::try_parse_from(SERVE) else { panic!("it serves") };
    assert_eq!(config.signing_keys_file, PathBuf::from("k.json"));
    assert!(Config::try_parse_from(SERVE).is_ok());
    assert_eq!(refused::<Cli>(&SERVE[..1]), ErrorKind::MissingRequiredArgument);
}

#[test]
fn migrating_needs_none_of_the_flags_of_serving() {
    let flags = ["--database-url-file=u", "--runtime-url-file=r", "--wait=5s", "--log=warn"];
    let with = |start: &[&'static str]| [start, &flags[..]].concat();
    let Ok(Cli::Migrate(config)) = Cli::try_parse_from(with(&["todochat-chat-server", "migrate"]))
    else {
        panic!("it migrates")
    };
    assert_eq!(config.runtime_url_file, Some(PathBuf::from("r")));
    assert_eq!((config.wait, config.log.log.as_str()), (Duration::from_secs(5), "warn"));
    let alone = MigrateConfig::try_parse_from(with(&["todochat-chat-server"])).unwrap();
    assert_eq!(alone.database.database_url_file, Some(PathBuf::from("u")));
}

#[test]
fn the_flags_of_serving_do_not_go_before_a_subcommand() {
    let mixed = [&SERVE[..], &["migrate"]].concat();
    assert!(Cli::try_parse_from(mixed).is_err());
}

#[test]
fn every_flag_has_its_environment_twin() {
    Cli::command().debug_assert();
    for command in [Config::command(), MigrateConfig::command(), RotateLoginConfig::command()] {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let (Some(flag), Some(env)) = (argument.get_long(), argument.get_env()) else {
                panic!("{} has no flag or no twin", argument.get_id());
            };
            let twin = format!("TODOCHAT_{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(env.to_str(), Some(twin.as_str()));
        }
    }
}
