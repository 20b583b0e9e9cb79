//! Who may talk to whom.

use ipnet::IpNet;
use k8s_openapi::{
    api::networking::v1::{IPBlock, NetworkPolicyEgressRule, NetworkPolicyPeer},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{Pass, opaque};
use crate::{
    crd::{NetworkPolicyMode, Opaque},
    validated::Network,
};

/// The chat's own additions to its policies; `None` if no policies are wanted.
pub(super) fn network(pass: &mut Pass<'_>) -> Option<Network> {
    let spec = &pass.spec.network;
    let ingress_from = peers(pass, "spec.network.ingressFrom", &spec.ingress_from);
    let egress_to = egress(pass, "spec.network.egressTo", &spec.egress_to);
    let operator_namespace = pass.settings.operator_namespace.clone();
    let metrics_from = pass.settings.metrics_from.clone();
    let enforced = spec.policy == NetworkPolicyMode::Enforced;
    enforced.then_some(Network { operator_namespace, metrics_from, ingress_from, egress_to })
}

/// Egress rules of a NetworkPolicy.
pub(super) fn egress(
    pass: &mut Pass<'_>,
    path: &str,
    given: &[Opaque],
) -> Vec<NetworkPolicyEgressRule> {
    let rules: Vec<NetworkPolicyEgressRule> = opaque::all(pass, path, given);
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("{path}[{index}]");
        for (index, peer) in rule.to.iter().flatten().enumerate() {
            check_peer(pass, &format!("{path}.to[{index}]"), peer);
        }
        for (index, port) in rule.ports.iter().flatten().enumerate() {
            let (path, protocol) = (format!("{path}.ports[{index}]"), port.protocol.as_deref());
            if !matches!(protocol, None | Some("TCP" | "UDP" | "SCTP")) {
                pass.findings.override_rejected(&path, "protocol must be TCP, UDP or SCTP");
            }
            if !is_port(port.port.as_ref(), port.end_port) {
                let rule = "port must be a name, or between 1 and 65535 and not above endPort";
                pass.findings.override_rejected(&path, rule);
            }
        }
    }
    rules
}

fn peers(pass: &mut Pass<'_>, path: &str, given: &[Opaque]) -> Vec<NetworkPolicyPeer> {
    let peers: Vec<NetworkPolicyPeer> = opaque::all(pass, path, given);
    for (index, peer) in peers.iter().enumerate() {
        check_peer(pass, &format!("{path}[{index}]"), peer);
    }
    peers
}

fn check_peer(pass: &mut Pass<'_>, path: &str, peer: &NetworkPolicyPeer) {
    let selects = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
    match &peer.ip_block {
        None if !selects => {
            let rule = "needs a podSelector, a namespaceSelector or an ipBlock";
            pass.findings.override_rejected(path, rule);
        }
        Some(_) if selects => {
            pass.findings.override_rejected(path, "an ipBlock stands alone, without selectors");
        }
        Some(block) if !is_block(block) => {
            let rule = "must be a network such as 10.0.0.0/8, with exceptions inside of it";
            pass.findings.override_rejected(&format!("{path}.ipBlock"), rule);
        }
        _ => {}
    }
}

fn is_block(block: &IPBlock) -> bool {
    let Ok(network) = block.cidr.parse::<IpNet>() else { return false };
    let mut exceptions = block.except.iter().flatten();
    exceptions.all(|except| except.parse::<IpNet>().is_ok_and(|except| network.contains(&except)))
}

fn is_port(port: Option<&IntOrString>, end: Option<i32>) -> bool {
    match port {
        None => end.is_none(),
        Some(IntOrString::Int(port)) => {
            (1..=65_535).contains(port) && end.is_none_or(|end| (*port..=65_535).contains(&end))
        }
        Some(IntOrString::String(name)) => !name.is_empty() && end.is_none(),
    }
}
