//! Writes the definition of the resource where it is installed from, or to the file that is named.

use std::process::ExitCode;

const INSTALLED_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crds/todochats.yaml");

fn main() -> ExitCode {
    let file = std::env::args_os().nth(1).unwrap_or_else(|| INSTALLED_FROM.into());
    match std::fs::write(&file, todochat_operator::crd::crds_yaml()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}
