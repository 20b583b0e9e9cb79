//! Who is calling: tokens, the keys they are signed with, passwords, and the proven user.
//!
//! ```text
//! minting    KeyRing ─▶ Issuer::mint ─▶ token
//! verifying  bearer(headers) ─▶ Verifier::verify(token, now) ─▶ Principal ─▶ (a server's own layer) ─▶ UserId
//!                                  └ keys: a KeySet of ours, or one fetched from an external issuer
//! passwords  Passwords::hash, Passwords::verify: argon2id on a bounded pool
//! ```
//!
//! `jsonwebtoken` accepts far more than is safe when used plainly, so [`Verifier`] is the only
//! place in the house that calls it to verify: it checks the shape of the token before the crate
//! sees it, takes the algorithm from the key and never from the token, and judges every claim
//! itself against the time it is handed. There is no HMAC and no `none` anywhere.

mod algorithm;
mod bearer;
mod call_binding;
mod external;
mod issuer;
mod key_ring;
mod key_set;
mod live_keys;
mod passwords;
mod rejected;
mod strict_json;
mod user;
mod verifier;

pub use algorithm::Algorithm;
pub use bearer::bearer;
pub use call_binding::CallBinding;
pub use external::{
    ExternalIssuer, Fetch, FetchError, Fetched, InvalidIssuers, TokenType, parse_issuers,
};
pub use issuer::{Issuer, MAX_LIFETIME, Mint};
pub use key_ring::{KeyRing, KeyRingError};
pub use key_set::{KeySet, KeySetError};
pub use live_keys::{PublicKeys, PublicKeysError, SigningKeys};
pub use passwords::{MAX_PASSWORD_CHARS, PasswordError, Passwords};
pub use rejected::Rejected;
pub use user::UserId;
pub use verifier::{Principal, Verifier};
