//! Every object that one `TodoChat` becomes, typed, in lists by kind.
//!
//! `build` makes a `Children<Prepared>`, `apply` turns it into a `Children<Applied>` and `status` takes nothing else. Whoever
//! uses it takes it apart without `..`, so that a new list cannot be forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    autoscaling::v2::HorizontalPodAutoscaler,
    batch::v1::{CronJob, Job},
    core::v1::{ConfigMap, PersistentVolumeClaim, Service, ServiceAccount},
    networking::v1::{Ingress, NetworkPolicy},
    policy::v1::PodDisruptionBudget,
};
use kube::{
    ResourceExt,
    core::{DynamicObject, ObjectMeta},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    kinds::{ChildId, Kind},
    rotating::KeyStep,
};

/// The objects as they shall be; nothing has been sent yet.
#[derive(Clone, Debug)]
pub struct Prepared;

/// The objects as the API server has them.
#[derive(Clone, Debug)]
pub struct Applied;

/// The objects of one `TodoChat`, in the order in which they are applied.
#[derive(Clone, Debug)]
pub struct Children<Stage> {
    /// Secrets, as recipes: their content is made when they are first applied, and is never in this process's other values.
    pub secrets: Vec<SecretPlan>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Config maps.
    pub config_maps: Vec<ConfigMap>,
    /// Network policies: before any pod.
    pub network_policies: Vec<NetworkPolicy>,
    /// Volumes that outlive their pods.
    pub claims: Vec<PersistentVolumeClaim>,
    /// Services.
    pub services: Vec<Service>,
    /// Clusters of CloudNativePG.
    pub cnpg_clusters: Vec<DynamicObject>,
    /// Certificates of cert-manager.
    pub certificates: Vec<DynamicObject>,
    /// Databases.
    pub stateful_sets: Vec<StatefulSet>,
    /// Migrations.
    pub jobs: Vec<Job>,
    /// Backups.
    pub cron_jobs: Vec<CronJob>,
    /// Servers: after all that they mount.
    pub deployments: Vec<Deployment>,
    /// Disruption budgets.
    pub disruption_budgets: Vec<PodDisruptionBudget>,
    /// Autoscalers.
    pub autoscalers: Vec<HorizontalPodAutoscaler>,
    /// Ingresses.
    pub ingresses: Vec<Ingress>,
    /// Routes of the Gateway API.
    pub http_routes: Vec<DynamicObject>,
    /// Service monitors.
    pub service_monitors: Vec<DynamicObject>,
    /// Objects that stay as they are until something else has happened, whether they are there or not: neither applied nor
    /// pruned.
    pub held: BTreeSet<ChildId>,
    stage: PhantomData<Stage>,
}

impl Default for Children<Prepared> {
    fn default() -> Self {
        Self::empty()
    }
}

impl Children<Prepared> {
    /// They are as they shall be.
    pub(crate) fn applied(self) -> Children<Applied> {
        let Self {
            secrets,
            service_accounts,
            config_maps,
            network_policies,
            claims,
            services,
            cnpg_clusters,
            certificates,
            stateful_sets,
            jobs,
            cron_jobs,
            deployments,
            disruption_budgets,
            autoscalers,
            ingresses,
            http_routes,
            service_monitors,
            held,
            stage: _,
        } = self;
        Children {
            secrets,
            service_accounts,
            config_maps,
            network_policies,
            claims,
            services,
            cnpg_clusters,
            certificates,
            stateful_sets,
            jobs,
            cron_jobs,
            deployments,
            disruption_budgets,
            autoscalers,
            ingresses,
            http_routes,
            service_monitors,
            held,
            stage: PhantomData,
        }
    }
}

impl<Stage> Children<Stage> {
    pub(crate) fn empty() -> Self {
        Self {
            secrets: Vec::new(),
            service_accounts: Vec::new(),
            config_maps: Vec::new(),
            network_policies: Vec::new(),
            claims: Vec::new(),
            services: Vec::new(),
            cnpg_clusters: Vec::new(),
            certificates: Vec::new(),
            stateful_sets: Vec::new(),
            jobs: Vec::new(),
            cron_jobs: Vec::new(),
            deployments: Vec::new(),
            disruption_budgets: Vec::new(),
            autoscalers: Vec::new(),
            ingresses: Vec::new(),
            http_routes: Vec::new(),
            service_monitors: Vec::new(),
            held: BTreeSet::new(),
            stage: PhantomData,
        }
    }

