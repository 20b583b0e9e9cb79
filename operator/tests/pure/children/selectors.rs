//! What selects pods selects the ones it means, and no others.

use std::collections::BTreeMap;

use serde_json::Value;
use todochat_operator::kinds::Kind;

use super::{Sent, Workload, items, name, selects, texts};

/// All that a selector may ask for: labels that never change.
const FIXED: [&str; 4] = [
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "todochat.dev/object",
    "todochat.dev/tool-server",
];

pub(super) fn check(sent: &Sent<'_>) {
    let workloads = sent.workloads();
    for workload in workloads.iter().filter(|workload| workload.is_server()) {
        let selector = texts(&workload.object["spec"]["selector"]["matchLabels"]);
        check_selector(&selector, workload.name, &workloads);
    }
    for service in sent.of(Kind::Service) {
        check_selector(&texts(&service["spec"]["selector"]), name(service), &workloads);
        check_ports(service, &workloads);
    }
    for budget in sent.of(Kind::PodDisruptionBudget) {
        let selector = texts(&budget["spec"]["selector"]["matchLabels"]);
        check_selector(&selector, name(budget), &workloads);
    }
    for scaler in sent.of(Kind::HorizontalPodAutoscaler) {
        check_scaler(scaler, sent);
    }
    check_spread(&workloads);
    check_monitors(sent);
    check_routes(sent);
}

/// The workload of this name if there is one, and no other.
fn check_selector(selector: &BTreeMap<&str, &str>, name: &str, workloads: &[Workload<'_>]) {
    assert!(selector.keys().all(|key| FIXED.contains(key)), "{name} selects by {selector:?}");
    let selected: Vec<_> = workloads
        .iter()
        .filter(|workload| selects(selector, &workload.labels()))
        .map(|workload| workload.name)
        .collect();
    let there = workloads.iter().any(|workload| workload.name == name);
    let meant = if there { vec![name] } else { Vec::new() };
    assert_eq!(selected, meant, "selected by {name}");
}

/// Each port of a Service leads to a port of the container that has that number.
fn check_ports(service: &Value, workloads: &[Workload<'_>]) {
    let Some(workload) = workloads.iter().find(|workload| workload.name == name(service)) else {
        return;
    };
    let container: Vec<_> =
        workload.containers().flat_map(|container| items(&container["ports"])).collect();
    for port in items(&service["spec"]["ports"]) {
        let target = container.iter().find(|open| open["name"] == port["targetPort"]);
        let target = target.unwrap_or_else(|| panic!("{}: no port {port}", workload.name));
        assert_eq!(target["containerPort"], port["port"], "{}", workload.name);
    }
}

fn check_scaler(scaler: &Value, sent: &Sent<'_>) {
    let target = &scaler["spec"]["scaleTargetRef"];
    assert_eq!((&target["apiVersion"], &target["kind"]), (&"apps/v1".into(), &"Deployment".into()));
    let target = target["name"].as_str().unwrap();
    assert!(sent.of(Kind::Deployment).any(|deployment| name(deployment) == target));
    let stable = &scaler["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"];
    let drain = sent.validated.chat.drain.as_secs();
    assert!((drain..=3600).contains(&stable.as_u64().unwrap()), "{stable} is less than a drain");
}

/// Replicas are spread over places by the selector that makes them replicas.
fn check_spread(workloads: &[Workload<'_>]) {
    for workload in workloads {
        for spread in items(&workload.template["spec"]["topologySpreadConstraints"]) {
            assert_eq!(spread["labelSelector"], workload.object["spec"]["selector"]);
            assert_eq!(spread["whenUnsatisfiable"], "ScheduleAnyway");
        }
    }
}

/// A monitor finds every Service that has its port.
fn check_monitors(sent: &Sent<'_>) {
    for monitor in sent.of(Kind::ServiceMonitor) {
        let selector = texts(&monitor["spec"]["selector"]["matchLabels"]);
        let found = sent.of(Kind::Service).filter(|service| {
            let mut ports = items(&service["spec"]["ports"]);
            selects(&selector, &texts(&service["metadata"]["labels"]))
                && ports.any(|port| port["name"] == monitor["spec"]["endpoints"][0]["port"])
        });
        assert!(found.count() > 0);
    }
}

/// Routes lead to a port that the chat's Service has.
fn check_routes(sent: &Sent<'_>) {
    let chat = format!("{}-chat", sent.owner());
    let service = sent.of(Kind::Service).find(|service| name(service) == chat).unwrap();
    let has = |field: &str, value: &Value| {
        items(&service["spec"]["ports"]).any(|port| port[field] == *value)
    };
    for ingress in sent.of(Kind::Ingress) {
        let backend = &ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
        assert!(backend["name"] == chat && has("name", &backend["port"]["name"]));
    }
    for route in sent.of(Kind::HttpRoute) {
        let backend = &route["spec"]["rules"][0]["backendRefs"][0];
        assert!(backend["name"] == chat && has("port", &backend["port"]));
    }
}
