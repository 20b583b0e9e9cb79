//! The network and the way in.

use super::*;

const NETWORK: &[Row] = &[
    ("they are", |_| {}, True, "PoliciesApplied"),
    (
        "they are not wanted",
        |scene| scene.spec(&json!({"network": {"policy": "Disabled"}})),
        False,
        "DisabledBySpec",
    ),
    ("one is gone", |scene| scene.lose(Kind::NetworkPolicy, "team-a-chat"), Unknown, "Reconciling"),
];

#[test]
fn network_restricted_says_whether_the_policies_are_there() {
    check(NetworkRestricted, NETWORK);
}

fn exposed_by(scene: &mut Scene, kind: &str) {
    let host = "chat.example.org";
    let issuer = json!({"issuerRef": {"name": "letters"}});
    scene.spec(&json!({"exposure": {"type": kind, "host": host, "tls": {"certManager": issuer}}}));
    scene.fetched.available.insert(Kind::HttpRoute);
    scene.have(Kind::Certificate, "team-a-chat", State::Dependency { ready: true, why: "".into() });
}

fn route(scene: &mut Scene, kind: Kind, accepted: bool, why: &str) {
    scene.have(kind, "team-a-chat", State::Route { accepted, why: why.into() });
}

const EXPOSED: &[Row] = &[
    ("nobody asked for it", |_| {}, False, "NotRequested"),
    (
        "an Ingress has an address",
        |scene| {
            exposed_by(scene, "Ingress");
            route(scene, Kind::Ingress, true, "");
        },
        True,
        "RouteAccepted",
    ),
    (
        "every gateway has taken the route",
        |scene| {
            exposed_by(scene, "HTTPRoute");
            route(scene, Kind::HttpRoute, true, "");
        },
        True,
        "RouteAccepted",
    ),
    ("there is no Ingress yet", |s| exposed_by(s, "Ingress"), False, "RouteNotAccepted"),
    (
        "no listener takes the route",
        |scene| {
            exposed_by(scene, "HTTPRoute");
            route(scene, Kind::HttpRoute, false, "no such listener");
        },
        False,
        "RouteNotAccepted",
    ),
    (
        "somebody else has the host",
        |scene| {
            exposed_by(scene, "HTTPRoute");
            route(scene, Kind::HttpRoute, false, "host is already taken");
        },
        False,
        "HostConflict",
    ),
    (
        "the cluster has no gateways",
        |scene| {
            exposed_by(scene, "HTTPRoute");
            scene.fetched.available.clear();
        },
        False,
        "GatewayApiMissing",
    ),
    (
        "the certificate is not there yet",
        |scene| {
            exposed_by(scene, "Ingress");
            route(scene, Kind::Ingress, true, "");
            let state = State::Dependency { ready: false, why: "Issuing".into() };
            scene.have(Kind::Certificate, "team-a-chat", state);
        },
        False,
        "CertificatePending",
    ),
];

#[test]
fn exposed_says_whether_the_route_leads_to_the_chat() {
    check(Exposed, EXPOSED);
}
