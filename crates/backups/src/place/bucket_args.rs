//! The flags that say which bucket.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A bucket of an S3, or of what speaks its language.
#[derive(Debug, Clone, Default, Args)]
pub struct BucketArgs {
    /// The server, e.g. `https://s3.eu-central-1.amazonaws.com`.
    #[arg(long, env = "TODOCHAT_S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// The bucket.
    #[arg(long, env = "TODOCHAT_S3_BUCKET", value_name = "NAME")]
    pub s3_bucket: Option<String>,
    /// What stands before the name of each file, with a slash at its end.
    #[arg(long, env = "TODOCHAT_S3_PREFIX", value_name = "PREFIX", default_value = "")]
    pub s3_prefix: String,
    /// Its region.
    #[arg(long, env = "TODOCHAT_S3_REGION", value_name = "NAME", default_value = "us-east-1")]
    pub s3_region: String,
    /// Whether the bucket stands in the path or before the host's name.
    #[arg(long, env = "TODOCHAT_S3_ADDRESSING", value_enum, default_value_t)]
    pub s3_addressing: Addressing,
    /// Folder with the files `access-key-id` and `secret-access-key`, and where needed `session-token`.
    #[arg(long, env = "TODOCHAT_S3_CREDENTIALS", value_name = "DIR")]
    pub s3_credentials: Option<PathBuf>,
    /// File with the certificates that the server's is checked against, instead of the system's.
    #[arg(long, env = "TODOCHAT_S3_CA_FILE", value_name = "FILE")]
    pub s3_ca_file: Option<PathBuf>,
    /// Addresses, besides public ones, that the server's name may resolve to. May be repeated.
    #[arg(long, env = "TODOCHAT_OUTGOING_ALLOW", value_name = "CIDR", value_delimiter = ',')]
    pub outgoing_allow: Vec<String>,
}

/// Where the bucket's name stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Addressing {
    /// `https://host/bucket/key`
    #[default]
    Path,
    /// `https://bucket.host/key`
    VirtualHost,
}
