//! A bucket. The requests are signed by `rusty-s3`, which sends nothing itself, and sent by the client that all our programs
//! have: a time-out for each silence, no redirects, no proxy, and no addresses but those that are allowed.

mod upload;

use std::{error::Error as _, fmt, fs, path::Path, time::Duration};

use bytes::Bytes;
use reqwest::{Certificate, Client, Method, Response, StatusCode};
use rusty_s3::{
    Bucket as Signer, Credentials, S3Action, UrlStyle,
    actions::{ListObjectsV2, ListObjectsV2Response},
};
use todochat_service::outgoing::Outgoing;
use url::Url;

pub(super) use self::upload::Upload;
use super::{Addressing, BucketArgs, PlaceError};

/// How long a signature is good for.
const SIGNED: Duration = Duration::from_mins(15);
/// How long the other side may be silent.
const SILENCE: Duration = Duration::from_mins(1);
/// How often a request is tried that came to nothing through no fault of its own.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// A bucket, and the files below a prefix.
pub struct Bucket {
    signer: Signer,
    credentials: Credentials,
    prefix: String,
    client: Client,
}

impl Bucket {
    pub(super) fn new(args: &BucketArgs) -> Result<Self, PlaceError> {
        let missing = |missing| PlaceError::NotSaid { missing };
        let endpoint = args.s3_endpoint.as_ref().ok_or(missing("its flags"))?;
        let bucket = args.s3_bucket.as_ref().ok_or(missing("--s3-bucket"))?;
        let credentials = args.s3_credentials.as_ref().ok_or(missing("--s3-credentials"))?;
        let wrong = |what: &dyn fmt::Display| PlaceError::Settings { what: what.to_string() };
        let endpoint: Url = endpoint.parse().map_err(|error| wrong(&error))?;
        let outgoing = Outgoing::new(&args.outgoing_allow).map_err(|error| wrong(&error))?;
        outgoing.check(&endpoint).map_err(|error| wrong(&error))?;
        let style = match args.s3_addressing {
            Addressing::Path => UrlStyle::Path,
            Addressing::VirtualHost => UrlStyle::VirtualHost,
        };
        let signer = Signer::new(endpoint, style, bucket.clone(), args.s3_region.clone());
        Ok(Self {
            signer: signer.map_err(|error| wrong(&error))?,
            credentials: read_credentials(credentials)?,
            prefix: args.s3_prefix.clone(),
            client: client(&outgoing, args.s3_ca_file.as_deref())?,
        })
    }

    fn key(&self, file: &str) -> String {
        format!("{}{file}", self.prefix)
    }

    /// Sends a request until it is answered. Each try is signed anew.
    async fn send(
        &self,
        attempted: &'static str,
        method: Method,
        sign: impl Fn() -> Url,
        (headers, body): (&[(&'static str, String)], Bytes),
    ) -> Result<Response, PlaceError> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            let answer = self.once(attempted, method.clone(), sign(), headers, body.clone()).await;
            match answer {
                Err(PlaceError::Unreachable { .. }) => {}
                Ok(answer) if answer.status().is_server_error() || is_asked_to_wait(&answer) => {}
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
            pause *= 4;
        }
        self.once(attempted, method, sign(), headers, body).await
    }

    async fn once(
        &self,
        attempted: &'static str,
        method: Method,
        url: Url,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<Response, PlaceError> {
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = request.body(body).send().await;
        sent.map_err(|source| match untrusted(&source) {
            Some(why) => PlaceError::Untrusted { why },
            None => PlaceError::Unreachable { attempted, source: source.without_url() },
        })
    }

    pub(super) async fn files(&self) -> Result<Vec<String>, PlaceError> {
        let (mut files, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(after.take()).await?;
            let keys = page.contents.iter().filter_map(|one| one.key.strip_prefix(&self.prefix));
            files.extend(keys.map(str::to_owned));
            after = page.next_continuation_token;
            if after.is_none() {
                return Ok(files);
            }
        }
    }

    async fn page(&self, after: Option<String>) -> Result<ListObjectsV2Response, PlaceError> {
        const LISTING: &str = "listing";
        let sign = || {
            let mut list = ListObjectsV2::new(&self.signer, Some(&self.credentials));
            list.with_prefix(self.prefix.clone());
            if let Some(token) = &after {
                list.with_continuation_token(token.clone());
            }
            list.sign(SIGNED)
        };
        let answer = self.send(LISTING, Method::GET, sign, (&[], Bytes::new())).await?;
        let text = text(LISTING, succeeded(LISTING, answer).await?).await?;
        ListObjectsV2::parse_response(&text).map_err(|_| PlaceError::Answer { attempted: LISTING })
    }

    pub(super) async fn get(&self, file: &str) -> Result<Option<Vec<u8>>, PlaceError> {
        const READING: &str = "reading a manifest";
        let key = self.key(file);
        let sign = || self.signer.get_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.send(READING, Method::GET, sign, (&[], Bytes::new())).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(text(READING, succeeded(READING, answer).await?).await?.into_bytes()))
    }

    pub(super) async fn put(&self, file: &str, content: Vec<u8>) -> Result<(), PlaceError> {
        const WRITING: &str = "writing a manifest";
        let key = self.key(file);
        let sign = || self.signer.put_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.send(WRITING, Method::PUT, sign, (&[], content.into())).await?;
        succeeded(WRITING, answer).await.map(drop)
    }

    pub(super) async fn remove(&self, file: &str) -> Result<(), PlaceError> {
        const REMOVING: &str = "removing a backup";
        let key = self.key(file);
        let sign = || self.signer.delete_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.send(REMOVING, Method::DELETE, sign, (&[], Bytes::new())).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        succeeded(REMOVING, answer).await.map(drop)
    }

    pub(super) async fn download(&self, file: &str) -> Result<Download, PlaceError> {
        const READING: &str = "reading a dump";
        let key = self.key(file);
        let sign = || self.signer.get_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.send(READING, Method::GET, sign, (&[], Bytes::new())).await?;
        Ok(Download(succeeded(READING, answer).await?))
    }

    pub(super) async fn upload(&self, file: &str) -> Result<Upload<'_>, PlaceError> {
        Upload::begin(self, self.key(file)).await
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}/{}", self.signer.name(), self.prefix)
    }
}

