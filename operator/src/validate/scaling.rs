//! How many pods the chat has.

use super::Pass;
use crate::crd::{AutoscalingSpec, ChatSpec, MonitorMode, ScaleTarget};

const PATH: &str = "spec.chat.autoscaling";
/// Percent of the requested processor time, where streams cannot be counted.
const CPU: i32 = 80;

/// How many pods; `None` while an autoscaler says.
pub(super) fn replicas(pass: &mut Pass<'_>, chat: &ChatSpec) -> Option<i32> {
    if chat.replicas < 0 {
        pass.findings.malformed("spec.chat.replicas", "cannot be less than 0");
    }
    let Some(autoscaling) = &chat.autoscaling else { return Some(chat.replicas) };
    check_bounds(pass, autoscaling);
    if autoscaling.target == ScaleTarget::ActiveStreams {
        check_metric(pass);
    }
    None
}

fn check_bounds(pass: &mut Pass<'_>, autoscaling: &AutoscalingSpec) {
    let AutoscalingSpec { min_replicas, max_replicas, value, .. } = autoscaling;
    if *min_replicas < 1 || min_replicas > max_replicas {
        pass.findings.malformed(PATH, "minReplicas must be 1 or more and not above maxReplicas");
    }
    if *value < 1 {
        pass.findings.malformed(&format!("{PATH}.value"), "must be 1 or more");
    }
}

/// An autoscaler knows streams only through what is collected.
fn check_metric(pass: &mut Pass<'_>) {
    if pass.spec.observability.monitor == MonitorMode::Disabled {
        let rule = "scaling by ActiveStreams needs `spec.observability.monitor` Auto or Enabled";
        pass.findings.malformed(PATH, rule);
    }
}

/// The autoscaler that can do its work: by streams while the cluster offers metrics of pods, and else by processor time.
pub(super) fn autoscaler(pass: &Pass<'_>, chat: &ChatSpec) -> Option<AutoscalingSpec> {
    let wanted = chat.autoscaling.clone()?;
    Some(match wanted.target {
        ScaleTarget::ActiveStreams if !pass.fetched.pod_metrics => {
            AutoscalingSpec { target: ScaleTarget::Cpu, value: CPU, ..wanted }
        }
        ScaleTarget::ActiveStreams | ScaleTarget::Cpu => wanted,
    })
}
