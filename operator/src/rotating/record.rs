//! How far a turn is, as it stands in the Secret that it is about. No secret itself.

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

/// The entry `rotation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When the last step was taken that others see; `None` before the first turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// The request that was last seen to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The login that is to be retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// How many tries of the step that is under way came to nothing, as far as another was begun.
    #[serde(default, skip_serializing_if = "is_none")]
    pub tries: u32,
    /// When the next try begins, while one that came to nothing is left to be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<DateTime<Utc>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_none(tries: &u32) -> bool {
    *tries == 0
}

impl Record {
    pub(super) fn at(now: DateTime<Utc>, asked: Option<&str>) -> Self {
        let asked = asked.map(str::to_owned);
        Self { since: Some(now.trunc_subsecs(0)), asked, ..Self::default() }
    }

    /// What somebody else has written is none.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As it stands in the Secret; `None` while there is nothing to tell.
    pub fn to_text(&self) -> Option<String> {
        let told = *self != Self::default();
        told.then(|| serde_json::to_string(self).expect("times and texts are JSON"))
    }
}

/// How far the turns of an object's credentials are; `None` for one of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The turn of the login.
    pub login: Option<Record>,
    /// The turn of the signing keys.
    pub keys: Option<Record>,
}
