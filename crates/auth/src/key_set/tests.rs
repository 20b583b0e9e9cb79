use super::*;
use serde_json::json;

const ALL: [Algorithm; 5] =
    [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384, Algorithm::RS256, Algorithm::PS256];

fn parse(keys: &Value, allowed: &[Algorithm]) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes(), allowed)
}

/// `bytes` octets of base64url that are neither zero nor even at the end.
fn number(bytes: usize) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(vec![0xff; bytes])
}

fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": number(32)})
}

fn p256() -> Value {
    json!({"kty": "EC", "crv": "P-256", "kid": "ec", "x": number(32), "y": number(32)})
}

fn rsa() -> Value {
    json!({"kty": "RSA", "kid": "rsa", "n": number(256), "e": "AQAB"})
}

fn with(mut jwk: Value, member: &str, value: Value) -> Value {
    jwk[member] = value;
    jwk
}

#[test]
fn the_algorithm_is_a_property_of_the_key() {
    let p384 = json!({"kty": "EC", "crv": "P-384", "kid": "e3", "x": number(48), "y": number(48)});
    let pss = with(with(rsa(), "alg", json!("PS256")), "kid", json!("pss"));
    let set = parse(&json!([ed25519(), p256(), p384, rsa(), pss]), &ALL).unwrap();
    let algorithms = ["ed", "ec", "e3", "rsa", "pss"].map(|kid| set.find(kid).unwrap().algorithm);
    assert_eq!(
        algorithms,
        [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384, Algorithm::RS256, Algorithm::PS256]
    );
}

#[test]
fn an_unfit_key_is_dropped_and_the_rest_used() {
    let good = with(ed25519(), "kid", json!("good"));
    for unfit in [
        json!({"kty": "oct", "kid": "oct", "k": number(32), "alg": "HS256"}),
        json!({"kty": "oct", "kid": "oct", "k": number(32)}),
        with(ed25519(), "kid", json!(7)),
        with(ed25519(), "kid", json!("")),
        with(ed25519(), "kid", json!("a b")),
        with(ed25519(), "kid", json!("a".repeat(129))),
        with(ed25519(), "crv", json!("X25519")),
        with(ed25519(), "x", json!(number(31))),
        with(ed25519(), "x", json!("****")),
        with(ed25519(), "alg", json!("ES256")),
        with(ed25519(), "alg", json!(null)),
        with(p256(), "alg", json!("ES384")),
        with(p256(), "crv", json!("secp256k1")),
        with(p256(), "crv", json!("P-521")),
        with(p256(), "y", json!(number(33))),
        with(p256(), "use", json!("enc")),
        with(p256(), "key_ops", json!(["sign"])),
        with(p256(), "key_ops", json!("verify")),
        with(rsa(), "n", json!(number(255))),
        with(rsa(), "n", json!(number(1025))),
        with(rsa(), "e", json!("AQ")),
        with(rsa(), "e", json!("AQAA")),
        with(rsa(), "alg", json!("RS512")),
        with(rsa(), "alg", json!("EdDSA")),
        with(rsa(), "alg", json!("RSA-OAEP")),
        json!({"kid": "empty"}),
    ] {
        let set = parse(&json!([unfit, good]), &ALL).unwrap();
        assert_eq!(set.keys.len(), 1, "{unfit}");
        assert!(set.find("good").is_some(), "{unfit}");
    }
}

#[test]
fn a_key_for_an_algorithm_that_is_not_listed_is_dropped() {
    let set =
        parse(&json!([ed25519(), p256(), rsa()]), &[Algorithm::ES256, Algorithm::PS256]).unwrap();
    assert!(set.find("ed").is_none());
    assert!(set.find("ec").is_some());
    assert_eq!(set.find("rsa").unwrap().algorithm, Algorithm::PS256);
}

#[test]
fn a_set_that_cannot_be_trusted_is_refused_whole() {
    let twice = with(p256(), "kid", json!("ed"));
    let many: Vec<_> = (0..65).map(|n| with(ed25519(), "kid", json!(n.to_string()))).collect();
    for (keys, error) in [
        (json!([ed25519(), twice]), KeySetError::DuplicateKid),
        (json!([ed25519(), with(p256(), "d", json!(number(32)))]), KeySetError::Private),
        (json!([ed25519(), with(rsa(), "p", json!(null))]), KeySetError::Private),
        (json!(many), KeySetError::TooMany),
        (json!([]), KeySetError::Empty),
        (json!([{}]), KeySetError::Empty),
        (json!([1]), KeySetError::Malformed),
        (json!({}), KeySetError::Malformed),
    ] {
        assert_eq!(parse(&keys, &ALL).err(), Some(error), "{keys}");
    }
    for text in ["", "[]", "{}", r#"{"keys":[],"keys":[]}"#, "<html>"] {
        assert_eq!(
            KeySet::parse(text.as_bytes(), &ALL).err(),
            Some(KeySetError::Malformed),
            "{text}"
        );
    }
}
