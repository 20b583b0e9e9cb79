//! The rules that policies are made of.

use std::{collections::BTreeSet, net::IpAddr};

use http::Uri;
use ipnet::IpNet;
use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
        util::intstr::IntOrString,
    },
};
use serde_json::Value;

use super::{
    super::{metadata, pod},
    ADMIN_PORT,
};
use crate::{
    names::Part,
    validated::{DatabaseRuns, Owner, Runs, Validated},
};

/// What no public service has: among it are nodes, the API server, and the address where clouds hand out the node's own rights.
const NOT_PUBLIC: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
];
/// Where a cluster without IPv4 finds the public addresses of that.
const NAT64: &str = "64:ff9b::/96";
/// The label that every namespace has.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The part's pods.
pub(super) fn pods(owner: &Owner, part: &Part) -> NetworkPolicyPeer {
    selected(metadata::selector(owner, part))
}

fn selected(pods: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(pods), ..NetworkPolicyPeer::default() }
}

fn labelled(label: &str, value: &str) -> LabelSelector {
    LabelSelector {
        match_labels: Some([(label.to_owned(), value.to_owned())].into()),
        match_expressions: None,
    }
}

/// All pods of the object's own namespace.
pub(super) fn own_namespace() -> NetworkPolicyPeer {
    selected(LabelSelector::default())
}

/// All pods of another namespace.
pub(super) fn namespace(name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(labelled(NAMESPACE_NAME, name)),
        ..NetworkPolicyPeer::default()
    }
}

/// TCP ports.
pub(super) fn tcp(ports: impl IntoIterator<Item = u16>) -> Vec<NetworkPolicyPort> {
    ports.into_iter().map(|number| port("TCP", number)).collect()
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(number.into())),
        end_port: None,
    }
}

/// Monitoring may run in any namespace, unless some are named; the admin listener tells nothing of anybody.
pub(super) fn metrics(namespaces: &[String]) -> NetworkPolicyIngressRule {
    let readers = NetworkPolicyPeer {
        namespace_selector: Some(one_of(namespaces)),
        ..NetworkPolicyPeer::default()
    };
    NetworkPolicyIngressRule { from: Some(vec![readers]), ports: Some(tcp([ADMIN_PORT])) }
}

/// The namespaces of these names; every one if there is none.
fn one_of(namespaces: &[String]) -> LabelSelector {
    let named = (!namespaces.is_empty()).then(|| LabelSelectorRequirement {
        key: NAMESPACE_NAME.to_owned(),
        operator: "In".to_owned(),
        values: Some(namespaces.to_vec()),
    });
    LabelSelector { match_labels: None, match_expressions: named.map(|named| vec![named]) }
}

/// DNS, wherever it is: in the cluster, on the node. 5353 is where OpenShift's pods listen.
pub(super) fn name_resolution() -> NetworkPolicyEgressRule {
    let ports =
        [53, 5353].into_iter().flat_map(|number| [port("UDP", number), port("TCP", number)]);
    NetworkPolicyEgressRule { to: None, ports: Some(ports.collect()) }
}

/// To the part's pods.
pub(super) fn to(owner: &Owner, part: &Part, number: u16) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: Some(vec![pods(owner, part)]), ports: Some(tcp([number])) }
}

/// To the database. One that others run has a name, and a policy knows only addresses.
pub(super) fn to_database(validated: &Validated) -> NetworkPolicyEgressRule {
    let database = &validated.database;
    let to = match &database.runs {
        DatabaseRuns::Embedded(_) => Some(pods(&validated.owner, &Part::Database)),
        DatabaseRuns::Cnpg { cluster, .. } => Some(selected(labelled("cnpg.io/cluster", cluster))),
        DatabaseRuns::External(_) => {
            database.host.trim_matches(['[', ']']).parse().ok().map(address)
        }
    };
    NetworkPolicyEgressRule { to: to.map(|peer| vec![peer]), ports: Some(tcp([database.port])) }
}

fn address(address: IpAddr) -> NetworkPolicyPeer {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    block(format!("{address}/{bits}"), &[])
}

/// To the model, issuers and remote tool servers: where the chat itself may call (`--outgoing-allow`), and only on their ports.
pub(super) fn outward(validated: &Validated) -> Option<NetworkPolicyEgressRule> {
    let model = validated.chat.model.iter().map(|model| model.base_url.clone().unwrap_or_default());
    let remote =
        validated.tool_servers.iter().filter(|tool| matches!(tool.runs, Runs::Remote { .. }));
    let ports: BTreeSet<u16> = model
        .chain(remote.map(|tool| tool.url.clone()))
        .chain(validated.chat.issuers.iter().flat_map(|issuers| key_urls(issuers)))
        .map(|url| port_of(&url))
        .collect();
    (!ports.is_empty()).then(|| NetworkPolicyEgressRule {
        to: Some(callable(&validated.chat.outgoing_allow)),
        ports: Some(tcp(ports)),
    })
}

/// To one server of others, by its URL.
pub(super) fn to_server(validated: &Validated, url: &str) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: Some(callable(&validated.chat.outgoing_allow)),
        ports: Some(tcp([port_of(url)])),
    }
}

/// The public addresses, and those that are allowed besides. Some networks do not count pods among the addresses of a block.
fn callable(allowed: &[IpNet]) -> Vec<NetworkPolicyPeer> {
    let public = [
        block("0.0.0.0/0".to_owned(), NOT_PUBLIC),
        block("2000::/3".to_owned(), &[]),
        block(NAT64.to_owned(), &[]),
    ];
    let pods = (!allowed.is_empty()).then(|| NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector::default()),
        ..NetworkPolicyPeer::default()
    });
    let allowed = allowed.iter().map(|network| block(network.trunc().to_string(), &[]));
    public.into_iter().chain(allowed).chain(pods).collect()
}

fn block(cidr: String, except: &[&str]) -> NetworkPolicyPeer {
    let except: Vec<String> = except.iter().map(|&network| network.to_owned()).collect();
    NetworkPolicyPeer {
        ip_block: Some(IPBlock { cidr, except: pod::some(except) }),
        ..NetworkPolicyPeer::default()
    }
}

/// Where the issuers' keys are.
fn key_urls(issuers: &str) -> Vec<String> {
    let issuers: Vec<Value> = serde_json::from_str(issuers).unwrap_or_default();
    issuers.iter().filter_map(|issuer| Some(issuer["jwks_url"].as_str()?.to_owned())).collect()
}

/// No URL at all is a vendor's own.
fn port_of(url: &str) -> u16 {
    let Ok(uri) = url.parse::<Uri>() else { return 443 };
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    uri.port_u16().unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_the_one_in_the_url_or_the_scheme_s_own() {
        for (url, port) in [
            ("", 443),
            ("https://api.example.com/v1", 443),
            ("http://ollama.ai.svc:11434/v1", 11434),
            ("http://models.internal/v1", 80),
            ("https://[2001:db8::1]:8443/mcp", 8443),
        ] {
            assert_eq!(port_of(url), port, "{url}");
        }
    }
}
