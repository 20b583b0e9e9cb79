//! The flags of files that users add to messages, and of dictation.

// Ids are those of the flags: those of fields would have to be unique among all flags of the program.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::attachments::MediaType;

/// What may be added to messages, unless `--attachments-types` says otherwise: what browsers show and models read.
const TYPES: &str = "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/plain,text/markdown,text/csv,application/json";

const MIB: u64 = 1024 * 1024;

/// Whether files may be added to messages, which, and where they are kept.
#[derive(Debug, Clone, Args)]
pub struct AttachmentArgs {
    /// Where files that users add to messages are kept; `off` takes none. Default: `off`; `todochat up`: `disk`, in its data folder.
    #[arg(
        id = "attachments",
        long = "attachments",
        env = "TODOCHAT_ATTACHMENTS",
        value_enum,
        value_name = "WHERE"
    )]
    pub place: Option<AttachmentPlace>,
    /// Folder for the files, with `--attachments disk`; made if there is none. Several replicas need one that they share.
    #[arg(
        id = "attachments-dir",
        long = "attachments-dir",
        env = "TODOCHAT_ATTACHMENTS_DIR",
        value_name = "DIR"
    )]
    pub dir: Option<PathBuf>,
    /// Largest file, in bytes, at most 100 MiB. A file is held in memory while it is received.
    #[arg(id = "attachments-max-size", long = "attachments-max-size", env = "TODOCHAT_ATTACHMENTS_MAX_SIZE", value_name = "BYTES",
          default_value = "10000000", value_parser = clap::value_parser!(u64).range(1..=100 * MIB))]
    pub max_size: u64,
    /// All of one user's files together, in bytes; each counts 4 KiB more than it has.
    #[arg(id = "attachments-quota", long = "attachments-quota", env = "TODOCHAT_ATTACHMENTS_QUOTA", value_name = "BYTES",
          default_value = "500000000", value_parser = clap::value_parser!(u64).range(1..=1 << 50))]
    pub quota: u64,
    /// Media types that are taken. May be repeated.
    #[arg(id = "attachments-types", long = "attachments-types", env = "TODOCHAT_ATTACHMENTS_TYPES", value_name = "TYPE",
          value_delimiter = ',', default_value = TYPES)]
    pub types: Vec<MediaType>,
    /// The bucket, with `--attachments s3`.
    #[command(flatten)]
    pub s3: S3Args,
}

/// A bucket that speaks the S3 protocol. It may be private to this server: browsers never go there.
#[derive(Debug, Clone, Args)]
pub struct S3Args {
    /// URL of the S3 service, such as `https://s3.eu-central-1.amazonaws.com`. Its address must be public or listed by
    /// `--outgoing-allow`.
    #[arg(
        long = "attachments-s3-endpoint",
        env = "TODOCHAT_ATTACHMENTS_S3_ENDPOINT",
        value_name = "URL"
    )]
    pub endpoint: Option<String>,
    /// Name of the bucket, which must be there.
    #[arg(
        long = "attachments-s3-bucket",
        env = "TODOCHAT_ATTACHMENTS_S3_BUCKET",
        value_name = "NAME"
    )]
    pub bucket: Option<String>,
    /// Region that requests are signed for.
    #[arg(
        long = "attachments-s3-region",
        env = "TODOCHAT_ATTACHMENTS_S3_REGION",
        value_name = "REGION",
        default_value = "us-east-1"
    )]
    pub region: String,
    /// What the objects' names begin with, such as `todochat/`.
    #[arg(
        long = "attachments-s3-prefix",
        env = "TODOCHAT_ATTACHMENTS_S3_PREFIX",
        value_name = "TEXT",
        default_value = ""
    )]
    pub prefix: String,
    /// Where the bucket's name stands in URLs.
    #[arg(
        long = "attachments-s3-addressing",
        env = "TODOCHAT_ATTACHMENTS_S3_ADDRESSING",
        value_enum,
        default_value = "path"
    )]
    pub addressing: S3Addressing,
    /// File that holds the access key's id; read again each time.
    #[arg(
        long = "attachments-s3-access-key-file",
        env = "TODOCHAT_ATTACHMENTS_S3_ACCESS_KEY_FILE",
        value_name = "FILE"
    )]
    pub access_key_file: Option<PathBuf>,
    /// File that holds the secret key; read again each time.
    #[arg(
        long = "attachments-s3-secret-key-file",
        env = "TODOCHAT_ATTACHMENTS_S3_SECRET_KEY_FILE",
        value_name = "FILE"
    )]
    pub secret_key_file: Option<PathBuf>,
}

/// Who turns speech into text.
#[derive(Debug, Clone, Args)]
pub struct TranscribeArgs {
    /// Base URL of an OpenAI-compatible API that transcribes, such as `http://127.0.0.1:8000/v1`. Without one there is no dictation.
    #[arg(
        id = "transcribe-url",
        long = "transcribe-url",
        env = "TODOCHAT_TRANSCRIBE_URL",
        value_name = "URL"
    )]
    pub url: Option<String>,
    /// The model's name there.
    #[arg(
        long = "transcribe-model",
        env = "TODOCHAT_TRANSCRIBE_MODEL",
        value_name = "NAME",
        default_value = "gpt-4o-mini-transcribe"
    )]
    pub model: String,
    /// File that holds the API key for it; read again when it changes. Default: the model's key, if it is the same server.
    #[arg(
        // The model has a field of this name too.
        id = "transcribe_api_key_file",
        long = "transcribe-api-key-file",
        env = "TODOCHAT_TRANSCRIBE_API_KEY_FILE",
        value_name = "FILE"
    )]
    pub api_key_file: Option<PathBuf>,
}

/// Where files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AttachmentPlace {
    /// Nowhere: there are none.
    Off,
    /// In a folder.
    Disk,
    /// In a bucket.
    S3,
}

/// Where a bucket's name stands in URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum S3Addressing {
    /// Before the object's name: what most services understand.
    Path,
    /// Before the service's host.
    Host,
}

impl TranscribeArgs {
    /// The base URL; an empty one, as some shells leave it, is none.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref().map(str::trim).filter(|url| !url.is_empty())
    }
}
