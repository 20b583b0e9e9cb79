//! Digests of Secrets, as they stand in annotations.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::Hidden;
use crate::apply::canonical;

/// How many bytes of the HMAC are kept.
const LENGTH: usize = 16;

/// The digest of a content, from its hash.
pub(super) fn keyed(salt: &Hidden, hash: &[u8; 32]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(salt.bytes()).expect("HMAC takes keys of any length");
    mac.update(hash);
    canonical::hex(&mac.finalize().into_bytes()[..LENGTH])
}

/// What stands for a digest while there is no salt.
pub(super) fn of_version(namespace: &str, name: &str, version: &str) -> String {
    canonical::hash(&json!([namespace, name, version]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_with_the_content_and_with_the_salt() {
        let salt = |text: &str| Hidden::from(text.to_owned());
        let digest = keyed(&salt("a"), &[1; 32]);
        assert_eq!(digest.len(), 32);
        assert_eq!(digest, keyed(&salt("a"), &[1; 32]));
        assert_ne!(digest, keyed(&salt("b"), &[1; 32]));
        assert_ne!(digest, keyed(&salt("a"), &[2; 32]));
    }
}
