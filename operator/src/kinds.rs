//! The kinds of object that the operator watches or writes. One table: watches, apply, pruning, status and RBAC read it.

use kube::core::{ApiResource, GroupVersionKind};

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `v1` ServiceAccount.
    ServiceAccount,
    /// `v1` Secret.
    Secret,
    /// `v1` ConfigMap.
    ConfigMap,
    /// `v1` PersistentVolumeClaim.
    PersistentVolumeClaim,
    /// `v1` Service.
    Service,
    /// `v1` Pod; never written.
    Pod,
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy,
    /// `networking.k8s.io/v1` Ingress.
    Ingress,
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `batch/v1` Job.
    Job,
    /// `batch/v1` CronJob.
    CronJob,
    /// `policy/v1` PodDisruptionBudget.
    PodDisruptionBudget,
    /// `autoscaling/v2` HorizontalPodAutoscaler.
    HorizontalPodAutoscaler,
    /// `gateway.networking.k8s.io/v1` HTTPRoute; optional.
    HttpRoute,
    /// `monitoring.coreos.com/v1` ServiceMonitor; optional.
    ServiceMonitor,
    /// `cert-manager.io/v1` Certificate; optional.
    Certificate,
    /// `postgresql.cnpg.io/v1` Cluster; optional.
    CnpgCluster,
}

/// Group, version, kind, plural.
type Row = (Kind, &'static str, &'static str, &'static str, &'static str);

const TABLE: &[Row] = &[
    (Kind::ServiceAccount, "", "v1", "ServiceAccount", "serviceaccounts"),
    (Kind::Secret, "", "v1", "Secret", "secrets"),
    (Kind::ConfigMap, "", "v1", "ConfigMap", "configmaps"),
    (Kind::PersistentVolumeClaim, "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    (Kind::Service, "", "v1", "Service", "services"),
    (Kind::Pod, "", "v1", "Pod", "pods"),
    (Kind::NetworkPolicy, "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    (Kind::Ingress, "networking.k8s.io", "v1", "Ingress", "ingresses"),
    (Kind::Deployment, "apps", "v1", "Deployment", "deployments"),
    (Kind::StatefulSet, "apps", "v1", "StatefulSet", "statefulsets"),
    (Kind::Job, "batch", "v1", "Job", "jobs"),
    (Kind::CronJob, "batch", "v1", "CronJob", "cronjobs"),
    (Kind::PodDisruptionBudget, "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    (
        Kind::HorizontalPodAutoscaler,
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
    ),
    (Kind::HttpRoute, "gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
    (Kind::ServiceMonitor, "monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
    (Kind::Certificate, "cert-manager.io", "v1", "Certificate", "certificates"),
    (Kind::CnpgCluster, "postgresql.cnpg.io", "v1", "Cluster", "clusters"),
];

impl Kind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.0 == self).expect("every kind has its row; a test looks")
    }

    /// Its API group; empty for the core one.
    pub fn group(self) -> &'static str {
        self.row().1
    }

    /// Its name, e.g. `Deployment`.
    pub fn as_str(self) -> &'static str {
        self.row().3
    }

    /// Its name in URLs and in RBAC, e.g. `deployments`.
    pub fn plural(self) -> &'static str {
        self.row().4
    }

    /// Whether a cluster may lack it, and get or lose it at any time.
    pub fn is_optional(self) -> bool {
        matches!(
            self,
            Self::HttpRoute | Self::ServiceMonitor | Self::Certificate | Self::CnpgCluster
        )
    }

    /// The name of its CustomResourceDefinition, if it is optional.
    pub fn definition(self) -> Option<String> {
        self.is_optional().then(|| format!("{}.{}", self.plural(), self.group()))
    }

    /// How the client asks for it.
    pub fn resource(self) -> ApiResource {
        let (_, group, version, kind, plural) = *self.row();
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
    }

    /// The kind of this group and name.
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == group && row.3 == kind).map(|row| row.0)
    }
}

/// An object of a `TodoChat`: its kind and its name. The namespace is the `TodoChat`'s own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Box<str>,
}

impl ChildId {
    /// The object of `kind` with this name.
    pub fn new(kind: Kind, name: &str) -> Self {
        Self { kind, name: name.into() }
    }

    /// As it stands in the inventory: `apps/Deployment/team-a-chat`, `Service/team-a-chat`.
    pub fn to_inventory(&self) -> String {
        match self.kind.group() {
            "" => format!("{}/{}", self.kind.as_str(), self.name),
            group => format!("{group}/{}/{}", self.kind.as_str(), self.name),
        }
    }

    /// Reads an entry of the inventory.
    pub fn from_inventory(id: &str) -> Option<Self> {
        let (kind, name) = id.rsplit_once('/')?;
        let (group, kind) = kind.split_once('/').unwrap_or(("", kind));
        Some(Self::new(Kind::of(group, kind)?, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_entry_is_read_as_it_was_written() {
        for kind in Kind::all() {
            let id = ChildId::new(kind, "team-a-chat");
            assert_eq!(ChildId::from_inventory(&id.to_inventory()), Some(id));
        }
    }
}
