//! Brings this program, and the authorities it trusts, into a folder that containers share: it works beside the programs of
//! PostgreSQL, in whatever image those are.

use std::{env, fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use crate::BackupError;

/// What they are called there.
const PROGRAM: &str = "todochat-backup";
const AUTHORITIES: &str = "ca-certificates.crt";
/// Where our own images have them.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Puts both there.
pub(crate) fn install(folder: &Path) -> Result<(), BackupError> {
    copy(folder).map_err(|source| BackupError::File { what: folder.display().to_string(), source })
}

fn copy(folder: &Path) -> io::Result<()> {
    let program = folder.join(PROGRAM);
    fs::copy(env::current_exe()?, &program)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    if Path::new(SYSTEM).exists() {
        fs::copy(SYSTEM, folder.join(AUTHORITIES))?;
    }
    Ok(())
}
