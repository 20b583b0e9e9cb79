//! What a client calls its request, so that sending it again begins no second turn.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::Error;

/// Characters of a key, at most.
const LONGEST: usize = 255;

/// The value of an `Idempotency-Key` header, with the request it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: String,
}

impl IdempotencyKey {
    /// The key of a request with this body. One that is empty, longer than 255 characters or has
    /// others than visible ASCII is an error with status 400.
    pub fn new(key: &[u8], body: &[u8]) -> Result<Self, Error> {
        let fits = !key.is_empty() && key.len() <= LONGEST && key.iter().all(u8::is_ascii_graphic);
        let key = std::str::from_utf8(key).ok().filter(|_| fits).ok_or_else(|| {
            Error::new(
                400,
                "invalid_idempotency_key",
                "an Idempotency-Key has 1 to 255 visible ASCII characters",
            )
        })?;
        Ok(Self { key: key.to_owned(), fingerprint: hex(&Sha256::digest(body)) })
    }

    /// The client's word for the request.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A hash of the request.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_visible_ascii_characters_and_not_too_many() {
        for good in [&b"a"[..], b"0199-abc_!~", &[b'k'; 255]] {
            assert_eq!(IdempotencyKey::new(good, b"").unwrap().key().as_bytes(), good);
        }
        for bad in [&b""[..], b"a b", b"a\tb", "ä".as_bytes(), b"\xff", &[b'k'; 256], b"a\x7f"] {
            assert_eq!(IdempotencyKey::new(bad, b"").unwrap_err().status(), 400, "{bad:?}");
        }
    }

    #[test]
    fn another_body_has_another_fingerprint() {
        let of = |body: &[u8]| IdempotencyKey::new(b"k", body).unwrap().fingerprint().to_owned();
        assert_eq!(of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_ne!(of(b"a"), of(b"b"));
    }
}
