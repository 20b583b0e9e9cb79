//! Writes the wire types as TypeScript where the panel looks for them, or to the file that is named.

use std::process::ExitCode;

const PANEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/element/src/protocol.gen.ts");

fn main() -> ExitCode {
    let file = std::env::args_os().nth(1).unwrap_or_else(|| PANEL.into());
    match std::fs::write(&file, chatkit_server::typescript::module()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}
