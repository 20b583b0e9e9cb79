//! What keeps enough pods: disruption budgets while nodes are drained, an autoscaler while the load changes.

use k8s_openapi::{
    api::{
        autoscaling::v2::{
            CrossVersionObjectReference, HPAScalingRules, HorizontalPodAutoscaler,
            HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, MetricIdentifier,
            MetricSpec, MetricTarget, PodsMetricSource, ResourceMetricSource,
        },
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{api::resource::Quantity, util::intstr::IntOrString},
};

use super::{Planned, chat, database, metadata, tool_server};
use crate::{
    crd::{AutoscalingSpec, ScaleTarget},
    kinds::{ChildId, Kind},
    names::Part,
    validated::{Owner, Validated},
};

/// The metric of the chat server that says how many answers a pod streams.
const STREAMS: &str = "todochat_chat_streams_active";
/// How long the load must be low before pods are taken away: the default, and the most that Kubernetes takes.
const STABLE_SECONDS: (i64, i64) = (300, 3600);

/// One for each part that can have several pods, and one for a database of ours. That one lets its only pod go, so that no
/// drain waits for it, and says all the same that there is something to be careful with.
pub(super) fn disruption_budgets(validated: &Validated) -> Vec<PodDisruptionBudget> {
    if !validated.disruption_budget {
        return Vec::new();
    }
    let chat = chat::several(&validated.chat).then_some(Part::Chat);
    let tools = tool_server::running(validated).filter(|tool| tool.pods.replicas > 1);
    let database = database::part(validated);
    let parts = chat.into_iter().chain(tools.map(|tool| tool.part)).chain(database);
    parts.map(|part| disruption_budget(&validated.owner, &part)).collect()
}

fn disruption_budget(owner: &Owner, part: &Part) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: metadata::object_meta(owner, part),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            // A pod that does not serve anyway must not hold up a drain.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            selector: Some(metadata::selector(owner, part)),
            min_available: None,
        }),
        status: None,
    }
}

/// The chat's; it waits for the Deployment that it scales.
pub(super) fn autoscaler(validated: &Validated) -> Option<Planned<HorizontalPodAutoscaler>> {
    let scaling = validated.chat.autoscaling.as_ref()?;
    Some(match chat::deployment(validated) {
        Planned::Built(_) => Planned::Built(built(validated, scaling)),
        Planned::Held(ChildId { name, .. }) => {
            Planned::Held(ChildId::new(Kind::HorizontalPodAutoscaler, &name))
        }
    })
}

fn built(validated: &Validated, scaling: &AutoscalingSpec) -> HorizontalPodAutoscaler {
    let owner = &validated.owner;
    let (least, most) = STABLE_SECONDS;
    // A pod that drains is still there: its load must not be counted on twice.
    let stable = chat::whole_seconds(validated.chat.drain).clamp(least, most);
    HorizontalPodAutoscaler {
        metadata: metadata::object_meta(owner, &Part::Chat),
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: Part::Chat.name(&owner.name),
            },
            min_replicas: Some(scaling.min_replicas),
            max_replicas: scaling.max_replicas,
            metrics: Some(vec![metric(scaling)]),
            behavior: Some(HorizontalPodAutoscalerBehavior {
                scale_down: Some(HPAScalingRules {
                    stabilization_window_seconds: i32::try_from(stable).ok(),
                    ..HPAScalingRules::default()
                }),
                scale_up: None,
            }),
        }),
        status: None,
    }
}

fn metric(scaling: &AutoscalingSpec) -> MetricSpec {
    match scaling.target {
        ScaleTarget::Cpu => MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(ResourceMetricSource {
                name: "cpu".to_owned(),
                target: MetricTarget {
                    type_: "Utilization".to_owned(),
                    average_utilization: Some(scaling.value),
                    ..MetricTarget::default()
                },
            }),
            ..MetricSpec::default()
        },
        ScaleTarget::ActiveStreams => MetricSpec {
            type_: "Pods".to_owned(),
            pods: Some(PodsMetricSource {
                metric: MetricIdentifier { name: STREAMS.to_owned(), selector: None },
                target: MetricTarget {
                    type_: "AverageValue".to_owned(),
                    average_value: Some(Quantity(scaling.value.to_string())),
                    ..MetricTarget::default()
                },
            }),
            ..MetricSpec::default()
        },
    }
}
