//! What a session is renewed with.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// 256 random bits, known to the browser alone: of a token we keep its hash.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RefreshToken([u8; 32]);

/// Random bits that are kept beside a used token's hash and turn it into its successor.
#[derive(Clone, Debug)]
pub(super) struct Salt([u8; 32]);

impl RefreshToken {
    pub(super) fn random() -> Self {
        Self(rand::random())
    }

    /// Reads what a cookie holds; anything that was never one of ours is `None`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What goes into the cookie. The only way out: it is neither shown nor serialised.
    pub(super) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept of it. A plain hash will do: nobody guesses 256 bits.
    pub(super) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0))
    }

    /// The token that replaces this one. It can be made again by whoever has this token, as long
    /// as we tell the salt, and by nobody from what we keep.
    pub(super) fn successor(&self, salt: &Salt) -> Self {
        let hash = Sha256::new().chain_update(b"successor").chain_update(salt.0);
        Self(hash.chain_update(self.0).finalize().into())
    }
}

impl Salt {
    pub(super) fn random() -> Self {
        Self(rand::random())
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(super) fn as_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RefreshToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_revealed_and_never_shown() {
        let token = RefreshToken::random();
        assert_eq!(RefreshToken::parse(&token.reveal()), Some(token.clone()));
        assert!(!format!("{token:?}").contains(&token.reveal()));
        for bad in ["", "x", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43), &"\0".repeat(43)] {
            assert_eq!(RefreshToken::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_successor_follows_from_token_and_salt_alone() {
        let (token, salt) = (RefreshToken::random(), Salt::random());
        let kept = Salt::parse(&salt.as_text()).unwrap();
        let next = token.successor(&salt);
        assert_eq!(next, token.successor(&kept));
        assert_ne!(next, token.successor(&Salt::random()));
        assert_ne!(next, RefreshToken::random().successor(&salt));
        assert_ne!(next.hash(), token.hash());
    }
}
