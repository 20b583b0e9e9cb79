//! Whether one place may send another something, by a set of policies.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;
use serde_json::Value;

use crate::children::items;

pub(crate) type Labels = BTreeMap<String, String>;

/// A pod, or an address outside of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) pod: Option<Pod>,
    pub(crate) address: IpAddr,
}

/// A pod, as policies see it.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) namespace_labels: Labels,
    pub(crate) labels: Labels,
    /// Ports by name.
    pub(crate) ports: BTreeMap<String, i64>,
}

/// A port of the one that is sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Port(pub(crate) &'static str, pub(crate) i64);

/// A set of policies, of any namespaces.
pub(crate) struct Net<'a>(pub(crate) Vec<&'a Value>);

#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

impl Net<'_> {
    /// Both sides have to let it through.
    pub(crate) fn connects(&self, from: &Place, to: &Place, port: Port) -> bool {
        self.lets_out(from, to, port) && self.lets_in(from, to, port)
    }

    pub(crate) fn lets_out(&self, from: &Place, to: &Place, port: Port) -> bool {
        self.lets(Way::Out, from, to, (to, port))
    }

    pub(crate) fn lets_in(&self, from: &Place, to: &Place, port: Port) -> bool {
        self.lets(Way::In, to, from, (to, port))
    }

    /// A pod that no policy of that direction selects may do all; any other, what one of them lists.
    fn lets(&self, way: Way, whose: &Place, other: &Place, target: (&Place, Port)) -> bool {
        let Some(pod) = &whose.pod else { return true };
        let own = self.0.iter().filter(|policy| selects(policy, pod) && has(policy, way));
        let own: Vec<_> = own.collect();
        let (rules, peers) = match way {
            Way::In => ("ingress", "from"),
            Way::Out => ("egress", "to"),
        };
        let mut listed = own.iter().flat_map(|policy| {
            items(&policy["spec"][rules]).map(move |rule| (namespace(policy), rule))
        });
        own.is_empty()
            || listed.any(|(namespace, rule)| {
                lists_peer(&rule[peers], namespace, other) && lists_port(&rule["ports"], target)
            })
    }
}

fn namespace(policy: &Value) -> &str {
    policy["metadata"]["namespace"].as_str().expect("a policy has a namespace")
}

fn selects(policy: &Value, pod: &Pod) -> bool {
    namespace(policy) == pod.namespace && matches(&policy["spec"]["podSelector"], &pod.labels)
}

fn has(policy: &Value, way: Way) -> bool {
    let spec = &policy["spec"];
    let types: Vec<_> = items(&spec["policyTypes"]).collect();
    match way {
        Way::In => types.is_empty() || types.iter().any(|one| **one == "Ingress"),
        Way::Out if types.is_empty() => spec.get("egress").is_some(),
        Way::Out => types.iter().any(|one| **one == "Egress"),
    }
}

/// None listed is everybody.
fn lists_peer(peers: &Value, namespace: &str, other: &Place) -> bool {
    let mut listed = items(peers).peekable();
    listed.peek().is_none() || listed.any(|peer| is(peer, namespace, other))
}

fn is(peer: &Value, namespace: &str, other: &Place) -> bool {
    if let Some(block) = peer.get("ipBlock") {
        let contains = |network: &Value| {
            network.as_str().expect("a network").parse::<IpNet>().unwrap().contains(&other.address)
        };
        return contains(&block["cidr"]) && !items(&block["except"]).any(contains);
    }
    let Some(pod) = &other.pod else { return false };
    let place = match peer.get("namespaceSelector") {
        Some(selector) => matches(selector, &pod.namespace_labels),
        None => peer.get("podSelector").is_some() && pod.namespace == namespace,
    };
    place && peer.get("podSelector").is_none_or(|selector| matches(selector, &pod.labels))
}

/// An empty selector is everything.
fn matches(selector: &Value, labels: &Labels) -> bool {
    let known = ["matchLabels", "matchExpressions"];
    let fields = selector.as_object().expect("a selector is an object");
    assert!(fields.keys().all(|field| known.contains(&field.as_str())), "{selector}");
    let mut equal = selector["matchLabels"].as_object().into_iter().flatten();
    equal.all(|(name, value)| labels.get(name).map(String::as_str) == value.as_str())
        && items(&selector["matchExpressions"]).all(|expression| holds(expression, labels))
}

fn holds(expression: &Value, labels: &Labels) -> bool {
    let value = labels.get(expression["key"].as_str().expect("a key"));
    let listed = |value: &String| items(&expression["values"]).any(|one| *one == **value);
    match expression["operator"].as_str() {
        Some("In") => value.is_some_and(listed),
        Some("NotIn") => !value.is_some_and(listed),
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        other => panic!("no such operator: {other:?}"),
    }
}

/// None listed is every port; a name is looked up among those of the pod that is sent something.
fn lists_port(ports: &Value, (to, Port(protocol, number)): (&Place, Port)) -> bool {
    let mut listed = items(ports).peekable();
    listed.peek().is_none()
        || listed.any(|open| {
            let first = match &open["port"] {
                Value::Null => return open["protocol"].as_str().unwrap_or("TCP") == protocol,
                Value::String(name) => to.pod.as_ref().and_then(|pod| pod.ports.get(name).copied()),
                number => number.as_i64(),
            };
            let last = open["endPort"].as_i64().or(first);
            open["protocol"].as_str().unwrap_or("TCP") == protocol
                && first.is_some_and(|first| first <= number)
                && last.is_some_and(|last| number <= last)
        })
}

