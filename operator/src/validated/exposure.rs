//! How the chat is reached, and who may talk to whom.

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer};

use crate::crd::{GatewayReference, IngressSpec, IssuerReference};

/// How the chat is exposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The host name.
    pub host: String,
    /// By what.
    pub by: ExposedBy,
    /// The controller of the Ingress's class, where the class tells it.
    pub ingress_controller: Option<String>,
    /// The Secret with the certificate.
    pub tls_secret: Option<String>,
    /// The issuer that cert-manager gets it from.
    pub issuer: Option<IssuerReference>,
}

/// By what the chat is exposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExposedBy {
    /// An Ingress.
    Ingress(IngressSpec),
    /// An HTTPRoute.
    HttpRoute(Vec<GatewayReference>),
}

/// Who may talk to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The operator's namespace: it calls the tool servers.
    pub operator_namespace: String,
    /// The namespaces whose pods may read metrics; empty means any.
    pub metrics_from: Vec<String>,
    /// Who may reach the chat; empty is the default.
    pub ingress_from: Vec<NetworkPolicyPeer>,
    /// Where the chat may connect to besides what it needs.
    pub egress_to: Vec<NetworkPolicyEgressRule>,
}
