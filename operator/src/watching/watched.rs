//! What is watched, and how it is asked for.

use kube::core::{ApiResource, GroupVersionKind};

use crate::{kinds::Kind, names::ALLOW_LABEL};

/// One kind of thing that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Watched {
    /// The `TodoChat` objects.
    Objects,
    /// Their children of this kind, by the operator's label: other people's objects are never in memory.
    Children(Kind),
    /// People's Secrets that are labelled for some object; metadata only.
    Secrets,
    /// People's ConfigMaps, of which only those that a spec names are kept; metadata only.
    ConfigMaps,
    /// Clusters of CloudNativePG, of which only those that a spec names are kept.
    Clusters,
    /// Secrets of clusters of CloudNativePG, of which only those that a spec names are kept; metadata only.
    ClusterSecrets,
    /// Classes of Ingress: which controller is whose.
    IngressClasses,
    /// APIs that others serve: whether autoscalers can have metrics of pods; metadata only.
    Apis,
    /// Definitions of resources: which optional kinds the cluster has; metadata only.
    Definitions,
}

impl Watched {
    /// What is watched from the start; optional kinds come when their definition does.
    pub fn at_start() -> Vec<Self> {
        let children = Kind::all().filter(|kind| !kind.is_optional()).map(Self::Children);
        [Self::Objects, Self::Secrets, Self::ConfigMaps].into_iter().chain(children).collect()
    }

    /// What is watched besides where the whole cluster may be.
    pub fn of_cluster() -> [Self; 2] {
        [Self::IngressClasses, Self::Apis]
    }

    /// What is watched once the cluster has an optional kind.
    pub fn of_optional(kind: Kind) -> Vec<Self> {
        match kind {
            Kind::CnpgCluster => vec![Self::Children(kind), Self::Clusters, Self::ClusterSecrets],
            _ => vec![Self::Children(kind)],
        }
    }

    /// Its name in logs and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Objects => "TodoChat",
            Self::Children(kind) => kind.as_str(),
            Self::Secrets => "Secret of people",
            Self::ConfigMaps => "ConfigMap of people",
            Self::Clusters => "Cluster of people",
            Self::ClusterSecrets => "Secret of clusters",
            Self::IngressClasses => "IngressClass",
            Self::Apis => "APIService",
            Self::Definitions => "CustomResourceDefinition",
        }
    }

    pub(super) fn resource(self) -> ApiResource {
        match self {
            Self::Objects => custom("todochat.dev", "v1alpha1", "TodoChat", "todochats"),
            Self::Children(kind) => kind.resource(),
            Self::Secrets | Self::ClusterSecrets => Kind::Secret.resource(),
            Self::ConfigMaps => Kind::ConfigMap.resource(),
            Self::Clusters => Kind::CnpgCluster.resource(),
            Self::IngressClasses => {
                custom("networking.k8s.io", "v1", "IngressClass", "ingressclasses")
            }
            Self::Apis => custom("apiregistration.k8s.io", "v1", "APIService", "apiservices"),
            Self::Definitions => custom(
                "apiextensions.k8s.io",
                "v1",
                "CustomResourceDefinition",
                "customresourcedefinitions",
            ),
        }
    }

    /// Whether it has no namespace.
    pub(super) fn is_cluster_wide(self) -> bool {
        matches!(self, Self::Definitions | Self::IngressClasses | Self::Apis)
    }

    pub(super) fn selector(self) -> Option<&'static str> {
        match self {
            Self::Children(_) => Some("app.kubernetes.io/managed-by=todochat-operator"),
            Self::Secrets => Some(ALLOW_LABEL),
            Self::ClusterSecrets => Some("cnpg.io/cluster"),
            Self::Objects
            | Self::ConfigMaps
            | Self::Clusters
            | Self::IngressClasses
            | Self::Apis
            | Self::Definitions => None,
        }
    }

    /// Whether the content may not, or need not, be seen.
    pub(super) fn metadata_only(self) -> bool {
        match self {
            Self::Children(kind) => kind == Kind::Secret,
            Self::Secrets
            | Self::ClusterSecrets
            | Self::ConfigMaps
            | Self::Apis
            | Self::Definitions => true,
            Self::Objects | Self::Clusters | Self::IngressClasses => false,
        }
    }
}

fn custom(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
}
