//! Files in a folder: each is written under a name of its own, made durable, and only then given its own.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio_util::io::ReaderStream;

use super::{Content, FilesError};

/// What is being written ends with this. One that a crash has cut short is removed with the file that it was to be.
const UNFINISHED: &str = ".part";

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// A folder of files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: Arc<Path>,
}

impl Disk {
    /// The files in `folder`, which is made if there is none, for nobody else to read.
    pub fn open_folder(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { folder: folder.into() })
    }

    /// On a thread of its own that nothing interrupts: a client that hangs up leaves nothing half done.
    pub(super) async fn put(&self, id: &str, bytes: Bytes) -> Result<(), FilesError> {
        let (folder, path) = (self.folder.clone(), self.path(id));
        // One upload at a time has the right to store a file, and one that died is only taken over when it has long ended.
        let unfinished = self.unfinished(id);
        let written = tokio::task::spawn_blocking(move || {
            let kept = write(&unfinished, &bytes).and_then(|()| fs::rename(&unfinished, &path));
            if kept.is_err() {
                // It may never have been made.
                let _ = fs::remove_file(&unfinished);
            }
            kept?;
            // The name is durable when its folder is.
            File::open(folder)?.sync_all()
        });
        Ok(written.await.map_err(io::Error::other)??)
    }

    pub(super) async fn open(&self, id: &str) -> Result<Content, FilesError> {
        let file = tokio::fs::File::open(self.path(id)).await.map_err(missing)?;
        Ok(ReaderStream::with_capacity(file, PIECE).map_err(FilesError::from).boxed())
    }

    pub(super) async fn remove(&self, id: &str) -> Result<(), FilesError> {
        for path in [self.unfinished(id), self.path(id)] {
            match tokio::fs::remove_file(path).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn unfinished(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}{UNFINISHED}"))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn missing(error: io::Error) -> FilesError {
    if error.kind() == io::ErrorKind::NotFound { FilesError::Missing } else { error.into() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_file_is_there_whole_until_it_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let disk = Disk::open_folder(&home.path().join("a/b")).unwrap();
        disk.put("atc_1", Bytes::from_static(b"milk")).await.unwrap();
        let names: Vec<_> =
            fs::read_dir(&disk.folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["atc_1"]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&disk.folder), mode(&disk.path("atc_1"))), (0o700, 0o600));
        let read: Vec<Bytes> = disk.open("atc_1").await.unwrap().try_collect().await.unwrap();
        assert_eq!(read.concat(), b"milk");
        for _ in 0..2 {
            disk.remove("atc_1").await.unwrap();
        }
        assert!(matches!(disk.open("atc_1").await, Err(FilesError::Missing)));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_kept_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let disk = Disk::open_folder(home.path()).unwrap();
        // A folder with something in it stands where the file should go.
        fs::create_dir_all(home.path().join("atc_1/x")).unwrap();
        assert!(disk.put("atc_1", Bytes::from_static(b"milk")).await.is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
