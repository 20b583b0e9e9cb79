//! A file goes up in parts, each with its checksum, and is there when the last one is: a program that ends before that
//! leaves nothing that could be taken for a backup.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use md5::{Digest as _, Md5};
use reqwest::{Method, header::ETAG};
use rusty_s3::{
    S3Action,
    actions::{CompleteMultipartUpload, CompleteMultipartUploadResponse, CreateMultipartUpload},
};

use super::{super::PlaceError, Bucket, SIGNED, succeeded, text};

/// All parts are of one size but the last, which some servers insist on; there may be 10,000.
const PART: usize = 16 * 1024 * 1024;

/// A file that is being written.
pub struct Upload<'a> {
    bucket: &'a Bucket,
    key: String,
    id: String,
    part: BytesMut,
    tags: Vec<String>,
}

impl<'a> Upload<'a> {
    pub(super) async fn begin(bucket: &'a Bucket, key: String) -> Result<Self, PlaceError> {
        const BEGINNING: &str = "beginning an upload";
        let create = || {
            CreateMultipartUpload::new(&bucket.signer, Some(&bucket.credentials), &key).sign(SIGNED)
        };
        let answer = bucket.send(BEGINNING, Method::POST, create, (&[], Bytes::new())).await?;
        let text = text(BEGINNING, succeeded(BEGINNING, answer).await?).await?;
        let answer = CreateMultipartUpload::parse_response(&text)
            .map_err(|_| PlaceError::Answer { attempted: BEGINNING })?;
        let id = answer.upload_id().to_owned();
        Ok(Self { bucket, key, id, part: BytesMut::new(), tags: Vec::new() })
    }

    pub(in super::super) async fn push(&mut self, mut bytes: &[u8]) -> Result<(), PlaceError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PART - self.part.len()));
            self.part.extend_from_slice(now);
            bytes = later;
            if self.part.len() == PART {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), PlaceError> {
        const SENDING: &str = "uploading a part";
        let part = self.part.split().freeze();
        let number = u16::try_from(self.tags.len() + 1)
            .map_err(|_| PlaceError::Settings { what: "the dump has too many parts".to_owned() })?;
        let checksum = BASE64_STANDARD.encode(Md5::digest(&part));
        let sign = || {
            let credentials = Some(&self.bucket.credentials);
            let mut upload =
                self.bucket.signer.upload_part(credentials, &self.key, number, &self.id);
            upload.headers_mut().insert("content-md5", checksum.clone());
            upload.sign(SIGNED)
        };
        let headers = [("content-md5", checksum.clone())];
        let sent = self.bucket.send(SENDING, Method::PUT, sign, (&headers, part)).await?;
        let answer = succeeded(SENDING, sent).await?;
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        self.tags.push(tag.ok_or(PlaceError::Answer { attempted: SENDING })?.to_owned());
        Ok(())
    }

    pub(in super::super) async fn finish(mut self) -> Result<(), PlaceError> {
        if !self.part.is_empty() {
            self.send().await?;
        }
        match self.complete().await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    async fn complete(&self) -> Result<(), PlaceError> {
        const ENDING: &str = "ending an upload";
        let complete = || {
            let tags = self.tags.iter().map(String::as_str);
            let credentials = Some(&self.bucket.credentials);
            CompleteMultipartUpload::new(
                &self.bucket.signer,
                credentials,
                &self.key,
                &self.id,
                tags,
            )
        };
        let body = Bytes::from(complete().body());
        let sign = || complete().sign(SIGNED);
        let answer = self.bucket.send(ENDING, Method::POST, sign, (&[], body)).await?;
        // It may say that all is well and then, minutes later in the same answer, that it is not.
        let text = text(ENDING, succeeded(ENDING, answer).await?).await?;
        CompleteMultipartUploadResponse::parse(&text)
            .map(drop)
            .map_err(|_| PlaceError::Answer { attempted: ENDING })
    }

    pub(in super::super) async fn abandon(self) {
        let sign = || {
            let credentials = Some(&self.bucket.credentials);
            let abort = self.bucket.signer.abort_multipart_upload(credentials, &self.key, &self.id);
            abort.sign(SIGNED)
        };
        let sent = self.bucket.send("abandoning", Method::DELETE, sign, (&[], Bytes::new())).await;
        if let Err(error) = sent {
            tracing::warn!(%error, "The parts of an upload that came to nothing are left in the bucket");
        }
    }
}
