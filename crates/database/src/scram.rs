//! What Postgres keeps of a password (RFC 5803). Made here, so that the password itself is in no
//! statement, and in no log of statements on the server.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use stringprep::saslprep;

/// As many as Postgres itself makes.
const ITERATIONS: u32 = 4096;

/// `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.
pub(crate) fn verifier(password: &str, salt: [u8; 16]) -> String {
    // As Postgres does: what cannot be prepared is taken as it is.
    let prepared = saslprep(password).unwrap_or(password.into());
    let salted = salted(prepared.as_bytes(), salt);
    let stored_key = Sha256::digest(mac(&salted, &[b"Client Key"]));
    let server_key = mac(&salted, &[b"Server Key"]);
    let [salt, stored_key, server_key] =
        [&salt[..], &stored_key[..], &server_key[..]].map(|bytes| BASE64_STANDARD.encode(bytes));
    format!("SCRAM-SHA-256${ITERATIONS}:{salt}${stored_key}:{server_key}")
}

/// `Hi` of RFC 5802.
fn salted(password: &[u8], salt: [u8; 16]) -> [u8; 32] {
    let mut last = mac(password, &[&salt, &1_u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..ITERATIONS {
        last = mac(password, &[&last]);
        sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_example_of_rfc_7677_says() {
        let salt = BASE64_STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let made = verifier("pencil", salt.try_into().unwrap());
        let (start, keys) = made.rsplit_once('$').unwrap();
        assert_eq!(start, "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==");
        let (_, server_key) = keys.split_once(':').unwrap();
        // The server signature of the example, made with this server key.
        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj\
                       )hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%h\
                       vYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let server_key = BASE64_STANDARD.decode(server_key).unwrap();
        let signature = mac(&server_key, &[message.as_bytes()]);
        let expected = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(BASE64_STANDARD.encode(signature), expected);
    }
}
