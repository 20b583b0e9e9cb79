//! One truth before it becomes a condition.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, SecondsFormat, Utc};

use super::RECONCILING;
use crate::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChatStatus},
};

/// Whether something holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) status: ConditionStatus,
    pub(super) reason: Cow<'static, str>,
    pub(super) message: String,
}

/// The verdict of each condition.
pub(super) type Verdicts = BTreeMap<ConditionType, Verdict>;

impl Verdict {
    pub(super) fn holds(reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: ConditionStatus::True, reason: reason.into(), message: message.into() }
    }

    pub(super) fn fails(reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: ConditionStatus::False, reason: reason.into(), message: message.into() }
    }

    pub(super) fn unknown(reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: ConditionStatus::Unknown, reason: reason.into(), message: message.into() }
    }

    /// Nothing can be said yet.
    pub(super) fn not_judged() -> Self {
        Self::unknown(RECONCILING, "Not judged yet.")
    }

    /// What was said before.
    pub(super) fn kept(condition: &Condition) -> Self {
        Self {
            status: condition.status,
            reason: condition.reason.clone().into(),
            message: condition.message.clone(),
        }
    }

    pub(super) fn is_true(&self) -> bool {
        self.status == ConditionStatus::True
    }

    /// As it stands in the status. The time is that of the last change of the status.
    pub(super) fn condition(
        &self,
        kind: ConditionType,
        previous: Option<&Condition>,
        generation: Option<i64>,
        now: DateTime<Utc>,
    ) -> Condition {
        let since = previous.filter(|previous| previous.status == self.status);
        Condition {
            kind: kind.as_str().to_owned(),
            status: self.status,
            observed_generation: generation,
            last_transition_time: since.map_or_else(
                || now.to_rfc3339_opts(SecondsFormat::Secs, true),
                |previous| previous.last_transition_time.clone(),
            ),
            reason: self.reason.clone().into_owned(),
            message: self.message.clone(),
        }
    }
}

/// All of them as they stand in the status, in their order, and those of others.
pub(super) fn conditions(
    verdicts: &Verdicts,
    previous: Option<&TodoChatStatus>,
    generation: Option<i64>,
    now: DateTime<Utc>,
) -> Vec<Condition> {
    let all = ConditionType::ALL.into_iter();
    let ours = all.filter_map(|kind| {
        let verdict = verdicts.get(&kind)?;
        Some(verdict.condition(kind, find(previous, kind), generation, now))
    });
    with_those_of_others(ours.collect(), previous)
}

/// The list is written as a whole, and others may have conditions of their own in it: these stay as they are and where they are,
/// so that neither writer undoes what the other has written.
pub(super) fn with_those_of_others(
    mut conditions: Vec<Condition>,
    previous: Option<&TodoChatStatus>,
) -> Vec<Condition> {
    let before = previous.map(|status| status.conditions.as_slice()).unwrap_or_default();
    for (place, theirs) in before.iter().enumerate().filter(|(_, known)| !is_ours(known)) {
        conditions.insert(place.min(conditions.len()), theirs.clone());
    }
    conditions
}

fn is_ours(condition: &Condition) -> bool {
    ConditionType::ALL.iter().any(|kind| kind.as_str() == condition.kind)
}

/// The condition of this type.
pub(super) fn find(status: Option<&TodoChatStatus>, kind: ConditionType) -> Option<&Condition> {
    status?.conditions.iter().find(|condition| condition.kind == kind.as_str())
}
