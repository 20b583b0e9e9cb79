//! What is said without a look at the world: of a new generation, before anything of it is judged, of an object that is being
//! deleted, and of one that cannot be read. What else was said stays.

use chrono::{DateTime, Utc};

use super::{RECONCILING, Verdict, pods, verdict};
use crate::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChat, TodoChatStatus},
};

/// Whether the status still speaks of an earlier generation, so that [`announce`] has to come before any other write.
pub fn needs_announcing(object: &TodoChat) -> bool {
    let judged = object.status.as_ref().and_then(|status| status.observed_generation);
    judged.is_none() || judged != object.metadata.generation
}

/// The first status of a new generation, written before any child is touched: whoever waits for `Ready` must not be told of
/// the generation before. What else was said stays, as of the generation that it was judged for.
pub fn announce(object: &TodoChat, now: DateTime<Utc>) -> TodoChatStatus {
    let progressing = Verdict::holds(RECONCILING, "A change of the spec is looked at.");
    let was_ready = verdict::find(object.status.as_ref(), ConditionType::Ready);
    let ready = not_ready_yet(was_ready.map(|known| known.status));
    but_for(&progressing, &ready, object, now)
}

/// The status of an object that is being deleted. Nothing else of it is judged any more: what goes with it is no news, and need
/// not be written one by one.
pub(super) fn going(object: &TodoChat, now: DateTime<Utc>) -> TodoChatStatus {
    let message = "The object is being deleted.";
    let progressing = Verdict::holds("Deleting", message);
    but_for(&progressing, &Verdict::fails("Deleting", message), object, now)
}

/// What was said before but for these two, each condition as of the generation that it was judged for.
fn but_for(
    progressing: &Verdict,
    ready: &Verdict,
    object: &TodoChat,
    now: DateTime<Utc>,
) -> TodoChatStatus {
    let generation = object.metadata.generation;
    anew(object.status.as_ref(), generation, |kind, known| match (kind, known) {
        (ConditionType::Progressing, _) => progressing.condition(kind, known, generation, now),
        (ConditionType::Ready, _) => ready.condition(kind, known, generation, now),
        (_, Some(known)) => known.clone(),
        (_, None) => Verdict::not_judged().condition(kind, None, generation, now),
    })
}

fn not_ready_yet(before: Option<ConditionStatus>) -> Verdict {
    let message = "This generation of the spec is not judged yet.";
    match before {
        Some(ConditionStatus::False) => Verdict::fails(RECONCILING, message),
        _ => Verdict::unknown(RECONCILING, message),
    }
}

/// The status of an object that is stored but cannot be read as a `TodoChat`; what was said before stays, but for `Accepted`
/// and `Ready`.
pub fn malformed(
    previous: Option<&TodoChatStatus>,
    generation: Option<i64>,
    problem: &str,
    now: DateTime<Utc>,
) -> TodoChatStatus {
    let message = format!("The object cannot be read: {}", pods::shortened(problem));
    anew(previous, generation, |kind, known| {
        let verdict = match kind {
            ConditionType::Accepted => Verdict::fails("Malformed", message.clone()),
            ConditionType::Ready => Verdict::fails("Malformed", format!("Accepted: {message}")),
            _ => known.map_or_else(Verdict::not_judged, Verdict::kept),
        };
        verdict.condition(kind, known, generation, now)
    })
}

/// What was said before, now of this generation, with each condition as `say` makes it of the one that is known.
fn anew(
    previous: Option<&TodoChatStatus>,
    generation: Option<i64>,
    say: impl Fn(ConditionType, Option<&Condition>) -> Condition,
) -> TodoChatStatus {
    let ours = ConditionType::ALL.into_iter().map(|kind| say(kind, verdict::find(previous, kind)));
    TodoChatStatus {
        observed_generation: generation,
        conditions: verdict::with_those_of_others(ours.collect(), previous),
        ..previous.cloned().unwrap_or_default()
    }
}
