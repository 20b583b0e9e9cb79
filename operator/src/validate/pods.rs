//! What is said about pods: where they run and what they carry.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Toleration;

use super::{
    Pass, opaque,
    syntax::{is_label_value, is_qualified_name},
};
use crate::{crd::PodSpec, validated::PodOptions};

/// Prefixes of the operator's own labels and annotations.
const OWN: [&str; 2] = ["todochat.dev/", "app.kubernetes.io/"];

/// Annotations by which the node, or what changes pods on their way to it, would give them more than the spec can: another
/// profile, other images, volumes, networks.
const LOOSENING: [&str; 10] = [
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
    "k8s.v1.cni.cncf.io/",
    "proxy.istio.io/overrides",
    "sidecar.istio.io/bootstrapOverride",
    "sidecar.istio.io/proxyImage",
    "sidecar.istio.io/userVolume",
    "inject.istio.io/",
    "config.linkerd.io/proxy-image",
];

/// Where the pods of a part run and what they carry.
pub(super) fn options(pass: &mut Pass<'_>, path: &str, spec: &PodSpec) -> PodOptions {
    check_labels(pass, &format!("{path}.labels"), &spec.labels);
    check_labels(pass, &format!("{path}.nodeSelector"), &spec.node_selector);
    check_own(pass, &format!("{path}.labels"), spec.labels.keys());
    check_own(pass, &format!("{path}.annotations"), spec.annotations.keys());
    check_annotations(pass, &format!("{path}.annotations"), &spec.annotations);
    let affinity = spec.affinity.as_ref();
    PodOptions {
        labels: spec.labels.clone(),
        annotations: spec.annotations.clone(),
        node_selector: spec.node_selector.clone(),
        tolerations: tolerations(pass, &format!("{path}.tolerations"), spec),
        affinity: affinity.and_then(|given| opaque::one(pass, &format!("{path}.affinity"), given)),
        spread: spec.topology_spread,
        priority_class: spec.priority_class_name.clone(),
        runtime_class: spec.runtime_class_name.clone(),
    }
}

fn check_labels(pass: &mut Pass<'_>, path: &str, labels: &BTreeMap<String, String>) {
    for (key, value) in labels {
        if !is_qualified_name(key) || !is_label_value(value) {
            pass.findings.override_rejected(&format!("{path}[{key}]"), "is no label");
        }
    }
}

fn check_own<'k>(pass: &mut Pass<'_>, path: &str, keys: impl Iterator<Item = &'k String>) {
    for key in keys.filter(|key| OWN.iter().any(|own| key.starts_with(own))) {
        let rule =
            "keys that begin with todochat.dev/ or app.kubernetes.io/ are the operator's own";
        pass.findings.override_rejected(&format!("{path}[{key}]"), rule);
    }
}

fn check_annotations(pass: &mut Pass<'_>, path: &str, annotations: &BTreeMap<String, String>) {
    for key in annotations.keys() {
        let path = format!("{path}[{key}]");
        // The API takes capitals in the prefix of an annotation's key.
        let folded = key.to_ascii_lowercase();
        if !is_qualified_name(&folded) {
            pass.findings.override_rejected(&path, "is no key of an annotation");
        } else if LOOSENING.iter().any(|prefix| folded.starts_with(&prefix.to_ascii_lowercase())) {
            let rule = "would give the pods more than this object can: leave it out";
            pass.findings.override_rejected(&path, rule);
        }
    }
}

fn tolerations(pass: &mut Pass<'_>, path: &str, spec: &PodSpec) -> Vec<Toleration> {
    let tolerations: Vec<Toleration> = opaque::all(pass, path, &spec.tolerations);
    for (index, toleration) in tolerations.iter().enumerate() {
        if let Some(problem) = toleration_problem(toleration) {
            pass.findings.override_rejected(&format!("{path}[{index}]"), problem);
        }
    }
    tolerations
}

fn toleration_problem(toleration: &Toleration) -> Option<&'static str> {
    let effect = toleration.effect.as_deref().unwrap_or_default();
    let exists = match toleration.operator.as_deref().unwrap_or_default() {
        "" | "Equal" => false,
        "Exists" => true,
        _ => return Some("operator must be Equal or Exists"),
    };
    if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
        Some("effect must be NoSchedule, PreferNoSchedule or NoExecute")
    } else if toleration.key.as_deref().unwrap_or_default().is_empty() && !exists {
        Some("without a key the operator must be Exists")
    } else if exists && !toleration.value.as_deref().unwrap_or_default().is_empty() {
        Some("with the operator Exists there is no value")
    } else if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
        Some("tolerationSeconds is for the effect NoExecute")
    } else {
        None
    }
}
