//! The heads of requests and answers: a request's is written, an answer's is read.

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING},
};

use super::framing::{Framing, Misframed, listed};

/// The longest head of an answer.
const LONGEST: usize = 8 << 10;
const MOST_HEADERS: usize = 100;

/// The head of an answer, and what it says of its body.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) response: Response<()>,
    pub(super) framing: Framing,
    /// Whether the connection may be used again.
    pub(super) stays: bool,
    /// Bytes it took.
    pub(super) size: usize,
}

/// Why the head of an answer is none.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum BadHead {
    #[error("its head is malformed")]
    Malformed(#[from] httparse::Error),
    #[error("its head is malformed")]
    Value(#[from] http::Error),
    #[error("its head is too long")]
    TooLong,
    #[error("it changes the protocol")]
    OtherProtocol,
    #[error("its body cannot be told")]
    Framing(#[from] Misframed),
}

/// The head of a request with a body of `length` bytes.
pub(super) fn written<T>(request: &Request<T>, length: usize) -> Vec<u8> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut head = format!("{} {path} HTTP/1.1\r\n", request.method()).into_bytes();
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(format!("{CONTENT_LENGTH}: {length}\r\n\r\n").as_bytes());
    head
}

impl Head {
    /// The head at the beginning of `bytes`, if all of it is there.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, BadHead> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        match parsed.parse(&bytes[..bytes.len().min(LONGEST)])? {
            httparse::Status::Complete(size) => Self::of(&parsed, size).map(Some),
            httparse::Status::Partial if bytes.len() >= LONGEST => Err(BadHead::TooLong),
            httparse::Status::Partial => Ok(None),
        }
    }

    /// Another head follows: nothing has been answered yet.
    pub(super) fn is_interim(&self) -> bool {
        self.response.status().is_informational()
    }

    fn of(parsed: &httparse::Response<'_, '_>, size: usize) -> Result<Self, BadHead> {
        let response = response(parsed)?;
        let (status, version) = (response.status(), response.version());
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(BadHead::OtherProtocol);
        }
        let framing = Framing::of(status, version, response.headers())?;
        let stays = framing != Framing::UntilClosed && stays(version, response.headers());
        Ok(Self { response, framing, stays, size })
    }
}

fn response(parsed: &httparse::Response<'_, '_>) -> Result<Response<()>, http::Error> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(parsed.code.unwrap_or_default())?;
    *response.version_mut() = match parsed.version {
        Some(1) => Version::HTTP_11,
        _ => Version::HTTP_10,
    };
    for header in &*parsed.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes())?;
        response.headers_mut().append(name, HeaderValue::from_bytes(header.value)?);
    }
    Ok(response)
}

/// Whether the server will read another request. One that tells the length in two ways may be two of
/// different minds: what follows its body is not to be trusted.
fn stays(version: Version, headers: &HeaderMap) -> bool {
    let says = |word: &[u8]| listed(headers, CONNECTION).any(|one| one.eq_ignore_ascii_case(word));
    let twice = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    !twice && !says(b"close") && (version == Version::HTTP_11 || says(b"keep-alive"))
}
