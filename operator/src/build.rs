//! Step three of a reconcile: a [`Validated`] becomes every object that it asks for. Pure: no client, no clock.
//!
//! ```text
//! Validated ─▶ one function per object, in the file of its component ─▶ Children<Prepared>
//!    metadata · reads · pod                             what all objects, and all pods, have in common
//!    secrets · login                                    what is secret, and how it gets into pods: as files
//!    chat · tool_server · database · migration · backup what runs
//!    network · availability · exposure · monitoring     what stands around it
//! ```
//!
//! Only what is meant is said. No field is null, empty or at its default, because server-side apply makes every field that
//! is sent the operator's own.

mod availability;
mod backup;
mod chat;
mod database;
mod deployment;
mod exposure;
mod flags;
mod login;
mod metadata;
mod migration;
mod monitoring;
mod network;
mod pod;
mod reads;
mod secrets;
mod service;
mod tool_server;

use std::collections::BTreeSet;

use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{PersistentVolumeClaim, Service, ServiceAccount},
};

use crate::{
    children::{Children, Prepared},
    kinds::{ChildId, Kind},
    names::{Part, signing_keys_secret},
    validated::{Schema, Validated},
};

/// Every object of a `TodoChat`, as it shall be. The same input gives the same bytes.
pub fn build(validated: &Validated) -> Children<Prepared> {
    let mut children = Children::default();
    let mut held = BTreeSet::new();
    children.secrets = secrets::plans(validated);
    children.service_accounts = service_accounts(validated);
    children.config_maps = vec![chat::config_map(validated)];
    children.network_policies = network::policies(validated);
    children.claims = claims(validated);
    children.services = services(validated);
    children.cnpg_clusters = database::cnpg_cluster(validated).into_iter().collect();
    children.certificates = exposure::certificate(validated).into_iter().collect();
    children.stateful_sets = settle(database::stateful_set(validated), &mut held);
    children.jobs = settle(migration::job(validated), &mut held);
    children.jobs.extend(migration::login_job(validated));
    children.jobs.extend(backup::restore_job(validated));
    children.cron_jobs = settle(backup::cron_jobs(validated), &mut held);
    children.deployments = settle(deployments(validated), &mut held);
    children.disruption_budgets = availability::disruption_budgets(validated);
    children.autoscalers = settle(availability::autoscaler(validated), &mut held);
    children.ingresses = exposure::ingress(validated).into_iter().collect();
    children.http_routes = exposure::http_route(validated).into_iter().collect();
    children.service_monitors = monitoring::service_monitor(validated).into_iter().collect();
    children.held = held;
    children
}

/// The Job that takes the last backup of an object that is being deleted, if there are backups.
pub fn snapshot(validated: &Validated) -> Option<Job> {
    backup::snapshot(validated)
}

/// An object that may have to wait for something else.
enum Planned<T> {
    /// It shall be there, like this.
    Built(T),
    /// It stays as it is, there or not there.
    Held(ChildId),
}

impl<T> Planned<T> {
    /// The object, if what it waits for is there.
    fn once(id: ChildId, built: Option<T>) -> Self {
        built.map_or(Self::Held(id), Self::Built)
    }
}

/// What is built; what is held is told to `held`.
fn settle<T>(
    planned: impl IntoIterator<Item = Planned<T>>,
    held: &mut BTreeSet<ChildId>,
) -> Vec<T> {
    let mut built = Vec::new();
    for planned in planned {
        match planned {
            Planned::Built(object) => built.push(object),
            Planned::Held(id) => {
                held.insert(id);
            }
        }
    }
    built
}

/// Whether what works on the database may run. A pod that is not started cannot meet the wrong schema.
fn schema_fits(validated: &Validated) -> bool {
    validated.stage.schema == Schema::Current || !validated.serves()
}

fn service_accounts(validated: &Validated) -> Vec<ServiceAccount> {
    let tools = tool_server::running(validated).map(|tool| tool.part);
    let parts = [Part::Chat].into_iter().chain(tools).chain(database::part(validated));
    parts.map(|part| metadata::service_account(&validated.owner, &part)).collect()
}

fn claims(validated: &Validated) -> Vec<PersistentVolumeClaim> {
    database::claim(validated).into_iter().chain(backup::claim(validated)).collect()
}

fn services(validated: &Validated) -> Vec<Service> {
    let tools = tool_server::running(validated).map(|tool| tool.service(validated));
    [chat::service(validated)]
        .into_iter()
        .chain(tools)
        .chain(database::service(validated))
        .collect()
}

/// None is built before the signing keys are there: what people's Secrets hold is hashed with the salt beside them, and a pod
/// that was started with another hash would be replaced a moment later.
fn deployments(validated: &Validated) -> Vec<Planned<Deployment>> {
    let keys = signing_keys_secret(&validated.owner.name);
    let salted = validated.stage.own_secrets.contains_key(&keys);
    let tools =
        tool_server::running(validated).map(|tool| (tool.part.clone(), tool.deployment(validated)));
    let planned = [(Part::Chat, chat::deployment(validated))].into_iter().chain(tools);
    let held = |part: Part| {
        Planned::Held(ChildId::new(Kind::Deployment, &part.name(&validated.owner.name)))
    };
    planned.map(|(part, deployment)| if salted { deployment } else { held(part) }).collect()
}
