//! How people reach the chat from outside of the cluster.

use super::{Pass, syntax::is_host_name};
use crate::{
    crd::{ExposureSpec, ExposureType, IssuerReference, TlsSpec},
    kinds::Kind,
    names::{Part, certificate_secret},
    validated::{ExposedBy, Exposure, Owner},
};

/// The port of the chat's Service.
const CHAT_PORT: u16 = 8080;

/// How the chat is exposed, if it is.
pub(super) fn exposure(pass: &mut Pass<'_>) -> Option<Exposure> {
    let spec = &pass.spec.exposure;
    let by = exposed_by(pass, spec)?;
    let host = spec.host.clone().unwrap_or_default();
    if !is_host_name(&host) {
        let rule = "must be a lowercase host name without https:// and port, e.g. chat.example.com";
        pass.findings.malformed("spec.exposure.host", rule);
    }
    let (tls_secret, issuer) = spec.tls.as_ref().map(|tls| certificate(pass, tls)).unzip();
    let ingress_controller = pass.fetched.ingress_controller.clone();
    Some(Exposure { host, by, ingress_controller, tls_secret, issuer: issuer.flatten() })
}

/// The address that people use, without a slash at its end.
pub(super) fn public_url(owner: &Owner, exposure: Option<&Exposure>) -> String {
    match exposure {
        Some(Exposure { host, tls_secret: Some(_), .. }) => format!("https://{host}"),
        Some(Exposure { host, tls_secret: None, .. }) => format!("http://{host}"),
        None => {
            let service = Part::Chat.name(&owner.name);
            format!("http://{service}.{}.svc:{CHAT_PORT}", owner.namespace)
        }
    }
}

fn exposed_by(pass: &mut Pass<'_>, spec: &ExposureSpec) -> Option<ExposedBy> {
    match spec.kind {
        ExposureType::None => None,
        ExposureType::Ingress => Some(ExposedBy::Ingress(spec.ingress.clone().unwrap_or_default())),
        ExposureType::HttpRoute => {
            let remedy = "install the Gateway API, or use `type: Ingress`";
            pass.needs(Kind::HttpRoute, "spec.exposure.type", remedy);
            let gateways = spec.http_route.as_ref().map(|route| route.parent_refs.clone());
            let gateways = gateways.unwrap_or_default();
            if gateways.is_empty() {
                let rule = "needs the gateways that the route is attached to";
                pass.findings.malformed("spec.exposure.httpRoute.parentRefs", rule);
            }
            Some(ExposedBy::HttpRoute(gateways))
        }
    }
}

/// The Secret with the certificate, and the issuer that it comes from if cert-manager gets it.
fn certificate(pass: &mut Pass<'_>, spec: &TlsSpec) -> (String, Option<IssuerReference>) {
    const PATH: &str = "spec.exposure.tls";
    match (&spec.secret_ref, &spec.cert_manager) {
        (Some(secret), None) => (secret.name.clone(), None),
        (None, Some(cert_manager)) => {
            let remedy = "install cert-manager, or name a Secret in `spec.exposure.tls.secretRef`";
            pass.needs(Kind::Certificate, "spec.exposure.tls.certManager", remedy);
            let secret = certificate_secret(&pass.owner.name);
            (secret, Some(cert_manager.issuer_ref.clone()))
        }
        (Some(_), Some(_)) | (None, None) => {
            pass.findings.malformed(PATH, "needs a secretRef or certManager, and not both");
            (String::new(), None)
        }
    }
}
