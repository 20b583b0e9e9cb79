//! What the operator says about an object: fourteen truths and a few facts, judged from the world alone.
//!
//! ```text
//! StatusInput ─▶ View ─▶ one function per condition ─▶ Verdicts ─▶ Ready ─┐
//!                  └──▶ facts: url, tool servers, database, inventory ────┴▶ TodoChatStatus ─▶ transitions: events
//! ```
//!
//! Nothing here asks a client or a clock: the same input gives the same bytes, and then nothing is written. No text holds a
//! counter, a time, a uid or anything of a Secret. Reasons are those of a fixed table (`tests/reasons.rs`).

mod accepted;
mod backup;
mod chat;
mod credentials;
mod database;
mod degraded;
mod events;
mod exposed;
mod facts;
mod input;
mod migration_exit;
mod network;
mod overdue;
mod pods;
mod progressing;
mod ready;
mod restoring;
mod schema;
mod tool_servers;
mod unjudged;
mod verdict;
mod view;

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;

pub use self::{
    backup::{because as why_backup_failed, last_success as last_backup, last_verified},
    events::{Notice, Severity, corrections, rollouts, transitions},
    input::{Correction, Done, Failure, Fight, Outcome, StatusInput},
    overdue::until_backup_is_overdue,
    unjudged::{announce, malformed, needs_announcing},
};
use self::{
    verdict::{Verdict, Verdicts},
    view::View,
};
use crate::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChat, TodoChatStatus},
};

/// The reason of what is not judged yet.
const RECONCILING: &str = "Reconciling";

/// The status of an object as its world is.
pub fn compute(input: &StatusInput<'_>, now: DateTime<Utc>) -> TodoChatStatus {
    let view = View::new(input);
    if view.deleting() {
        return unjudged::going(input.object, now);
    }
    let tools = tool_servers::judge_each(&view);
    let database = database::judge(&view);
    let backup = backup::judge(&view, database.is_true(), now);
    let mut verdicts = Verdicts::from([
        (ConditionType::Accepted, accepted::accepted(&view)),
        (ConditionType::ReferencesResolved, accepted::references(&view)),
        (ConditionType::CredentialsReady, credentials::judge(&view)),
        (ConditionType::DatabaseReady, database),
        (ConditionType::SchemaReady, schema::judge(&view)),
        (ConditionType::ToolServersVerified, tool_servers::judge(&tools)),
        (ConditionType::ChatAvailable, chat::judge(&view)),
        (ConditionType::NetworkRestricted, network::judge(&view)),
        (ConditionType::Exposed, exposed::judge(&view)),
        (ConditionType::BackupReady, backup),
        (ConditionType::Paused, paused(&view)),
    ]);
    let degraded = degraded::judge(&view, &tools, &verdicts);
    let progressing = progressing::judge(&view, &verdicts);
    let ready = ready::judge(&view, &tools, &verdicts);
    verdicts.insert(ConditionType::Degraded, degraded);
    verdicts.insert(ConditionType::Progressing, progressing);
    verdicts.insert(ConditionType::Ready, ready);

    let status = facts::gather(&view, &tools, &verdicts);
    let previous = view.previous();
    TodoChatStatus {
        observed_generation: view.generation(),
        conditions: verdict::conditions(&verdicts, previous, view.generation(), now),
        ..status
    }
}

fn paused(view: &View<'_>) -> Verdict {
    if view.spec().paused {
        Verdict::holds("PausedBySpec", "Nothing is changed while spec.paused is true.")
    } else {
        Verdict::fails("NotPaused", "The operator looks after the object.")
    }
}

/// Whether a status says that people can use the chat.
pub fn is_ready(status: &TodoChatStatus) -> bool {
    let ready = verdict::find(Some(status), ConditionType::Ready);
    ready.is_some_and(|ready| ready.status == ConditionStatus::True)
}

/// How soon a difference between two statuses is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// At once: somebody may wait for it. `Ready`, a failure, an address, the schema.
    Now,
    /// With the next one: something that is under way is at another step.
    Soon,
    /// Any time: pods or objects were counted anew.
    Later,
}

/// How soon the difference between two statuses is to be told. What can wait is told together with the next that cannot.
pub fn urgency(before: &TodoChatStatus, after: &TodoChatStatus) -> Urgency {
    let is_ready = |status: &TodoChatStatus| {
        verdict::find(Some(status), ConditionType::Ready).map(|condition| condition.status)
    };
    let judged_anew = before.observed_generation != after.observed_generation
        || before.database != after.database
        || before.url != after.url
        || is_ready(before) != is_ready(after)
        || before.conditions.len() != after.conditions.len();
    let moved =
        || after.conditions.iter().filter(|condition| !before.conditions.contains(condition));
    if judged_anew || !moved().all(|condition| is_a_step(before, condition)) {
        Urgency::Now
    } else if moved().next().is_some() {
        Urgency::Soon
    } else {
        Urgency::Later
    }
}

/// Whether nobody waits for this change of a condition.
fn is_a_step(before: &TodoChatStatus, condition: &Condition) -> bool {
    let known = before.conditions.iter().find(|known| known.kind == condition.kind);
    known.is_some_and(|known| known.reason == condition.reason)
        || progressing::is_under_way(&condition.reason)
        || condition.status == ConditionStatus::True
        || condition.reason == "Settled"
}

/// The name and namespace that commands in messages use.
fn of(object: &TodoChat) -> (String, String) {
    (object.namespace().unwrap_or_default(), object.name_any())
}

#[cfg(test)]
mod tests;
