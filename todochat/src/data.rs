//! The data folder: a database, the signing keys, and who uses them.
//!
//! ```text
//! todochat-data/            0700
//!   todochat.db             tasks, conversations, accounts
//!   signing-keys.json 0600  whoever has it can be anyone
//!   attachments/      0700  files that people have added to messages
//!   addresses.json          those of the last `todochat up`
//!   lock                    held by the `todochat up` that runs
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use todochat_database::{DatabaseArgs, DatabaseUrl};

use crate::addresses::Addresses;

/// People's tasks fit through few connections; each reader is a thread.
const CONNECTIONS: u32 = 4;

/// A data folder.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
}

/// The folder is ours for as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "dropping the file frees the lock")] File);

/// Why a data folder cannot be used, in a sentence for the person who chose it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error("cannot create the data folder {}", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("cannot write to the data folder {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the data folder {} is in use by another todochat", path.display())]
    InUse { path: PathBuf },
    #[error("there is no data in {}: start `todochat up` there first", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is damaged; start `todochat up` once more", path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
}

impl DataFolder {
    /// The folder at `path`, made if there is none, for this process alone.
    pub(crate) fn claim(path: &Path) -> Result<(Self, Lock), DataError> {
        let path = path.to_owned();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(|source| DataError::Create { path: path.clone(), source })?;
        let folder = Self { path };
        let lock =
            private(&folder.path.join("lock")).map_err(|source| folder.unwritable(source))?;
        match lock.try_lock() {
            Ok(()) => Ok((folder, Lock(lock))),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse { path: folder.path }),
            Err(TryLockError::Error(source)) => Err(folder.unwritable(source)),
        }
    }

    /// The folder at `path` as a `todochat up` has left it, or uses it now.
    pub(crate) fn existing(path: &Path) -> Result<Self, DataError> {
        let folder = Self { path: path.to_owned() };
        if folder.database_file().is_file() && folder.signing_keys().is_file() {
            Ok(folder)
        } else {
            Err(DataError::Missing { path: folder.path })
        }
    }

    /// Where the signing keys are.
    pub(crate) fn signing_keys(&self) -> PathBuf {
        self.path.join("signing-keys.json")
    }

    /// Where files that people add to messages are.
    pub(crate) fn attachments(&self) -> PathBuf {
        self.path.join("attachments")
    }

    /// How to connect to the database.
    pub(crate) fn database(&self) -> DatabaseArgs {
        DatabaseArgs {
            database_url: Some(DatabaseUrl::Sqlite(self.database_file())),
            database_url_file: None,
            database_connections: CONNECTIONS,
            database_may_sleep: false,
        }
    }

    /// Keeps the addresses in use now.
    pub(crate) fn keep(&self, addresses: &Addresses) -> Result<(), DataError> {
        let json = serde_json::to_vec_pretty(addresses).expect("two strings always serialise");
        let (new, file) = (self.path.join("addresses.json.new"), self.addresses_file());
        // Renamed into place, so that nobody ever reads half of it.
        private(&new)
            .and_then(|mut new| {
                new.set_len(0)?;
                new.write_all(&json)
            })
            .and_then(|()| fs::rename(&new, &file))
            .map_err(|source| self.unwritable(source))
    }

    /// The addresses of the last `todochat up`.
    pub(crate) fn addresses(&self) -> Result<Addresses, DataError> {
        let path = self.addresses_file();
        let json =
            fs::read(&path).map_err(|source| DataError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&json).map_err(|source| DataError::Damaged { path, source })
    }

    fn database_file(&self) -> PathBuf {
        self.path.join("todochat.db")
    }

    fn addresses_file(&self) -> PathBuf {
        self.path.join("addresses.json")
    }

    fn unwritable(&self, source: io::Error) -> DataError {
        DataError::Write { path: self.path.clone(), source }
    }
}

/// Opens or makes a file for the owner's eyes only.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_folder_is_for_its_owner_only() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let (folder, _lock) = DataFolder::claim(&path).unwrap();
        let addresses = Addresses { public_url: "http://x".into(), mcp_url: "http://y".into() };
        folder.keep(&addresses).unwrap();
        assert_eq!((mode(&path), mode(&folder.addresses_file())), (0o700, 0o600));
    }

    #[test]
    fn one_folder_has_one_owner_at_a_time() {
        let path = tempfile::tempdir().unwrap();
        let owner = DataFolder::claim(path.path()).unwrap();
        let second = DataFolder::claim(path.path()).unwrap_err();
        assert_eq!(
            second.to_string(),
            format!("the data folder {} is in use by another todochat", path.path().display())
        );
        drop(owner);
        assert!(DataFolder::claim(path.path()).is_ok());
    }

    #[test]
    fn the_last_addresses_are_found_again() {
        let path = tempfile::tempdir().unwrap();
        let (folder, _lock) = DataFolder::claim(path.path()).unwrap();
        for port in ["18080", "80"] {
            let addresses = Addresses {
                public_url: format!("http://127.0.0.1:{port}"),
                mcp_url: format!("http://127.0.0.1:{port}/mcp"),
            };
            folder.keep(&addresses).unwrap();
            assert_eq!(folder.addresses().unwrap(), addresses);
        }
    }

    #[test]
    fn a_place_that_cannot_be_a_folder_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        let error = DataFolder::claim(&file.join("data")).unwrap_err();
        assert!(error.to_string().starts_with("cannot create the data folder "), "{error}");
    }

    #[test]
    fn an_empty_folder_has_no_data() {
        let path = tempfile::tempdir().unwrap();
        assert!(matches!(DataFolder::existing(path.path()), Err(DataError::Missing { .. })));
    }
}
