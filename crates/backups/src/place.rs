//! Where backups are kept: a folder, which in a cluster is a volume, or a bucket of an S3.

mod bucket;
mod bucket_args;
mod folder;

use std::{fmt, io, path::PathBuf};

use bytes::Bytes;
use clap::Args;

pub use self::bucket_args::{Addressing, BucketArgs};
use self::{
    bucket::{Bucket, Download, Upload},
    folder::{File, Folder},
};
use crate::{Manifest, Name};

/// What is read of a file at once.
const PIECE: usize = 256 * 1024;

/// Where backups are kept: one of the two.
#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    /// A folder.
    #[arg(
        long,
        env = "TODOCHAT_BACKUP_FOLDER",
        value_name = "DIR",
        conflicts_with = "s3_endpoint"
    )]
    pub folder: Option<PathBuf>,
    /// A bucket.
    #[command(flatten)]
    pub bucket: BucketArgs,
}

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Neither a folder nor a bucket was named, or a bucket by halves.
    #[error("say where backups are: --folder, or --s3-endpoint with {missing}")]
    NotSaid {
        /// What is missing.
        missing: &'static str,
    },
    /// The file system said no.
    #[error("cannot use {path}")]
    Folder {
        /// Which file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A setting of the bucket is wrong.
    #[error("the bucket cannot be reached: {what}")]
    Settings {
        /// Which, and why.
        what: String,
    },
    /// It did not answer.
    #[error("the bucket does not answer ({attempted})")]
    Unreachable {
        /// What was attempted.
        attempted: &'static str,
        /// What the line said; the URL, which has a signature in it, is taken out.
        source: reqwest::Error,
    },
    /// Who answers cannot show that it is the bucket's server; it was told nothing.
    #[error("the bucket's server is not trusted: {why}; look at --s3-endpoint and --s3-ca-file")]
    Untrusted {
        /// What is wrong with its certificate.
        why: String,
    },
    /// It answered no.
    #[error("the bucket refused: {attempted} was answered with {status} {code}")]
    Refused {
        /// What was attempted.
        attempted: &'static str,
        /// The status code.
        status: u16,
        /// The code in the answer's body, e.g. `AccessDenied`.
        code: String,
    },
    /// It answered something else.
    #[error("the bucket's answer cannot be read ({attempted})")]
    Answer {
        /// What was attempted.
        attempted: &'static str,
    },
    /// A manifest is none.
    #[error("the manifest of {name} cannot be read")]
    Manifest {
        /// Of which backup.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
}

/// Where backups are kept.
pub enum Place {
    /// A folder.
    Folder(Folder),
    /// A bucket.
    Bucket(Box<Bucket>),
}

impl Place {
    /// The one that the flags name.
    pub fn new(args: &PlaceArgs) -> Result<Self, PlaceError> {
        match &args.folder {
            Some(folder) => Ok(Self::Folder(Folder(folder.clone()))),
            None => Ok(Self::Bucket(Box::new(Bucket::new(&args.bucket)?))),
        }
    }

    async fn files(&self) -> Result<Vec<String>, PlaceError> {
        match self {
            Self::Folder(folder) => folder.files(),
            Self::Bucket(bucket) => bucket.files().await,
        }
    }

    /// The backups there are, the oldest first.
    pub async fn names(&self) -> Result<Vec<Name>, PlaceError> {
        let files = self.files().await?;
        let mut names: Vec<Name> =
            files.iter().filter_map(|file| Name::of_manifest(file)).collect();
        names.sort();
        Ok(names)
    }

    /// The dumps that have no manifest.
    pub async fn without_manifest(&self) -> Result<Vec<Name>, PlaceError> {
        let files = self.files().await?;
        let dumps = files.iter().filter_map(|file| Name::of_dump(file));
        Ok(dumps.filter(|name| !files.contains(&name.manifest())).collect())
    }

    /// What is known of one.
    pub async fn manifest(&self, name: &Name) -> Result<Option<Manifest>, PlaceError> {
        let text = match self {
            Self::Folder(folder) => folder.get(&name.manifest())?,
            Self::Bucket(bucket) => bucket.get(&name.manifest()).await?,
        };
        let parse = |text: Vec<u8>| serde_json::from_slice(&text);
        let wrong = |source| PlaceError::Manifest { name: name.to_string(), source };
        text.map(parse).transpose().map_err(wrong)
    }

    /// Makes a dump that is there a backup.
    pub async fn tell(&self, name: &Name, manifest: &Manifest) -> Result<(), PlaceError> {
        let text = serde_json::to_vec(manifest).expect("numbers and texts are JSON");
        match self {
            Self::Folder(folder) => folder.put(&name.manifest(), &text),
            Self::Bucket(bucket) => bucket.put(&name.manifest(), text).await,
        }
    }

    /// Removes one: first what makes it a backup.
    pub async fn remove(&self, name: &Name) -> Result<(), PlaceError> {
        for file in [name.manifest(), name.dump()] {
            match self {
                Self::Folder(folder) => folder.remove(&file)?,
                Self::Bucket(bucket) => bucket.remove(&file).await?,
            }
        }
        Ok(())
    }

    /// Begins to write a file, which is there when it is finished.
    pub async fn write(&self, file: &str) -> Result<Writing<'_>, PlaceError> {
        match self {
            Self::Folder(folder) => Ok(Writing::File(folder.create(file)?)),
            Self::Bucket(bucket) => Ok(Writing::Upload(bucket.upload(file).await?)),
        }
    }

    /// Begins to read a file.
    pub async fn read(&self, file: &str) -> Result<Reading, PlaceError> {
        match self {
            Self::Folder(folder) => Ok(Reading::File(folder.open(file)?)),
            Self::Bucket(bucket) => Ok(Reading::Download(bucket.download(file).await?)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.0.display()),
            Self::Bucket(bucket) => bucket.fmt(out),
        }
    }
}

/// A file that is being written.
pub enum Writing<'a> {
    /// In a folder.
    File(File),
    /// In a bucket.
    Upload(Upload<'a>),
}

impl Writing<'_> {
    /// Writes more.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), PlaceError> {
        match self {
            Self::File(file) => file.push(bytes),
            Self::Upload(upload) => upload.push(bytes).await,
        }
    }

    /// It is whole: now it is there.
    pub async fn finish(self) -> Result<(), PlaceError> {
        match self {
            Self::File(file) => file.finish(),
            Self::Upload(upload) => upload.finish().await,
        }
    }

    /// It came to nothing.
    pub async fn abandon(self) {
        match self {
            Self::File(file) => file.abandon(),
            Self::Upload(upload) => upload.abandon().await,
        }
    }
}

/// A file that is being read.
pub enum Reading {
    /// From a folder.
    File(folder::Open),
    /// From a bucket.
    Download(Download),
}

impl Reading {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, PlaceError> {
        match self {
            Self::File(file) => file.next(),
            Self::Download(download) => download.next().await,
        }
    }
}
