//! What may be said about pods. There is no way to give them volumes, containers, a security context, host access or a
//! service account: whoever may write this object could otherwise run pods that they may not run themselves.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigMapKeyReference, SecretKeyReference, references::NAME};

/// An object that is passed on as it is: its own API checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Opaque(pub serde_json::Value);

/// Where pods run and what they carry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.labels) || self.labels.all(k, !k.matches('^(todochat[.]dev|app[.]kubernetes[.]io)/'))",
    "labels that start with todochat.dev/ or app.kubernetes.io/ are the operator's own",
))]
#[x_kube(validation = (
    "!has(self.annotations) || self.annotations.all(k, !k.matches('^(todochat[.]dev|app[.]kubernetes[.]io)/|apparmor|seccomp'))",
    "annotations may not start with todochat.dev/ or app.kubernetes.io/, nor name AppArmor or seccomp",
))]
#[x_kube(validation = (
    "!has(self.priorityClassName) || !self.priorityClassName.startsWith('system-')",
    "priorityClassName may not be one of the cluster's own (system-)",
))]
pub struct PodSpec {
    /// More labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    pub labels: BTreeMap<String, String>,
    /// More annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    pub annotations: BTreeMap<String, String>,
    /// Labels that a node must have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that are tolerated, as in a pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub tolerations: Vec<Opaque>,
    /// Affinity, as in a pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Opaque>,
    /// Over what the replicas are spread, softly.
    #[serde(default)]
    pub topology_spread: TopologySpread,
    /// Priority class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = NAME))]
    pub priority_class_name: Option<String>,
    /// Runtime class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = NAME))]
    pub runtime_class_name: Option<String>,
}

/// Over what replicas are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TopologySpread {
    /// Zones.
    #[default]
    Zone,
    /// Nodes.
    Node,
    /// Nothing.
    None,
}

/// The rule that a request fits its limit. Not for the tool servers: for up to 32 of them the API server thinks it too costly.
pub(super) const REQUESTS_FIT: (&str, &str) = (
    "!has(self.requests) || !has(self.limits) || self.requests.all(k, !(k in self.limits) \
     || quantity(string(self.requests[k])).compareTo(quantity(string(self.limits[k]))) <= 0)",
    "a request must not be above its limit",
);

/// What a container asks for and may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
pub struct ResourcesSpec {
    /// What is reserved: `cpu`, `memory`, `ephemeral-storage`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 3))]
    pub requests: BTreeMap<String, Quantity>,
    /// What may be used at most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 3))]
    pub limits: BTreeMap<String, Quantity>,
}

/// An environment variable: a value, or where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.value) != has(self.valueFrom)",
    "a variable needs a value or valueFrom, and not both",
))]
#[x_kube(validation = (
    "!self.name.startsWith('TODOCHAT_')",
    "variables that start with TODOCHAT_ are the operator's own: use the field of the spec",
))]
pub struct EnvVariable {
    /// The variable's name.
    #[schemars(length(max = 128), regex(pattern = "^[a-zA-Z_][a-zA-Z0-9_.-]*$"))]
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub value: Option<String>,
    /// Where its value is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<EnvValueSource>,
}

/// Where the value of a variable is: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.secretKeyRef) != has(self.configMapKeyRef)",
    "valueFrom needs a secretKeyRef or a configMapKeyRef, and not both",
))]
pub struct EnvValueSource {
    /// In a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeyReference>,
    /// In a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeyReference>,
}

impl JsonSchema for Opaque {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Opaque".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "maxProperties": 16,
            "x-kubernetes-preserve-unknown-fields": true,
        })
    }
}
