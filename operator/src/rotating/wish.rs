//! What is asked for: by the spec, with time, and by hand, with an annotation.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;

use super::Record;
use crate::{
    crd::{Delay, TodoChat},
    names::ROTATE_ANNOTATION,
};

/// Longer requests are cut: they stand in the status.
const LONGEST: usize = 64;

/// What is asked for of one credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The time of this look.
    pub now: DateTime<Utc>,
    /// How often.
    pub interval: Option<Duration>,
    /// What the annotation says.
    pub asked: Option<String>,
    /// When the object was made: a credential without a record is about as old.
    pub born: DateTime<Utc>,
}

/// What is asked for of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The login.
    pub login: Wish,
    /// The signing keys.
    pub keys: Wish,
    /// How long a key that signs no more is good for verifying.
    pub overlap: Option<Duration>,
}

/// What `object` asks for at this time.
pub fn wishes(object: &TodoChat, now: DateTime<Utc>) -> Wishes {
    let spec = &object.spec;
    let asked = object.annotations().get(ROTATE_ANNOTATION);
    let asked = asked.map(|text| text.chars().take(LONGEST).collect::<String>());
    let born = object.metadata.creation_timestamp.as_ref();
    let born = born.and_then(|born| born.0.to_string().parse().ok()).unwrap_or(now);
    let wish = |interval: Option<&Delay>| Wish {
        now,
        interval: interval.and_then(Delay::duration),
        asked: asked.clone(),
        born,
    };
    let (login, keys) = (spec.database.rotation.as_ref(), spec.chat.auth.rotation.as_ref());
    Wishes {
        login: wish(login.map(|rotation| &rotation.interval)),
        keys: wish(keys.map(|rotation| &rotation.interval)),
        overlap: keys.and_then(|rotation| rotation.overlap.duration()),
    }
}

impl Wish {
    /// Whether it is to be replaced now.
    pub(super) fn is_due(&self, record: &Record) -> bool {
        self.is_asked_for(record) || self.next(record).is_some_and(|next| next <= self.now)
    }

    fn is_asked_for(&self, record: &Record) -> bool {
        self.asked.is_some() && self.asked != record.asked
    }

    /// When it is to be replaced by itself. The same at any time, until it is replaced or the spec says otherwise.
    pub(crate) fn next(&self, record: &Record) -> Option<DateTime<Utc>> {
        record.since.unwrap_or(self.born).checked_add_signed(delta(self.interval?)?)
    }

    /// How long until then.
    pub(super) fn wait(&self, record: &Record) -> Option<Duration> {
        until(self.next(record)?, self.now)
    }
}

/// How long until `then`; a moment if that has passed.
pub(super) fn until(then: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (then - now).to_std().ok().or(Some(Duration::ZERO))
}

pub(super) fn delta(length: Duration) -> Option<chrono::TimeDelta> {
    chrono::TimeDelta::from_std(length).ok()
}
