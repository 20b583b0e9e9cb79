//! Who may talk to whom, what is watched, what holds while nodes are drained.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Opaque;

/// Who may talk to whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.policy == 'Enforced' || !(has(self.ingressFrom) || has(self.egressTo))",
    "ingressFrom and egressTo are for policy Enforced: write it, or leave them out",
))]
pub struct NetworkSpec {
    /// Whether NetworkPolicies deny what is not listed, both ways.
    #[serde(default)]
    pub policy: NetworkPolicyMode,
    /// Who may reach the chat, as peers of a NetworkPolicy; by default the namespace, or everybody once exposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub ingress_from: Vec<Opaque>,
    /// Where the chat may connect to besides its tools, database and model, as rules of a NetworkPolicy's egress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub egress_to: Vec<Opaque>,
}

/// Whether there are NetworkPolicies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum NetworkPolicyMode {
    /// There are, for every component.
    #[default]
    Enforced,
    /// There are none.
    Disabled,
}

/// What is watched, and by what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
pub struct ObservabilitySpec {
    /// Whether a ServiceMonitor is made.
    #[serde(default)]
    pub monitor: MonitorMode,
}

/// Whether a ServiceMonitor is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MonitorMode {
    /// When the cluster has that kind.
    #[default]
    Auto,
    /// Always: the object is not accepted without that kind.
    Enabled,
    /// Never.
    Disabled,
}

/// What holds while nodes are drained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilitySpec {
    /// Whether several pods and an Embedded database have one.
    #[serde(default = "yes")]
    pub pod_disruption_budget: bool,
}

fn yes() -> bool {
    true
}

impl Default for AvailabilitySpec {
    fn default() -> Self {
        Self { pod_disruption_budget: yes() }
    }
}
