//! Who can reach whom, by the policies: an evaluator of its own, from what the documentation says that a policy means.

use std::collections::BTreeMap;

use serde_json::Value;
use todochat_operator::{
    kinds::Kind,
    names::Part,
    validated::{DatabaseRuns, Runs},
};

use super::{Sent, items, selects, texts};

type Labels = BTreeMap<String, String>;

pub(super) fn check(sent: &Sent<'_>) {
    let policies: Vec<_> = sent.of(Kind::NetworkPolicy).collect();
    if sent.validated.network.is_none() {
        assert!(policies.is_empty());
        return;
    }
    for workload in sent.workloads() {
        let labels = workload.labels();
        let own: Vec<_> = policies.iter().filter(|policy| is_for(policy, &labels)).collect();
        assert_eq!(own.len(), 1, "{} has a policy", workload.name);
        assert_eq!(own[0]["spec"]["policyTypes"], serde_json::json!(["Ingress", "Egress"]));
    }
    check_reach(sent, &Net { policies });
}

fn check_reach(sent: &Sent<'_>, net: &Net<'_>) {
    let object = sent.owner();
    let labels = |part: &Part| part.labels(object);
    let (chat, database) = (labels(&Part::Chat), labels(&Part::Database));
    let embedded = matches!(sent.validated.database.runs, DatabaseRuns::Embedded(_));
    for tool in &sent.validated.tool_servers {
        let (port, stores, pods) = match &tool.runs {
            Runs::Todo(pods) => (8081, true, pods),
            Runs::Image { port, pods, .. } => (i64::from(*port), false, pods),
            Runs::Stdio { pods, .. } => (8080, false, pods),
            Runs::Remote { .. } => continue,
        };
        let restricted = pods.egress.as_ref().is_some_and(Vec::is_empty);
        let this = labels(&Part::Tool(tool.name.clone()));
        assert!(net.connects(&chat, &this, port), "the chat calls {}", tool.name);
        assert!(!net.lets_in(&chat, &this, port + 1), "{} on another port", tool.name);
        assert!(!net.lets_in(&database, &this, port), "{} from the database", tool.name);
        assert!(!net.lets_in(&stranger(), &this, port), "{} from a stranger", tool.name);
        if embedded {
            assert_eq!(net.connects(&this, &database, 5432), stores, "{}", tool.name);
        }
        assert!(!restricted || !net.lets_out(&this, &chat, 8080), "{} calls nobody", tool.name);
    }
    if embedded {
        let migration = sent.validated.migration.as_ref();
        let migration = migration.map(|migration| Part::Migration(migration.version.clone()));
        for part in [Part::Chat].into_iter().chain(migration) {
            assert!(net.connects(&labels(&part), &database, 5432), "{part:?} asks the database");
        }
        assert!(!net.lets_out(&database, &chat, 8080), "the database asks nobody");
        assert!(!net.lets_in(&stranger(), &database, 5432));
    }
    let network = sent.validated.network.as_ref().unwrap();
    if network.ingress_from.is_empty() {
        assert!(net.lets_in(&stranger(), &chat, 8080), "the namespace's own pods use the chat");
    }
    assert!(!net.lets_in(&stranger(), &chat, 8081));
}

/// Another pod of the namespace.
fn stranger() -> Labels {
    Labels::from([("app".to_owned(), "stranger".to_owned())])
}

struct Net<'a> {
    policies: Vec<&'a Value>,
}

impl Net<'_> {
    fn connects(&self, from: &Labels, to: &Labels, port: i64) -> bool {
        self.lets_out(from, to, port) && self.lets_in(from, to, port)
    }

    fn lets_out(&self, from: &Labels, to: &Labels, port: i64) -> bool {
        self.lets(from, ("egress", "to"), to, port)
    }

    fn lets_in(&self, from: &Labels, to: &Labels, port: i64) -> bool {
        self.lets(to, ("ingress", "from"), from, port)
    }

    /// Between pods of one namespace: a pod without a policy may do all; one with policies, what one of them lists.
    fn lets(&self, whose: &Labels, (way, peers): (&str, &str), other: &Labels, port: i64) -> bool {
        let mut own =
            self.policies.iter().filter(|policy| is_for(policy, &borrowed(whose))).peekable();
        if own.peek().is_none() {
            return true;
        }
        let mut rules = own.flat_map(|policy| items(&policy["spec"][way]));
        rules.any(|rule| {
            let peers = &rule[peers];
            (peers.is_null() || items(peers).any(|peer| is(peer, other))) && has_port(rule, port)
        })
    }
}

fn is_for(policy: &Value, labels: &BTreeMap<&str, &str>) -> bool {
    selects(&texts(&policy["spec"]["podSelector"]["matchLabels"]), labels)
}

/// A pod of the policy's own namespace, which has no labels that a rule could ask for.
fn is(peer: &Value, labels: &Labels) -> bool {
    let namespaces = &peer["namespaceSelector"];
    let pods = texts(&peer["podSelector"]["matchLabels"]);
    let selectable = peer.get("podSelector").is_some() || peer.get("namespaceSelector").is_some();
    selectable && texts(&namespaces["matchLabels"]).is_empty() && selects(&pods, &borrowed(labels))
}

fn has_port(rule: &Value, port: i64) -> bool {
    let ports = &rule["ports"];
    ports.is_null() || items(ports).any(|open| open["port"] == port && open["protocol"] != "UDP")
}

fn borrowed(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
