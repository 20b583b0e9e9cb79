//! `ChatAvailable`: whether enough pods of the chat, as the spec now says, serve.

use super::{Verdict, View, pods, schema};
use crate::{crd::AutoscalingSpec, kinds::Kind, names::Part, world::Workload};

/// The message while pods of the newest kind are missing, but nothing is being changed: one was evicted, or restarts.
pub(super) const PODS_AWAY: &str = "Not as many pods serve as are wanted.";

pub(super) fn judge(view: &View<'_>) -> Verdict {
    if view.spec().suspended {
        return Verdict::fails("Suspended", "No pods run while spec.suspended is true.");
    }
    let workload = view.workload(Kind::Deployment, &Part::Chat);
    let held = view.is_held(Kind::Deployment, &Part::Chat);
    match workload {
        None => not_there(view),
        Some(_) if held => not_there(view),
        Some(Workload { wanted: 0, .. }) if !schema::progress(view).is_current() => not_there(view),
        Some(Workload { wanted: 0, .. }) => {
            Verdict::fails("Suspended", "No pods run while spec.chat.replicas is 0.")
        }
        Some(workload) if workload.settled() => {
            let but = by_processor_time(view).unwrap_or_default();
            Verdict::holds("MinimumAvailable", format!("As many pods serve as are wanted.{but}"))
        }
        Some(workload) => rolling_out(view, workload),
    }
}

/// Where streams cannot be counted, as the spec would have it.
fn by_processor_time(view: &View<'_>) -> Option<&'static str> {
    let target = |scaling: Option<&AutoscalingSpec>| scaling.map(|one| one.target);
    let does = target(view.validated()?.chat.autoscaling.as_ref())?;
    (target(view.spec().chat.autoscaling.as_ref()) != Some(does)).then_some(
        " The cluster serves no metrics of pods (custom.metrics.k8s.io), so their number follows processor time at 80 percent, not streams.",
    )
}

/// The Deployment of the newest kind is not there, or may not be.
fn not_there(view: &View<'_>) -> Verdict {
    let serves_on = if serves(view) { " What ran before serves on." } else { "" };
    if schema::progress(view).is_current() {
        return Verdict::fails("RollingOut", format!("The pods do not exist yet.{serves_on}"));
    }
    let message = format!("New pods wait until the database has the schema.{serves_on}");
    Verdict::fails("HeldByMigration", message)
}

fn serves(view: &View<'_>) -> bool {
    let workload = view.workload(Kind::Deployment, &Part::Chat);
    workload.is_some_and(|workload| workload.available >= 1)
}

fn rolling_out(view: &View<'_>, workload: &Workload) -> Verdict {
    let deployment = format!("deployment/{}", Part::Chat.name(&view.name));
    if let Some(failure) = &workload.failure {
        let diagnosis = pods::refused(failure, &view.namespace);
        return Verdict::fails(diagnosis.reason, diagnosis.message);
    }
    if let Some(trouble) = view.trouble(&Part::Chat) {
        let diagnosis = pods::diagnose(trouble, &view.namespace, &deployment);
        return Verdict::fails(diagnosis.reason, diagnosis.message);
    }
    let message = if workload.stuck {
        format!(
            "The new pods do not become ready; see `kubectl describe -n {} {deployment}`.",
            view.namespace
        )
    } else if workload.rolled_out() && workload.complete {
        PODS_AWAY.to_owned()
    } else if serves(view) {
        "Not all pods of the newest kind serve yet; those that are ready do.".to_owned()
    } else {
        "No pod serves yet.".to_owned()
    };
    Verdict::fails("RollingOut", message)
}
