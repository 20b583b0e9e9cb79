//! Where the bytes of files are: a folder, or a bucket. A file is there whole or not at all, under the id that the database knows
//! it by.

mod disk;
mod s3;

use bytes::Bytes;
use futures_util::stream::BoxStream;

pub use disk::Disk;
pub use s3::{KeyFiles, S3, S3Error, Settings};

/// A file being read.
pub type Content = BoxStream<'static, Result<Bytes, FilesError>>;

/// Where the bytes of files are. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Files {
    /// In a folder.
    Disk(Disk),
    /// In a bucket.
    S3(S3),
}

/// Why a file could not be kept, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// It is not there.
    #[error("the file is not there")]
    Missing,
    /// The id is none of ours, and must not become a part of a path.
    #[error("the file's id is none of ours")]
    NotAnId,
    /// The folder could not be used.
    #[error("could not use the folder of attachments")]
    Disk(#[from] std::io::Error),
    /// The bucket could not be used.
    #[error("could not use the bucket of attachments")]
    S3(#[from] S3Error),
}

impl Files {
    /// Keeps `bytes` as the file `id`. When it returns, they survive a crash.
    pub async fn put(&self, id: &str, bytes: Bytes) -> Result<(), FilesError> {
        check(id)?;
        match self {
            Self::Disk(disk) => disk.put(id, bytes).await,
            Self::S3(s3) => s3.put(id, bytes).await,
        }
    }

    /// The file `id`, piece by piece.
    pub async fn open(&self, id: &str) -> Result<Content, FilesError> {
        check(id)?;
        match self {
            Self::Disk(disk) => disk.open(id).await,
            Self::S3(s3) => s3.open(id).await,
        }
    }

    /// Removes the file `id`. One that is not there is no error.
    pub async fn remove(&self, id: &str) -> Result<(), FilesError> {
        check(id)?;
        match self {
            Self::Disk(disk) => disk.remove(id).await,
            Self::S3(s3) => s3.remove(id).await,
        }
    }
}

/// Ids are made by us of letters, digits and `_`; this is the last place that can see to it.
fn check(id: &str) -> Result<(), FilesError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !id.is_empty() && id.len() <= 64 && id.bytes().all(fits) {
        Ok(())
    } else {
        Err(FilesError::NotAnId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_id_that_is_a_path_never_reaches_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::Disk(Disk::open_folder(&folder.path().join("files")).unwrap());
        for id in ["", ".", "..", "../x", "a/b", "a\\b", "a\0", &"a".repeat(65)] {
            let put = files.put(id, Bytes::from_static(b"x")).await;
            assert!(matches!(put, Err(FilesError::NotAnId)), "{id:?}");
            assert!(matches!(files.open(id).await, Err(FilesError::NotAnId)), "{id:?}");
            assert!(matches!(files.remove(id).await, Err(FilesError::NotAnId)), "{id:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
