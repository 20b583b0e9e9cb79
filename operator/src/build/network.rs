//! Who may talk to whom: for every part that has pods a policy that denies both ways what it does not list.
//!
//! ```text
//! people ─▶ chat ─▶ tools ─▶ database ◀─ migration, backup        chat ─▶ database
//!            └─▶ the ports of its model, issuers and remote tools  all ─▶ name resolution
//! the operator ─▶ tools (handshakes)        everybody, or the namespaces that are named ─▶ admin listeners (metrics)
//! ```

mod rules;

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicySpec,
};

use super::{
    backup, chat, database, metadata, migration, pod,
    service::ADMIN_PORT,
    tool_server::{self, Running},
};
use crate::{
    names::Part,
    validated::{Network, Owner, Validated},
};

/// All policies, unless none are wanted.
pub(super) fn policies(validated: &Validated) -> Vec<NetworkPolicy> {
    let Some(network) = &validated.network else { return Vec::new() };
    let tools = tool_server::running(validated);
    [chat_policy(validated, network)]
        .into_iter()
        .chain(tools.map(|tool| tool_policy(validated, network, &tool)))
        .chain(database::part(validated).map(|_| database_policy(validated)))
        .chain(migration_policy(validated))
        .chain(backup::part(validated).map(|part| backup_policy(validated, &part)))
        .collect()
}

fn chat_policy(validated: &Validated, network: &Network) -> NetworkPolicy {
    let people = NetworkPolicyIngressRule {
        from: people(validated, network),
        ports: Some(rules::tcp([chat::PORT])),
    };
    let tools = tool_server::running(validated)
        .map(|tool| rules::to(&validated.owner, &tool.part, tool.port));
    let egress = [rules::name_resolution(), rules::to_database(validated)]
        .into_iter()
        .chain(tools)
        .chain(rules::outward(validated))
        .chain(network.egress_to.iter().cloned())
        .collect();
    let metrics = rules::metrics(&network.metrics_from);
    policy(&validated.owner, &Part::Chat, vec![people, metrics], egress)
}

/// Whom the chat is for: those who are listed, or everybody if it is exposed, or else its own namespace.
fn people(validated: &Validated, network: &Network) -> Option<Vec<NetworkPolicyPeer>> {
    match (&network.ingress_from, &validated.exposure) {
        (listed, _) if !listed.is_empty() => Some(listed.clone()),
        (_, Some(_)) => None,
        (_, None) => Some(vec![rules::own_namespace()]),
    }
}

fn tool_policy(validated: &Validated, network: &Network, tool: &Running<'_>) -> NetworkPolicy {
    let owner = &validated.owner;
    let callers = NetworkPolicyIngressRule {
        from: Some(vec![
            rules::pods(owner, &Part::Chat),
            rules::namespace(&network.operator_namespace),
        ]),
        ports: Some(rules::tcp([tool.port])),
    };
    let metrics = tool.ours.then(|| rules::metrics(&network.metrics_from));
    let ingress = [callers].into_iter().chain(metrics).collect();
    let egress = match &tool.pods.egress {
        None => vec![NetworkPolicyEgressRule::default()],
        Some(listed) => [rules::name_resolution()]
            .into_iter()
            .chain(tool.stores.then(|| rules::to_database(validated)))
            .chain(listed.iter().cloned())
            .collect(),
    };
    policy(owner, &tool.part, ingress, egress)
}

/// The database answers and never asks.
fn database_policy(validated: &Validated) -> NetworkPolicy {
    let owner = &validated.owner;
    let tools = tool_server::running(validated).filter(|tool| tool.stores).map(|tool| tool.part);
    let migration = migration::part(validated);
    let clients =
        [Part::Chat].into_iter().chain(tools).chain(migration).chain(backup::part(validated));
    let clients = NetworkPolicyIngressRule {
        from: Some(clients.map(|part| rules::pods(owner, &part)).collect()),
        ports: Some(rules::tcp([validated.database.port])),
    };
    policy(owner, &Part::Database, vec![clients], Vec::new())
}

/// One for all versions: the pods of a migration do not differ by it.
fn migration_policy(validated: &Validated) -> Option<NetworkPolicy> {
    let mut policy = client_policy(validated, &migration::part(validated)?);
    policy.metadata.name = Some(format!("{}-migrate", validated.owner.name));
    Some(policy)
}

/// It asks the database, and the bucket where there is one.
fn backup_policy(validated: &Validated, part: &Part) -> NetworkPolicy {
    let bucket = backup::bucket(validated);
    let bucket = bucket.map(|bucket| rules::to_server(validated, &bucket.endpoint));
    let database = [rules::name_resolution(), rules::to_database(validated)];
    let egress = database.into_iter().chain(bucket).collect();
    policy(&validated.owner, part, Vec::new(), egress)
}

/// For what only asks the database.
fn client_policy(validated: &Validated, part: &Part) -> NetworkPolicy {
    let egress = vec![rules::name_resolution(), rules::to_database(validated)];
    policy(&validated.owner, part, Vec::new(), egress)
}

fn policy(
    owner: &Owner,
    part: &Part,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    NetworkPolicy {
        metadata: metadata::object_meta(owner, part),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(metadata::selector(owner, part)),
            // Both, also where a list is empty: that is what denies.
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: pod::some(ingress),
            egress: pod::some(egress),
        }),
    }
}