/// A file that is being read.
pub struct Download(Response);

impl Download {
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, PlaceError> {
        self.0.chunk().await.map_err(|source| PlaceError::Unreachable {
            attempted: "reading a dump",
            source: source.without_url(),
        })
    }
}

/// What is wrong with the certificate of who answered: it will not get better by itself.
fn untrusted(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(error) = cause {
        // The TLS library is not named here, so its words must do.
        if let Some(why) = error.to_string().strip_prefix("invalid peer certificate: ") {
            return Some(why.to_owned());
        }
        cause = error.source();
    }
    None
}

fn is_asked_to_wait(answer: &Response) -> bool {
    answer.status() == StatusCode::TOO_MANY_REQUESTS
}

/// The answer, unless it is a refusal. Of its text only the code is told: the rest may quote the request.
async fn succeeded(attempted: &'static str, answer: Response) -> Result<Response, PlaceError> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_default();
    Err(PlaceError::Refused { attempted, status, code: code(&text) })
}

fn code(text: &str) -> String {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map(|(code, _)| code.chars().take(64).collect()).unwrap_or_default()
}

async fn text(attempted: &'static str, answer: Response) -> Result<String, PlaceError> {
    let text = answer.text().await;
    text.map_err(|source| PlaceError::Unreachable { attempted, source: source.without_url() })
}

fn read_credentials(folder: &Path) -> Result<Credentials, PlaceError> {
    let read = |file: &str| {
        let path = folder.join(file);
        let read = fs::read_to_string(&path).map(|text| text.trim().to_owned());
        read.map_err(|source| PlaceError::Folder { path: path.display().to_string(), source })
    };
    let (key, secret) = (read("access-key-id")?, read("secret-access-key")?);
    Ok(match read("session-token") {
        Ok(token) => Credentials::new_with_token(key, secret, token),
        Err(_) => Credentials::new(key, secret),
    })
}

fn client(outgoing: &Outgoing, authorities: Option<&Path>) -> Result<Client, PlaceError> {
    let mut client = outgoing.client().read_timeout(SILENCE);
    if let Some(path) = authorities {
        let pem = fs::read(path)
            .map_err(|source| PlaceError::Folder { path: path.display().to_string(), source })?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .map_err(|error| PlaceError::Settings { what: error.to_string() })?;
        if certificates.is_empty() {
            let what = format!("there is no certificate in {}", path.display());
            return Err(PlaceError::Settings { what });
        }
        client = client.tls_certs_only(certificates);
    }
    client.build().map_err(|error| PlaceError::Settings { what: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_refusal_the_code_is_told() {
        let body = "<Error><Code>NoSuchBucket</Code><Message>…</Message></Error>";
        assert_eq!(code(body), "NoSuchBucket");
        assert_eq!(code("<html>"), "");
    }

    #[test]
    fn a_bucket_by_halves_says_what_is_missing() {
        let args = BucketArgs { s3_endpoint: Some("https://s3".to_owned()), ..Default::default() };
        let error = Bucket::new(&args).err().unwrap().to_string();
        assert!(error.ends_with("--s3-bucket"), "{error}");
    }

    #[test]
    fn an_address_that_is_not_allowed_is_refused_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let args = BucketArgs {
            s3_endpoint: Some("http://169.254.169.254".to_owned()),
            s3_bucket: Some("backups".to_owned()),
            s3_credentials: Some(folder.path().to_owned()),
            ..Default::default()
        };
        let error = Bucket::new(&args).err().unwrap().to_string();
        assert!(error.contains("is not a public address"), "{error}");
    }
}
