//! `Accepted` and `ReferencesResolved`: whether the spec can be built.

use super::{Failure, Outcome, Verdict, View};
use crate::{conditions::ConditionType, kinds::ChildId};

/// The longest message: many references may be wrong at once.
const LONGEST: usize = 2000;

pub(super) fn accepted(view: &View<'_>) -> Verdict {
    let kind = ConditionType::Accepted;
    if let Some((_, done)) = view.applied().filter(|(_, done)| !done.foreign.is_empty()) {
        return foreign(&done.foreign);
    }
    refused(view, kind)
        .unwrap_or_else(|| settled(view, kind, ("SpecAccepted", "The spec can be built.")))
}

pub(super) fn references(view: &View<'_>) -> Verdict {
    let kind = ConditionType::ReferencesResolved;
    let found = ("AllFound", "All that the spec points at is there and may be used.");
    refused(view, kind).unwrap_or_else(|| settled(view, kind, found))
}

/// The message begins with the object in the form of the inventory: events read it there.
fn foreign(objects: &[ChildId]) -> Verdict {
    let names: Vec<String> = objects.iter().map(ChildId::to_inventory).collect();
    let names = names.join(", ");
    Verdict::fails(
        "ForeignObject",
        format!(
            "{names} exists and belongs to somebody else; it is left alone. Remove or rename it, or give this object another name."
        ),
    )
}

/// What was refused under this condition.
fn refused(view: &View<'_>, kind: ConditionType) -> Option<Verdict> {
    let refusals = match view.input.outcome {
        Outcome::Refused(refusals) => refusals.as_slice(),
        Outcome::Failed { failure: Failure::Terminal(refusal), .. } => {
            std::slice::from_ref(refusal)
        }
        _ => return None,
    };
    let refusals: Vec<_> = refusals.iter().filter(|refusal| refusal.condition == kind).collect();
    let messages: Vec<&str> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    let message: String = messages.join(" ").chars().take(LONGEST).collect();
    Some(Verdict::fails(refusals.first()?.reason, message))
}

/// What holds when nothing was refused; where it did not come to judging, what was said before of the same spec.
fn settled(
    view: &View<'_>,
    kind: ConditionType,
    (reason, message): (&'static str, &str),
) -> Verdict {
    let judged = matches!(view.input.outcome, Outcome::Refused(_)) || view.validated().is_some();
    let before = view.previous_condition(kind);
    let before = before.filter(|before| before.observed_generation == view.generation());
    match before {
        _ if judged => Verdict::holds(reason, message),
        Some(before) => Verdict::kept(before),
        None => Verdict::not_judged(),
    }
}
