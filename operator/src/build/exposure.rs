//! How people reach the chat from outside of the cluster: an Ingress or an HTTPRoute, and its certificate. Streams stay
//! open through them.

mod annotations;

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
    IngressServiceBackend, IngressSpec, IngressTLS, ServiceBackendPort,
};
use kube::core::DynamicObject;
use serde_json::{Map, Value, json};

use super::{
    chat, metadata,
    pod::{self, probes::HTTP},
};
use crate::{
    crd::{GatewayReference, IssuerKind},
    kinds::Kind,
    names::Part,
    validated::{ExposedBy, Exposure, Validated},
};

/// The Ingress, if that is how the chat is exposed.
pub(super) fn ingress(validated: &Validated) -> Option<Ingress> {
    let exposure = validated.exposure.as_ref()?;
    let ExposedBy::Ingress(wanted) = &exposure.by else { return None };
    let mut metadata = metadata::object_meta(&validated.owner, &Part::Chat);
    metadata.annotations = pod::some(annotations::of_ingress(exposure, wanted));
    Some(Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: wanted.class_name.clone(),
            rules: Some(vec![rule(validated, exposure)]),
            tls: exposure.tls_secret.as_ref().map(|secret| {
                vec![IngressTLS {
                    hosts: Some(vec![exposure.host.clone()]),
                    secret_name: Some(secret.clone()),
                }]
            }),
            default_backend: None,
        }),
        status: None,
    })
}

/// What the ingress controller wants to find on the chat's Service.
pub(super) fn service_annotations(validated: &Validated) -> BTreeMap<String, String> {
    match &validated.exposure {
        Some(exposure @ Exposure { by: ExposedBy::Ingress(wanted), .. }) => {
            annotations::of_service(exposure, wanted)
        }
        _ => BTreeMap::new(),
    }
}

fn rule(validated: &Validated, exposure: &Exposure) -> IngressRule {
    let service = IngressServiceBackend {
        name: Part::Chat.name(&validated.owner.name),
        port: Some(ServiceBackendPort { name: Some(HTTP.to_owned()), number: None }),
    };
    let everything = HTTPIngressPath {
        path: Some("/".to_owned()),
        path_type: "Prefix".to_owned(),
        backend: IngressBackend { service: Some(service), resource: None },
    };
    IngressRule {
        host: Some(exposure.host.clone()),
        http: Some(HTTPIngressRuleValue { paths: vec![everything] }),
    }
}

/// The HTTPRoute, if that is how the chat is exposed.
pub(super) fn http_route(validated: &Validated) -> Option<DynamicObject> {
    let exposure = validated.exposure.as_ref()?;
    let ExposedBy::HttpRoute(gateways) = &exposure.by else { return None };
    let spec = json!({
        "parentRefs": gateways.iter().map(parent).collect::<Vec<_>>(),
        "hostnames": [exposure.host],
        "rules": [{
            "backendRefs": [{ "name": Part::Chat.name(&validated.owner.name), "port": chat::PORT }],
            // No limits: a stream lasts as long as an answer does.
            "timeouts": { "request": "0s", "backendRequest": "0s" },
        }],
    });
    let metadata = metadata::object_meta(&validated.owner, &Part::Chat);
    Some(metadata::optional(Kind::HttpRoute, metadata, &spec))
}

fn parent(gateway: &GatewayReference) -> Value {
    let GatewayReference { name, namespace, section_name } = gateway;
    let mut parent = Map::from_iter([("name".to_owned(), json!(name))]);
    parent.extend(namespace.iter().map(|name| ("namespace".to_owned(), json!(name))));
    parent.extend(section_name.iter().map(|name| ("sectionName".to_owned(), json!(name))));
    parent.into()
}

/// The certificate, if cert-manager is to get it.
pub(super) fn certificate(validated: &Validated) -> Option<DynamicObject> {
    let exposure = validated.exposure.as_ref()?;
    let (issuer, secret) = (exposure.issuer.as_ref()?, exposure.tls_secret.as_ref()?);
    let kind = match issuer.kind {
        IssuerKind::Issuer => "Issuer",
        IssuerKind::ClusterIssuer => "ClusterIssuer",
    };
    let spec = json!({
        "secretName": secret,
        "dnsNames": [exposure.host],
        "issuerRef": { "group": "cert-manager.io", "kind": kind, "name": issuer.name },
    });
    let metadata = metadata::object_meta(&validated.owner, &Part::Chat);
    Some(metadata::optional(Kind::Certificate, metadata, &spec))
}