    /// Every object but the Secrets as it is sent, in the order in which they are applied.
    pub fn manifests(&self) -> Vec<(ChildId, Value)> {
        let Self {
            secrets: _,
            service_accounts,
            config_maps,
            network_policies,
            claims,
            services,
            cnpg_clusters,
            certificates,
            stateful_sets,
            jobs,
            cron_jobs,
            deployments,
            disruption_budgets,
            autoscalers,
            ingresses,
            http_routes,
            service_monitors,
            held: _,
            stage: _,
        } = self;
        let mut sent = Vec::new();
        add(&mut sent, Kind::ServiceAccount, service_accounts);
        add(&mut sent, Kind::ConfigMap, config_maps);
        add(&mut sent, Kind::NetworkPolicy, network_policies);
        add(&mut sent, Kind::PersistentVolumeClaim, claims);
        add(&mut sent, Kind::Service, services);
        add(&mut sent, Kind::CnpgCluster, cnpg_clusters);
        add(&mut sent, Kind::Certificate, certificates);
        add(&mut sent, Kind::StatefulSet, stateful_sets);
        add(&mut sent, Kind::Job, jobs);
        add(&mut sent, Kind::CronJob, cron_jobs);
        add(&mut sent, Kind::Deployment, deployments);
        add(&mut sent, Kind::PodDisruptionBudget, disruption_budgets);
        add(&mut sent, Kind::HorizontalPodAutoscaler, autoscalers);
        add(&mut sent, Kind::Ingress, ingresses);
        add(&mut sent, Kind::HttpRoute, http_routes);
        add(&mut sent, Kind::ServiceMonitor, service_monitors);
        sent
    }

    /// All of them by kind and name; none that is held.
    pub fn ids(&self) -> BTreeSet<ChildId> {
        let Self {
            secrets,
            service_accounts,
            config_maps,
            network_policies,
            claims,
            services,
            cnpg_clusters,
            certificates,
            stateful_sets,
            jobs,
            cron_jobs,
            deployments,
            disruption_budgets,
            autoscalers,
            ingresses,
            http_routes,
            service_monitors,
            held: _,
            stage: _,
        } = self;
        let secrets = secrets.iter().filter_map(|plan| plan.metadata.name.as_deref());
        let mut ids: BTreeSet<ChildId> =
            secrets.map(|name| ChildId::new(Kind::Secret, name)).collect();
        ids.extend(ids_of(Kind::ServiceAccount, service_accounts));
        ids.extend(ids_of(Kind::ConfigMap, config_maps));
        ids.extend(ids_of(Kind::NetworkPolicy, network_policies));
        ids.extend(ids_of(Kind::PersistentVolumeClaim, claims));
        ids.extend(ids_of(Kind::Service, services));
        ids.extend(ids_of(Kind::CnpgCluster, cnpg_clusters));
        ids.extend(ids_of(Kind::Certificate, certificates));
        ids.extend(ids_of(Kind::StatefulSet, stateful_sets));
        ids.extend(ids_of(Kind::Job, jobs));
        ids.extend(ids_of(Kind::CronJob, cron_jobs));
        ids.extend(ids_of(Kind::Deployment, deployments));
        ids.extend(ids_of(Kind::PodDisruptionBudget, disruption_budgets));
        ids.extend(ids_of(Kind::HorizontalPodAutoscaler, autoscalers));
        ids.extend(ids_of(Kind::Ingress, ingresses));
        ids.extend(ids_of(Kind::HttpRoute, http_routes));
        ids.extend(ids_of(Kind::ServiceMonitor, service_monitors));
        ids
    }
}

fn ids_of<K: ResourceExt>(kind: Kind, objects: &[K]) -> impl Iterator<Item = ChildId> {
    objects.iter().map(move |object| ChildId::new(kind, &object.name_any()))
}

fn add<T: Serialize>(sent: &mut Vec<(ChildId, Value)>, kind: Kind, objects: &[T]) {
    for object in objects {
        let mut manifest = serde_json::to_value(object).expect("Kubernetes objects are JSON");
        let resource = kind.resource();
        manifest["apiVersion"] = resource.api_version.into();
        manifest["kind"] = resource.kind.into();
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        sent.push((ChildId::new(kind, &name), manifest));
    }
}

/// How a Secret's content is made. Each entry is made once and kept; an entry that is lost is made again.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretPlan {
    /// Name, labels, owner.
    pub metadata: ObjectMeta,
    /// Its entries.
    pub entries: BTreeMap<String, Entry>,
}

/// How one entry of a Secret is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A password or token: this many random bytes in base64url.
    Random(usize),
    /// A password that was made ready for this login in the entry `next-password`, and that takes over.
    TakenOver {
        /// The login, as in the entries `next-username` and then `username`.
        by: String,
    },
    /// A key ring of the built-in issuer, as JSON, one step further.
    SigningKeys(Option<KeyStep>),
    /// The public keys of the key ring in the entry `of` of the same Secret: made anew when that changes.
    PublicKeys {
        /// Which entry.
        of: &'static str,
    },
    /// Text that is not secret, such as a login's name.
    Text(String),
    /// The same, unless there is another already.
    Default(String),
    /// A database URL: made anew when a part of it changes.
    DatabaseUrl(Box<UrlParts>),
}

/// The parts of a database URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlParts {
    /// The login's name.
    pub user: Source,
    /// Its password.
    pub password: Source,
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// Parameters, e.g. `sslmode=verify-full&sslrootcert=/etc/todochat/database-ca/ca.crt`; empty if there are none.
    pub parameters: String,
}

/// Where a part of a URL is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In this entry of the same Secret.
    Own(&'static str),
    /// In this entry of another Secret of the namespace.
    Other {
        /// The Secret's name.
        secret: String,
        /// The entry's key.
        key: String,
    },
}
