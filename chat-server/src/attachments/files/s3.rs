//! Files in a bucket of a service that speaks the S3 protocol. Requests are made by this server, with addresses signed for one use
//! each (AWS Signature Version 4): the bucket need not be open to anybody else, and no browser goes there.

use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use reqwest::{Client, Response, StatusCode, Url};
use rusty_s3::{Bucket, BucketError, Credentials, S3Action, UrlStyle};

use super::{Content, FilesError};
use crate::outgoing::{Forbidden, Outgoing};

/// How long a signed address is good.
const GOOD_FOR: Duration = Duration::from_mins(1);

/// How long storing or removing a file may take, and how long reading one may stand still.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that met a passing fault is made again; it has the same effect each time.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// A bucket. Cheap to clone.
#[derive(Clone)]
pub struct S3 {
    bucket: Arc<Bucket>,
    keys: Arc<KeyFiles>,
    prefix: Arc<str>,
    http: Client,
}

/// Where a bucket is and how it is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The service's URL.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// What the objects' names begin with.
    pub prefix: String,
    /// Whether the bucket's name stands before the host instead of in the path.
    pub in_host: bool,
    /// What requests are signed with.
    pub keys: KeyFiles,
}

/// The files with the two halves of an access key. They are read for each request, so that a key can be replaced at any time.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    /// Its id.
    pub access: PathBuf,
    /// The secret.
    pub secret: PathBuf,
}

/// Why a bucket could not be used.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// The endpoint is no URL.
    #[error("the bucket's endpoint is not a URL")]
    Endpoint,
    /// The endpoint may not be called.
    #[error("the bucket's endpoint may not be called")]
    Forbidden(#[from] Forbidden),
    /// The name does not go with the endpoint.
    #[error("the bucket has no address")]
    Bucket(#[from] BucketError),
    /// A key could not be read.
    #[error("could not read the bucket's key")]
    Key(#[source] io::Error),
    /// The service could not be reached, or did not answer to the end.
    #[error("could not reach the bucket")]
    Unreachable(#[from] reqwest::Error),
    /// The service answered something else than that it was done.
    #[error("the bucket's service answered {status}")]
    Refused {
        /// What it answered.
        status: StatusCode,
    },
}

impl S3 {
    /// A bucket as `settings` say. Nothing is called yet.
    pub fn new(settings: Settings, outgoing: &Outgoing) -> Result<Self, S3Error> {
        let Settings { endpoint, bucket, region, prefix, in_host, keys } = settings;
        let endpoint = Url::parse(&endpoint).map_err(|_| S3Error::Endpoint)?;
        let style = if in_host { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let bucket = Bucket::new(endpoint, style, bucket, region)?;
        outgoing.check(bucket.base_url())?;
        let http = outgoing.client().read_timeout(PATIENCE).build()?;
        Ok(Self { bucket: bucket.into(), keys: keys.into(), prefix: prefix.into(), http })
    }

    pub(super) async fn put(&self, id: &str, bytes: Bytes) -> Result<(), FilesError> {
        let (keys, object) = (self.keys.read().await?, self.object(id));
        let url = || self.bucket.put_object(Some(&keys), &object).sign(GOOD_FOR);
        self.asked(|| self.http.put(url()).body(bytes.clone()).timeout(PATIENCE)).await.map(drop)
    }

    pub(super) async fn open(&self, id: &str) -> Result<Content, FilesError> {
        let (keys, object) = (self.keys.read().await?, self.object(id));
        let url = || self.bucket.get_object(Some(&keys), &object).sign(GOOD_FOR);
        let answer = self.asked(|| self.http.get(url())).await?;
        Ok(answer.bytes_stream().map_err(|error| S3Error::from(error.without_url()).into()).boxed())
    }

    pub(super) async fn remove(&self, id: &str) -> Result<(), FilesError> {
        let (keys, object) = (self.keys.read().await?, self.object(id));
        let url = || self.bucket.delete_object(Some(&keys), &object).sign(GOOD_FOR);
        match self.asked(|| self.http.delete(url()).timeout(PATIENCE)).await {
            Ok(_) | Err(FilesError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn object(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Asks, and asks again where that may help.
    async fn asked(
        &self,
        request: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Response, FilesError> {
        let mut attempt = 1;
        loop {
            let failure = match request().send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) if answer.status() == StatusCode::NOT_FOUND => {
                    return Err(FilesError::Missing);
                }
                Ok(answer) => S3Error::Refused { status: answer.status() },
                // The address is signed: whoever reads it in a log could use it for a while.
                Err(error) => S3Error::Unreachable(error.without_url()),
            };
            if attempt == ATTEMPTS || !failure.may_pass() {
                return Err(failure.into());
            }
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }
}

impl S3Error {
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(error) => !error.is_builder(),
            Self::Refused { status } => status.is_server_error(),
            _ => false,
        }
    }
}

impl KeyFiles {
    async fn read(&self) -> Result<Credentials, S3Error> {
        let read = async |path| tokio::fs::read_to_string(path).await.map_err(S3Error::Key);
        let (access, secret) = (read(&self.access).await?, read(&self.secret).await?);
        Ok(Credentials::new(access.trim(), secret.trim()))
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("S3").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}
