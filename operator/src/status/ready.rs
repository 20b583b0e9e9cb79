//! `Ready`: whether people can use the chat as the spec now says. Never false for an optional part.

use super::{
    Failure, Outcome, RECONCILING, Verdict, View, credentials, tool_servers::Judged,
    verdict::Verdicts,
};
use crate::{
    conditions::ConditionType,
    crd::{ConditionStatus, ExposureType},
};

pub(super) fn judge(view: &View<'_>, tools: &[Judged], verdicts: &Verdicts) -> Verdict {
    if let Some((kind, verdict)) = blocking(view, tools, verdicts) {
        let reason = verdict.reason.clone();
        let message = format!("{}: {}", kind.as_str(), verdict.message);
        return Verdict { status: ConditionStatus::False, reason, message };
    }
    if let Some(why) = not_carried_out(view) {
        return Verdict::fails(RECONCILING, format!("Progressing: {why}"));
    }
    if lags(view) {
        let message = "Paused: what is there is not what the spec now asks for, and nothing is changed while spec.paused is true.";
        return Verdict::fails("PausedBySpec", message);
    }
    Verdict::holds("Serving", "People can use the chat.")
}

/// The first condition in the way.
fn blocking<'a>(
    view: &View<'_>,
    tools: &[Judged],
    verdicts: &'a Verdicts,
) -> Option<(ConditionType, &'a Verdict)> {
    let tools = tools.iter().any(|tool| tool.required && !tool.is_verified());
    let exposed = view.spec().exposure.kind != ExposureType::None;
    // Of a suspended object the rest follows from that.
    let order = if view.spec().suspended {
        [Some(ConditionType::ChatAvailable), None, None, None, None, None, None]
    } else {
        [
            Some(ConditionType::Accepted),
            Some(ConditionType::ReferencesResolved),
            Some(ConditionType::CredentialsReady),
            Some(ConditionType::SchemaReady),
            Some(ConditionType::ChatAvailable),
            tools.then_some(ConditionType::ToolServersVerified),
            exposed.then_some(ConditionType::Exposed),
        ]
    };
    let in_order = order.into_iter().flatten();
    in_order
        .filter_map(|kind| Some((kind, verdicts.get(&kind)?)))
        .find(|(_, verdict)| !verdict.is_true() && !credentials::is_harmless(&verdict.reason))
}

/// Why the world may look well and yet not be what the spec says: it was not carried out to its end. Of a generation that
/// was carried out once, a failure on a later visit says nothing.
fn not_carried_out<'a>(view: &View<'a>) -> Option<&'a str> {
    let Outcome::Failed { failure: Failure::Transient(why), .. } = view.input.outcome else {
        return None;
    };
    (!was_carried_out(view)).then_some(why)
}

/// Whether the pause keeps what the spec asks for from people. Of a generation that was carried out once it does not, though a
/// later release of the operator, or a Secret with another content, would make something else of it.
fn lags(view: &View<'_>) -> bool {
    matches!(view.input.outcome, Outcome::Paused { lags: true, .. }) && !was_carried_out(view)
}

fn was_carried_out(view: &View<'_>) -> bool {
    let before = view.previous_condition(ConditionType::Ready);
    before.is_some_and(|before| {
        before.status == ConditionStatus::True && before.observed_generation == view.generation()
    })
}