/// The evaluator itself, on examples of the documentation.
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(list: &[(&str, &str)]) -> Labels {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn pod(namespace: &str, of: &[(&str, &str)]) -> Place {
        let pod = Pod {
            namespace: namespace.to_owned(),
            namespace_labels: labels(&[("kubernetes.io/metadata.name", namespace)]),
            labels: labels(of),
            ports: [("web".to_owned(), 8080)].into(),
        };
        Place { pod: Some(pod), address: "10.0.0.9".parse().unwrap() }
    }

    fn outside(address: &str) -> Place {
        Place { pod: None, address: address.parse().unwrap() }
    }

    fn policy(spec: &Value) -> Value {
        json!({"metadata": {"namespace": "default"}, "spec": spec})
    }

    const WEB: Port = Port("TCP", 8080);

    #[test]
    fn without_a_policy_all_is_allowed_and_with_an_empty_one_nothing() {
        let (one, other) = (pod("default", &[]), pod("default", &[]));
        assert!(Net(vec![]).connects(&one, &other, WEB));
        let deny = policy(&json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
        assert!(!Net(vec![&deny]).lets_in(&one, &other, WEB));
        assert!(!Net(vec![&deny]).lets_out(&one, &other, WEB));
        assert!(Net(vec![&deny]).lets_in(&one, &pod("elsewhere", &[]), WEB));
    }

    #[test]
    fn ingress_is_meant_where_nothing_is_said_and_egress_where_it_is_listed() {
        let (one, other) = (pod("default", &[]), pod("default", &[]));
        let ingress = policy(&json!({"podSelector": {}}));
        assert!(!Net(vec![&ingress]).lets_in(&one, &other, WEB));
        assert!(Net(vec![&ingress]).lets_out(&one, &other, WEB));
        let egress = policy(&json!({"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}));
        assert!(!Net(vec![&egress]).lets_out(&one, &other, WEB));
    }

    #[test]
    fn two_selectors_of_one_peer_are_both_meant() {
        let from = |from: Value| policy(&json!({"podSelector": {}, "ingress": [{"from": from}]}));
        let (app, place) = (
            json!({"matchLabels": {"app": "a"}}),
            json!({"matchLabels": {"kubernetes.io/metadata.name": "alice"}}),
        );
        let both = from(json!([{"podSelector": app, "namespaceSelector": place}]));
        let either = from(json!([{"podSelector": app}, {"namespaceSelector": place}]));
        let to = pod("default", &[]);
        for (who, by_both, by_either) in [
            (pod("alice", &[("app", "a")]), true, true),
            (pod("alice", &[]), false, true),
            (pod("default", &[("app", "a")]), false, true),
            (pod("bob", &[("app", "a")]), false, false),
            (outside("203.0.113.9"), false, false),
        ] {
            assert_eq!(Net(vec![&both]).lets_in(&who, &to, WEB), by_both, "{who:?}");
            assert_eq!(Net(vec![&either]).lets_in(&who, &to, WEB), by_either, "{who:?}");
        }
    }

    #[test]
    fn namespaces_are_named_one_by_one() {
        let named = json!({"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["alice", "carol"]},
        ]});
        let from = json!([{"namespaceSelector": named}]);
        let policy = policy(&json!({"podSelector": {}, "ingress": [{"from": from}]}));
        let to = pod("default", &[]);
        for (namespace, may) in
            [("alice", true), ("carol", true), ("bob", false), ("default", false)]
        {
            let reaches = Net(vec![&policy]).lets_in(&pod(namespace, &[]), &to, WEB);
            assert_eq!(reaches, may, "{namespace}");
        }
        assert!(!Net(vec![&policy]).lets_in(&outside("203.0.113.9"), &to, WEB));
    }

    #[test]
    fn expressions_blocks_ranges_and_names_mean_what_they_say() {
        let from = pod("default", &[]);
        let to = |spec: Value| {
            policy(
                &json!({"podSelector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
            "policyTypes": ["Egress"], "egress": [spec]}),
            )
        };
        let block =
            to(json!({"to": [{"ipBlock": {"cidr": "203.0.0.0/8", "except": ["203.0.113.0/24"]}}]}));
        assert!(Net(vec![&block]).lets_out(&from, &outside("203.1.2.3"), WEB));
        assert!(!Net(vec![&block]).lets_out(&from, &outside("203.0.113.9"), WEB));
        assert!(Net(vec![&block]).lets_out(
            &pod("default", &[("tier", "x")]),
            &outside("203.0.113.9"),
            WEB
        ));
        let range = to(
            json!({"ports": [{"port": 8000, "endPort": 8999}, {"port": 53, "protocol": "UDP"}]}),
        );
        for (port, open) in [
            (WEB, true),
            (Port("UDP", 8080), false),
            (Port("TCP", 9000), false),
            (Port("UDP", 53), true),
        ] {
            assert_eq!(
                Net(vec![&range]).lets_out(&from, &outside("203.0.113.9"), port),
                open,
                "{port:?}"
            );
        }
        let named = to(json!({"ports": [{"port": "web"}]}));
        assert!(Net(vec![&named]).lets_out(&from, &pod("default", &[]), WEB));
        assert!(!Net(vec![&named]).lets_out(&from, &outside("203.0.113.9"), WEB));
    }
}
