//! `Progressing`: whether something is being changed, by the operator or by those who carry it out.

use super::{Failure, Outcome, RECONCILING, Verdict, View, schema, verdict::Verdicts};
use crate::{
    conditions::ConditionType,
    crd::MigrationPolicy,
    names::Part,
    world::{State, Workload},
};

/// Reasons of something that is under way and will end by itself.
const UNDER_WAY: &[&str] = &[
    RECONCILING,
    "CertificatePending",
    "ClusterNotReady",
    "Creating",
    "Draining",
    "HeldByMigration",
    "MigrationPending",
    "MigrationRunning",
    "Probing",
    "Provisioning",
    "RollingOut",
    "Rotating",
];

/// Whether this reason is one of something that is under way and will end by itself.
pub(super) fn is_under_way(reason: &str) -> bool {
    UNDER_WAY.contains(&reason)
}

pub(super) fn judge(view: &View<'_>, verdicts: &Verdicts) -> Verdict {
    if let Some(stands) = stands_still(view) {
        return stands;
    }
    if matches!(view.input.outcome, Outcome::Waiting) {
        return Verdict::holds(
            RECONCILING,
            "The operator has changed, and with it what the pods are made of. They wait for their turn: a few objects have theirs replaced first.",
        );
    }
    if let Outcome::Failed { failure: Failure::Transient(why), .. } = view.input.outcome {
        return Verdict::holds(RECONCILING, format!("It is tried again: {why}"));
    }
    let waits_for = waits_for(view, verdicts);
    if !waits_for.is_empty() {
        return Verdict::holds(RECONCILING, format!("Under way: {}.", waits_for.join(", ")));
    }
    if view.pods(&Part::Chat).any(|pod| pod.deleting) {
        return Verdict::holds("Draining", "Earlier pods of the chat let their answers end.");
    }
    Verdict::fails("Settled", "All is as the spec says.")
}

/// Nothing moves before somebody does something.
fn stands_still(view: &View<'_>) -> Option<Verdict> {
    match view.input.outcome {
        Outcome::Refused(_) | Outcome::Failed { failure: Failure::Terminal(_), .. } => {
            return Some(Verdict::fails("Settled", "Nothing is changed until this is put right."));
        }
        Outcome::Paused { .. } => {
            return Some(Verdict::fails(
                "Settled",
                "Nothing is changed while the object is paused.",
            ));
        }
        _ => {}
    }
    match schema::progress(view) {
        schema::Progress::ApprovalNeeded(_) => {
            return Some(Verdict::fails("Settled", "The migration waits for approval."));
        }
        schema::Progress::Failed { .. } | schema::Progress::Newer => {
            return Some(Verdict::fails("DeadlineExceeded", "The migration has given up."));
        }
        _ => {}
    }
    let stuck: Vec<&str> = workloads(view).filter(|(_, one)| one.stuck).map(|one| one.0).collect();
    (!stuck.is_empty()).then(|| {
        let message = format!("The rollout has run out of time: {}.", stuck.join(", "));
        Verdict::fails("DeadlineExceeded", message)
    })
}

fn workloads<'a>(view: &View<'a>) -> impl Iterator<Item = (&'a str, &'a Workload)> {
    view.world().children.iter().filter_map(|(id, child)| match &child.state {
        State::Workload(workload) => Some((&*id.name, &**workload)),
        _ => None,
    })
}

/// What is under way: conditions that say so, and workloads that are not where they shall be.
fn waits_for(view: &View<'_>, verdicts: &Verdicts) -> Vec<String> {
    let conditions = ConditionType::ALL.into_iter().filter(|kind| {
        // A schema that others see to is none of ours to wait for.
        let skipped = *kind == ConditionType::SchemaReady
            && view.spec().database.migrations.policy == MigrationPolicy::Skip;
        !skipped
            && verdicts
                .get(kind)
                .is_some_and(|verdict| !verdict.is_true() && is_under_way(&verdict.reason))
    });
    let conditions = conditions.map(|kind| kind.as_str().to_owned());
    let unsettled = workloads(view).filter(|(_, workload)| !workload.settled());
    conditions.chain(unsettled.map(|(name, _)| name.to_owned())).collect()
}
