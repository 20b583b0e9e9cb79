//! How far a Secret is that takes turns, without anything secret of it.

use super::{Hidden, KEYS, Own, digest};
use crate::{
    apply::secrets::fill::ring,
    rotating::{KeysSeen, LoginSeen, NEXT, NextSeen, RECORD, Record},
};

pub(super) fn login(own: &Own, salt: Option<&Hidden>) -> LoginSeen {
    let [username, password, _] = NEXT;
    let next = text(own, username).zip(own.value(password)).zip(salt);
    let next = next.map(|((username, password), salt)| NextSeen {
        username,
        digest: digest::keyed(salt, &password.hash()),
    });
    LoginSeen { username: text(own, "username").unwrap_or_default(), next, record: record(own) }
}

pub(super) fn keys(own: &Own) -> KeysSeen {
    let ring = own.value(KEYS).and_then(ring);
    KeysSeen {
        has_next: ring.as_ref().is_some_and(todochat_auth::KeyRing::has_next),
        has_retired: ring.as_ref().is_some_and(todochat_auth::KeyRing::has_retired),
        record: record(own),
    }
}

/// How far its turn is.
pub(super) fn record(own: &Own) -> Record {
    text(own, RECORD).map(|text| Record::parse(&text)).unwrap_or_default()
}

fn text(own: &Own, entry: &str) -> Option<String> {
    own.value(entry)?.as_str().map(str::to_owned)
}
