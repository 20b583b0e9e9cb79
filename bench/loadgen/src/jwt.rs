//! `jwt`: a token signed with a shared secret.

use base64::Engine;
use hmac::{Hmac, Mac};
use serde_json::{json, Value};

use crate::args::{die, Args};
use crate::turn::micros;

pub fn run(a: &Args) {
    let now = micros() / 1_000_000;
    let mut claims = json!({"sub": a.get("sub", "bench"), "iat": now, "exp": now + a.num("ttl", 86400u64), "type": "access"});
    if let Some(c) = a.opt("claims") {
        let extra: Value = serde_json::from_str(c).unwrap_or_else(|_| die("--claims: not JSON"));
        for (k, v) in extra.as_object().unwrap_or_else(|| die("--claims: not an object")) { claims[k] = v.clone() }
    }
    let b = |x: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(x);
    let head = format!("{}.{}", b(br#"{"alg":"HS256","typ":"JWT"}"#), b(claims.to_string().as_bytes()));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(a.opt("secret").unwrap_or_else(|| die("--secret needed")).as_bytes()).expect("a secret of any length will do");
    mac.update(head.as_bytes());
    println!("{head}.{}", b(&mac.finalize().into_bytes()));
}
