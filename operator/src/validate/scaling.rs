//! How many pods the chat has.

use super::Pass;
use crate::{
    crd::{AutoscalingSpec, ChatSpec, MonitorMode, ScaleTarget},
    kinds::Kind,
};

const PATH: &str = "spec.chat.autoscaling";

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

/// An autoscaler knows streams only through Prometheus.
fn check_metric(pass: &mut Pass<'_>) {
    if pass.spec.observability.monitor == MonitorMode::Disabled {
        let rule = "scaling by ActiveStreams needs `spec.observability.monitor` Auto or Enabled";
        return pass.findings.malformed(PATH, rule);
    }
    let remedy = "install the Prometheus operator and an adapter that serves the metric \
                  `todochat_chat_streams_active` to autoscalers, or scale by CPU";
    pass.needs(Kind::ServiceMonitor, PATH, remedy);
}
