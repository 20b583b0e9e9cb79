//! Which of our users external names mean, as far as that was asked before. A name that means a user means that one for ever, so
//! it is asked of the database once and not for each request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use todochat_auth::UserId;

/// How many are remembered at most: some three megabytes.
const MOST: usize = 10_000;

/// Users by issuer and subject. Clones are one memory.
#[derive(Clone, Debug, Default)]
pub struct KnownUsers(Arc<Mutex<HashMap<(String, String), UserId>>>);

impl KnownUsers {
    /// The user that `issuer` calls `subject`, if it was asked for before.
    pub(super) fn find(&self, (issuer, subject): (&str, &str)) -> Option<UserId> {
        self.known().get(&(issuer.to_owned(), subject.to_owned())).cloned()
    }

    /// Remembers it; when there are too many, in place of all others.
    pub(super) fn remember(&self, (issuer, subject): (&str, &str), user: &UserId) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert((issuer.to_owned(), subject.to_owned()), user.clone());
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(String, String), UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_both_its_halves() {
        let (known, user) = (KnownUsers::default(), UserId::parse("usr_1").unwrap());
        known.remember(("https://a", "1"), &user);
        assert_eq!(known.find(("https://a", "1")), Some(user));
        assert_eq!(known.find(("https://b", "1")), None);
        assert_eq!(known.find(("https://a", "2")), None);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let (known, user) = (KnownUsers::default(), UserId::parse("usr_1").unwrap());
        for subject in 0..=MOST {
            known.remember(("https://a", &subject.to_string()), &user);
        }
        assert_eq!(known.known().len(), 1);
    }
}
