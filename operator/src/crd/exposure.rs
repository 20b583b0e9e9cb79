//! How people reach the chat from outside of the cluster.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LocalReference, references::NAME};

/// How people reach the chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.type == 'None' || has(self.host)",
    "type Ingress and HTTPRoute need a host, e.g. chat.example.com",
))]
#[x_kube(validation = (
    "!has(self.host) || self.host.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
    "host is a lowercase host name without https:// and port, e.g. chat.example.com",
))]
#[x_kube(validation = (
    "(self.type == 'HTTPRoute') == has(self.httpRoute)",
    "httpRoute is needed for type HTTPRoute, and for no other",
))]
#[x_kube(validation = (
    "self.type == 'Ingress' || !has(self.ingress)",
    "ingress is for type Ingress: leave it out",
))]
pub struct ExposureSpec {
    /// By what.
    #[serde(rename = "type", default)]
    pub kind: ExposureType,
    /// The host name; needed unless the type is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub host: Option<String>,
    /// For `HTTPRoute`.
    #[serde(rename = "httpRoute", default, skip_serializing_if = "Option::is_none")]
    pub http_route: Option<HttpRouteSpec>,
    /// For `Ingress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress: Option<IngressSpec>,
    /// The certificate; plain http without one. A gateway's listener needs it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSpec>,
}

/// By what the chat is exposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ExposureType {
    /// Not at all: its Service can be reached from the namespaces of `network.ingressFrom` alone.
    #[default]
    None,
    /// An Ingress.
    Ingress,
    /// An HTTPRoute of the Gateway API.
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
}

/// For `HTTPRoute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// Its gateways.
    #[schemars(length(min = 1, max = 8))]
    pub parent_refs: Vec<GatewayReference>,
}

/// A gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayReference {
    /// Its name.
    #[schemars(regex(pattern = NAME))]
    pub name: String,
    /// Its namespace, if not the object's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = NAME))]
    pub namespace: Option<String>,
    /// Its listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = NAME))]
    pub section_name: Option<String>,
}

/// For `Ingress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.annotations) || self.annotations.all(k, !k.startsWith('todochat.dev/') && !k.contains('snippet'))",
    "annotations of the Ingress may not start with todochat.dev/, nor bring configuration snippets",
))]
pub struct IngressSpec {
    /// Its class, if not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = NAME))]
    pub class_name: Option<String>,
    /// More annotations than those that keep streams open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    pub annotations: BTreeMap<String, String>,
}

/// The certificate: exactly one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.secretRef) != has(self.certManager)",
    "tls needs a secretRef or certManager, and not both",
))]
pub struct TlsSpec {
    /// A Secret of type `kubernetes.io/tls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// One that cert-manager gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_manager: Option<CertManagerTls>,
}

/// A certificate that cert-manager gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertManagerTls {
    /// Its issuer.
    pub issuer_ref: IssuerReference,
}

/// An issuer of cert-manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct IssuerReference {
    /// Its name.
    #[schemars(regex(pattern = NAME))]
    pub name: String,
    /// Its kind.
    #[serde(default)]
    pub kind: IssuerKind,
}

/// The kinds of issuer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum IssuerKind {
    /// One of the namespace.
    #[default]
    Issuer,
    /// One of the cluster.
    ClusterIssuer,
}
