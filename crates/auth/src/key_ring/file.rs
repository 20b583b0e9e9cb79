//! The ring's file: made whole or not at all, never overwritten, readable by its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::KeyRingError;

/// Others may read or write, or the group may write. A group that may read is how a cluster
/// mounts a Secret for a process that is not root, so it is no reason to warn.
const TOO_OPEN: u32 = 0o027;

pub(super) fn read(path: &Path) -> Result<String, KeyRingError> {
    let failed = |source| KeyRingError::Read { path: path.display().to_string(), source };
    let mode = fs::metadata(path).map_err(failed)?.mode();
    if mode & TOO_OPEN != 0 {
        let mode = format!("{:03o}", mode & 0o777);
        tracing::warn!(path = %path.display(), mode, "Others can read or write the key ring: its mode should be 600");
    }
    fs::read_to_string(path).map_err(failed)
}

/// Makes the file with `text` in it; if somebody else has made it meanwhile, theirs stays.
pub(super) fn create(path: &Path, text: &str) -> Result<(), KeyRingError> {
    let failed = |source| KeyRingError::Write { path: path.display().to_string(), source };
    let draft = draft_beside(path);
    let outcome = write_draft(&draft, text).and_then(|()| publish(&draft, path));
    // The draft holds a key that nobody uses if publishing failed; either way it must not stay.
    let removed = fs::remove_file(&draft);
    outcome.and(removed).map_err(failed)
}

fn draft_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{:016x}", rand::random::<u64>()))
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A hard link, unlike a rename, fails when the name is taken.
fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(taken) if taken.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failed),
        Ok(()) => File::open(folder_of(path))?.sync_all(),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
