//! What of the bytes of an answer is its body, and where that ends (RFC 9112, 6 and 7).
//!
//! An answer that ends before its body does is an error: it is never taken for a short one.

use http::{
    HeaderMap, HeaderName, StatusCode, Version,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

/// Longer sizes with their extensions, and longer trailers, are a server run wild.
const LONGEST_AROUND: u16 = 8 << 10;

const BODILESS: [StatusCode; 2] = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];

/// How a body is told from what follows it, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// It ends when the server hangs up.
    UntilClosed,
    /// It comes in chunks, each with its size before it.
    Chunked(Chunks),
}

/// Why a body cannot be told from what is around it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Misframed {
    #[error("its length is not clear")]
    Length,
    #[error("it is coded otherwise than in chunks")]
    Coding,
    #[error("a chunk is malformed")]
    Chunk,
    #[error("it ended early")]
    CutOff,
}

impl Framing {
    /// How the body that follows a head is framed.
    pub(super) fn of(
        status: StatusCode,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<Self, Misframed> {
        if status.is_informational() || BODILESS.contains(&status) {
            return Ok(Self::Length(0));
        }
        if headers.contains_key(TRANSFER_ENCODING) {
            let chunked = version == Version::HTTP_11 && is_chunked(headers);
            return if chunked { Ok(Self::Chunked(Chunks::START)) } else { Err(Misframed::Coding) };
        }
        Ok(length(headers)?.map_or(Self::UntilClosed, Self::Length))
    }

    /// Adds what of `bytes` is body to `body`, and gives what stands after its end. No bytes mean that
    /// the server hung up.
    pub(super) fn take<'a>(
        &mut self,
        bytes: &'a [u8],
        body: &mut Vec<u8>,
    ) -> Result<&'a [u8], Misframed> {
        match self {
            _ if bytes.is_empty() => self.closed().map(|()| bytes),
            Self::Length(left) => Ok(take(left, bytes, body)),
            Self::Chunked(chunks) => chunks.take(bytes, body),
            Self::UntilClosed => {
                body.extend_from_slice(bytes);
                Ok(&[])
            }
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.part == Part::End,
            Self::UntilClosed => false,
        }
    }

    fn closed(&mut self) -> Result<(), Misframed> {
        if *self == Self::UntilClosed {
            *self = Self::Length(0);
        }
        if self.has_ended() { Ok(()) } else { Err(Misframed::CutOff) }
    }
}

/// The elements of all headers of that name.
pub(super) fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// Whether chunks are the only coding.
fn is_chunked(headers: &HeaderMap) -> bool {
    let mut codings = listed(headers, TRANSFER_ENCODING).filter(|coding| !coding.is_empty());
    let first = codings.next().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    first && codings.next().is_none()
}

/// The length that is told. It may be told twice if it is the same.
fn length(headers: &HeaderMap) -> Result<Option<u64>, Misframed> {
    let mut length = None;
    for told in listed(headers, CONTENT_LENGTH) {
        let told = number(told).ok_or(Misframed::Length)?;
        if length.replace(told).is_some_and(|before| before != told) {
            return Err(Misframed::Length);
        }
    }
    Ok(length)
}

/// Digits, and nothing else.
fn number(text: &[u8]) -> Option<u64> {
    let is_number = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()
}

/// Adds what is there of the `left` bytes of a body, and gives the bytes after them.
fn take<'a>(left: &mut u64, bytes: &'a [u8], body: &mut Vec<u8>) -> &'a [u8] {
    let there = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    let (taken, rest) = bytes.split_at(there);
    body.extend_from_slice(taken);
    *left -= taken.len() as u64;
    rest
}

/// How far the chunks have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunks {
    part: Part,
    /// Bytes of this chunk's data that are still to come.
    left: u64,
    /// Bytes that were none of data, since the last that were.
    around: u16,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Size,
    MoreOfSize,
    AfterSize,
    Extension,
    SizeEnd,
    Data,
    AfterData,
    DataEnd,
    Trailers,
    Trailer,
    TrailerEnd,
    LastEnd,
    End,
}

impl Chunks {
    const START: Self = Self { part: Part::Size, left: 0, around: 0 };

    fn take<'a>(&mut self, mut bytes: &'a [u8], body: &mut Vec<u8>) -> Result<&'a [u8], Misframed> {
        while let [byte, rest @ ..] = bytes
            && self.part != Part::End
        {
            if self.part == Part::Data {
                bytes = self.data(bytes, body);
            } else {
                self.part = self.after(*byte).ok_or(Misframed::Chunk)?;
                bytes = rest;
            }
        }
        Ok(bytes)
    }

    fn data<'a>(&mut self, bytes: &'a [u8], body: &mut Vec<u8>) -> &'a [u8] {
        let rest = take(&mut self.left, bytes, body);
        if self.left == 0 {
            (self.part, self.around) = (Part::AfterData, 0);
        }
        rest
    }

    /// What follows after `byte`, which is none of data; none if it may not stand there.
    fn after(&mut self, byte: u8) -> Option<Part> {
        self.around += 1;
        if self.around > LONGEST_AROUND {
            return None;
        }
        Some(match (self.part, byte) {
            (Part::Size | Part::MoreOfSize, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                self.digit(byte)?
            }
            (Part::MoreOfSize | Part::AfterSize, b' ' | b'\t') => Part::AfterSize,
            (Part::MoreOfSize | Part::AfterSize, b';') => Part::Extension,
            (Part::MoreOfSize | Part::AfterSize | Part::Extension, b'\r') => Part::SizeEnd,
            (Part::Extension, _) if byte != b'\n' => Part::Extension,
            (Part::SizeEnd, b'\n') if self.left == 0 => Part::Trailers,
            (Part::SizeEnd, b'\n') => Part::Data,
            (Part::AfterData, b'\r') => Part::DataEnd,
            (Part::DataEnd, b'\n') => Part::Size,
            (Part::Trailers, b'\r') => Part::LastEnd,
            (Part::Trailer, b'\r') => Part::TrailerEnd,
            (Part::Trailers | Part::Trailer, _) if byte != b'\n' => Part::Trailer,
            (Part::TrailerEnd, b'\n') => Part::Trailers,
            (Part::LastEnd, b'\n') => Part::End,
            _ => return None,
        })
    }

    fn digit(&mut self, digit: u8) -> Option<Part> {
        let digit = char::from(digit).to_digit(16)?;
        self.left = self.left.checked_mul(16)? + u64::from(digit);
        Some(Part::MoreOfSize)
    }
}

#[cfg(test)]
mod tests;
