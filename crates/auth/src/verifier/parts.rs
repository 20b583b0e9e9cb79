//! A token taken apart, before anything in it is believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::key_set::is_kid;
use crate::{Rejected, strict_json};

/// Longer than any token that an issuer we know of makes, and short enough to look at for free.
pub(super) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The three parts, as far as they can be read without a key.
pub(super) struct Parts {
    pub(super) header: TokenHeader,
    /// `iss`, unverified: good for choosing a key and for nothing else.
    pub(super) issuer: String,
    pub(super) payload: Vec<u8>,
}

/// A protected header that names an algorithm and a key.
pub(super) struct TokenHeader {
    pub(super) alg: String,
    pub(super) kid: String,
    pub(super) typ: Option<String>,
}

/// Every member that would change how a token is read, or bring a key of its own, refuses the
/// token. Others mean nothing to us and are passed over, as RFC 7515 section 4 demands; `x5t`
/// is among those, since some issuers send it always and we never look a key up by it.
#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Refused,
    #[serde(default)]
    zip: Refused,
    #[serde(default)]
    enc: Refused,
    #[serde(default)]
    b64: Refused,
    #[serde(default)]
    jwk: Refused,
    #[serde(default)]
    jku: Refused,
    #[serde(default)]
    x5u: Refused,
    #[serde(default)]
    x5c: Refused,
}

/// Whether a member is there that must not be, with whatever value.
#[derive(Default)]
struct Refused(bool);

impl<'de> Deserialize<'de> for Refused {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

#[derive(Deserialize)]
struct OnlyIssuer {
    iss: String,
}

impl Parts {
    pub(super) fn split(token: &str) -> Result<Self, Rejected> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(Rejected::Malformed);
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejected::Malformed);
        let (header, payload) = (decode(header)?, decode(payload)?);
        if decode(signature)?.is_empty() {
            return Err(Rejected::Malformed);
        }
        let header = TokenHeader::parse(&header)?;
        let OnlyIssuer { iss } = strict_json::from_slice(&payload).ok_or(Rejected::Claims)?;
        Ok(Self { header, issuer: iss, payload })
    }
}

impl TokenHeader {
    fn parse(json: &[u8]) -> Result<Self, Rejected> {
        let raw: RawHeader = strict_json::from_slice(json).ok_or(Rejected::Header)?;
        let RawHeader { alg, kid, typ, crit, zip, enc, b64, jwk, jku, x5u, x5c } = raw;
        let refused = [crit, zip, enc, b64, jwk, jku, x5u, x5c].iter().any(|member| member.0);
        if refused || !is_kid(&kid) {
            return Err(Rejected::Header);
        }
        Ok(Self { alg, kid, typ })
    }
}
