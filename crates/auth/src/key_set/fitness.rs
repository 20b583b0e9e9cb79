//! Which published keys are fit for use. `jsonwebtoken` would take any of them: it looks neither
//! at `use`, `key_ops` and `alg` nor at the curve, and makes an HMAC key of an `oct` entry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{VerifyingKey, is_kid};
use crate::Algorithm;

type Jwk = Map<String, Value>;

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The key with its name, if it may verify tokens signed with one of `allowed`.
pub(super) fn fit(jwk: &Jwk, allowed: &[Algorithm]) -> Option<(String, VerifyingKey)> {
    let kid = text(jwk, "kid").filter(|kid| is_kid(kid))?;
    let algorithm = algorithm(jwk, allowed)?;
    if !allowed.contains(&algorithm) || !is_for_signatures(jwk) {
        return None;
    }
    let key = match algorithm {
        Algorithm::EdDSA => DecodingKey::from_ed_der(&coordinate(jwk, "x", 32)?),
        Algorithm::ES256 => point(jwk, 32)?,
        Algorithm::ES384 => point(jwk, 48)?,
        Algorithm::RS256 | Algorithm::PS256 => rsa(jwk)?,
    };
    let print = Sha256::digest(serde_json::to_vec(jwk).ok()?).into();
    Some((kid.to_owned(), VerifyingKey { algorithm, key, print }))
}

/// The one algorithm of a key: what its type and curve imply, which a declared `alg` must agree
/// with. An RSA key without `alg` takes the first RSA algorithm that the issuer is configured for.
fn algorithm(jwk: &Jwk, allowed: &[Algorithm]) -> Option<Algorithm> {
    let declared = match jwk.get("alg") {
        None => None,
        Some(name) => Some(Algorithm::from_name(name.as_str()?)?),
    };
    let implied = match (text(jwk, "kty")?, text(jwk, "crv")) {
        ("OKP", Some("Ed25519")) => Algorithm::EdDSA,
        ("EC", Some("P-256")) => Algorithm::ES256,
        ("EC", Some("P-384")) => Algorithm::ES384,
        ("RSA", _) => declared.or_else(|| allowed.iter().copied().find(|one| one.is_rsa()))?,
        _ => return None,
    };
    let agrees = match declared {
        Some(declared) => {
            declared == implied && declared.is_rsa() == (text(jwk, "kty") == Some("RSA"))
        }
        None => true,
    };
    agrees.then_some(implied)
}

fn is_for_signatures(jwk: &Jwk) -> bool {
    let used_so = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let may_verify = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|one| one == "verify"))
    });
    used_so && may_verify
}

fn point(jwk: &Jwk, length: usize) -> Option<DecodingKey> {
    let uncompressed =
        [vec![4], coordinate(jwk, "x", length)?, coordinate(jwk, "y", length)?].concat();
    Some(DecodingKey::from_ec_der(&uncompressed))
}

fn coordinate(jwk: &Jwk, name: &str, length: usize) -> Option<Vec<u8>> {
    bytes(jwk, name).filter(|bytes| bytes.len() == length)
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let (modulus, exponent) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let bits = significant_bits(&modulus);
    // An even exponent is none, and 1 makes every message its own signature.
    let odd = exponent.last().is_some_and(|last| last & 1 == 1);
    let fit = RSA_BITS.contains(&bits) && odd && (2..=64).contains(&significant_bits(&exponent));
    fit.then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn significant_bits(number: &[u8]) -> usize {
    let leading = number.iter().take_while(|byte| **byte == 0).count();
    match &number[leading..] {
        [] => 0,
        rest @ [first, ..] => rest.len() * 8 - first.leading_zeros() as usize,
    }
}

fn bytes(jwk: &Jwk, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()
}

fn text<'a>(jwk: &'a Jwk, name: &str) -> Option<&'a str> {
    jwk.get(name)?.as_str()
}
