//! `todochat-mcp-server install DIR`: brings this program into a folder that containers share, so that
//! it can bridge in a container whose image does not have it.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// What it is called there.
const NAME: &str = "todochat-mcp-server";

/// Why it is not there.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The system does not say where this program is.
    #[error("cannot find out where this program is")]
    Where(#[source] io::Error),
    /// It could not be copied.
    #[error("cannot put this program into {}", dir.display())]
    Copy {
        /// The folder.
        dir: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Puts it there, in one step: whoever starts it meanwhile starts the old one or the new one.
pub fn install(dir: &Path) -> Result<(), InstallError> {
    let program = env::current_exe().map_err(InstallError::Where)?;
    copy(&program, dir).map_err(|source| InstallError::Copy { dir: dir.to_owned(), source })
}

fn copy(program: &Path, dir: &Path) -> io::Result<()> {
    let new = dir.join(format!(".{NAME}.{}", std::process::id()));
    let copied = fs::copy(program, &new)
        .and_then(|_| fs::set_permissions(&new, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::File::open(&new)?.sync_all())
        .and_then(|()| fs::rename(&new, dir.join(NAME)));
    if copied.is_err() {
        // It may not even be there; what counts is why.
        let _ = fs::remove_file(&new);
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn it_is_there_whole_and_may_be_run_by_everybody() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAME), "an older one").unwrap();
        install(dir.path()).unwrap();
        let there = dir.path().join(NAME);
        assert_eq!(fs::metadata(&there).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(fs::read(&there).unwrap() == fs::read(env::current_exe().unwrap()).unwrap());
        assert_eq!(names(dir.path()), [NAME]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = install(&dir.path().join("none")).unwrap_err().to_string();
        assert!(error.ends_with("/none"), "{error}");
    }

    #[test]
    fn nothing_is_left_behind_by_a_copy_that_failed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(NAME).join("in the way")).unwrap();
        assert!(install(dir.path()).is_err());
        assert_eq!(names(dir.path()), [NAME]);
    }
}
