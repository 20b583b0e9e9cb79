//! What is seen of the Secrets that take turns: nothing secret.

use super::Record;

/// What is seen of both; `None` while it is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotations {
    /// The login.
    pub login: Option<LoginSeen>,
    /// The signing keys.
    pub keys: Option<KeysSeen>,
}

/// What is seen of the servers' login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginSeen {
    /// The login in use.
    pub username: String,
    /// The one that is made ready.
    pub next: Option<NextSeen>,
    /// How far it is.
    pub record: Record,
}

/// What is seen of a login that is made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextSeen {
    /// Its name.
    pub username: String,
    /// A keyed hash of its password: tells this turn from another.
    pub digest: String,
}

/// What is seen of the signing keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysSeen {
    /// Whether a key is published that does not sign yet.
    pub has_next: bool,
    /// Whether there are keys that sign no more.
    pub has_retired: bool,
    /// How far it is.
    pub record: Record,
}
