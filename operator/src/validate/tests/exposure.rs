use super::*;
use crate::{crd::IssuerKind, fetched::Reference, validated::ExposedBy};

const OPEN: &str = "chat: {auth: {signup: Open}}\n";

fn exposed(fields: &str) -> String {
    format!("{OPEN}exposure: {{host: chat.example, {fields}}}")
}

#[test]
fn an_ingress_has_the_address_of_its_host() {
    let validated = validated(&exposed("type: Ingress, ingress: {className: nginx}"));
    assert_eq!(validated.chat.public_url, "http://chat.example");
    let exposure = validated.exposure.expect("exposed");
    let ExposedBy::Ingress(ingress) = exposure.by else { panic!("an ingress") };
    assert_eq!((ingress.class_name.as_deref(), exposure.tls_secret), (Some("nginx"), None));
}

#[test]
fn a_certificate_makes_it_https() {
    let validated = validated(&exposed("type: Ingress, tls: {secretRef: {name: certificate}}"));
    assert_eq!(validated.chat.public_url, "https://chat.example");
    assert_eq!(validated.exposure.and_then(|it| it.tls_secret).as_deref(), Some("certificate"));
}

#[test]
fn a_certificate_is_a_secret_like_any_other() {
    let mut case = Case::new(&exposed("type: Ingress, tls: {secretRef: {name: certificate}}"));
    case.fetched.secrets.insert("certificate".to_owned(), Reference::NotAllowed);
    says(&case.refusal(), "Forbidden", "spec.exposure.tls.secretRef");
}

#[test]
fn cert_manager_gets_a_certificate_where_it_is_installed() {
    let yaml =
        exposed("type: Ingress, tls: {certManager: {issuerRef: {name: le, kind: ClusterIssuer}}}");
    let mut case = Case::new(&yaml);
    let exposure = case.accepted().exposure.expect("exposed");
    assert_eq!(exposure.tls_secret.as_deref(), Some("harbor-chat-tls"));
    assert_eq!(exposure.issuer.map(|issuer| issuer.kind), Some(IssuerKind::ClusterIssuer));
    case.fetched.available.remove(&Kind::Certificate);
    says(&case.refusal(), "UnsupportedByCluster", "install cert-manager");
}

#[test]
fn a_route_has_gateways_where_there_is_a_gateway_api() {
    let yaml = exposed("type: HTTPRoute, httpRoute: {parentRefs: [{name: gw, namespace: infra}]}");
    let mut case = Case::new(&yaml);
    let by = case.accepted().exposure.map(|exposure| exposure.by);
    assert!(matches!(by, Some(ExposedBy::HttpRoute(gateways)) if gateways.len() == 1));
    case.fetched.available.remove(&Kind::HttpRoute);
    says(&case.refusal(), "UnsupportedByCluster", "httproutes.gateway.networking.k8s.io");
    refuses(&exposed("type: HTTPRoute"), "Malformed", "parentRefs");
}

#[test]
fn an_exposed_chat_says_who_may_sign_up() {
    refuses("exposure: {type: Ingress, host: chat.example}", "Malformed", "spec.chat.auth.signup");
}

#[test]
fn a_host_is_a_host_name() {
    for host in ["", "https://chat.example", "chat.example:443", "*.example", "Chat.example"] {
        let yaml = format!("{OPEN}exposure: {{type: Ingress, host: '{host}'}}");
        refuses(&yaml, "Malformed", "spec.exposure.host");
    }
}

#[test]
fn a_certificate_comes_from_one_place() {
    refuses(&exposed("type: Ingress, tls: {}"), "Malformed", "spec.exposure.tls");
}
