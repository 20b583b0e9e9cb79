//! `Exposed`: whether the chat can be reached under its host name, and its address while it can.

use super::{Verdict, View, pods::shortened, verdict::Verdicts};
use crate::{
    conditions::ConditionType,
    crd::{Condition, ExposureType},
    ingress_controllers,
    kinds::Kind,
    names::{Part, certificate_secret},
    world::State,
};

/// How the message begins while the Ingress is in use.
const INGRESS_LEADS: &str = "The Ingress leads to the chat.";

pub(super) fn judge(view: &View<'_>) -> Verdict {
    let (kind, name) = match view.spec().exposure.kind {
        ExposureType::None => {
            return Verdict::fails("NotRequested", "spec.exposure.type is None.");
        }
        ExposureType::Ingress => (Kind::Ingress, "Ingress"),
        ExposureType::HttpRoute => (Kind::HttpRoute, "HTTPRoute"),
    };
    if kind == Kind::HttpRoute && !has_gateways(view) {
        return Verdict::fails(
            "GatewayApiMissing",
            "The cluster has no kind HTTPRoute; install the Gateway API, or use spec.exposure.type Ingress.",
        );
    }
    match view.child(kind, &Part::Chat).map(|route| &route.state) {
        Some(State::Route { accepted: false, why }) => not_accepted(name, why),
        Some(State::Route { accepted: true, .. }) => certificate(view).unwrap_or_else(|| {
            let but = doubt(view).or_else(|| listeners_part(view));
            let but = but.map(|but| format!(" {but}")).unwrap_or_default();
            Verdict::holds("RouteAccepted", format!("The {name} leads to the chat.{but}"))
        }),
        _ => Verdict::fails("RouteNotAccepted", format!("The {name} does not exist yet.")),
    }
}

/// Why streams might be cut or held back although the route is there.
fn doubt(view: &View<'_>) -> Option<String> {
    let exposure = &view.spec().exposure;
    match exposure.kind {
        ExposureType::Ingress => {
            let ingress = exposure.ingress.clone().unwrap_or_default();
            let fetched = view.input.fetched;
            let says = fetched.and_then(|fetched| fetched.ingress_controller.as_deref());
            ingress_controllers::doubt(&ingress, says, exposure.tls.is_some())
        }
        ExposureType::None | ExposureType::HttpRoute => None,
    }
}

/// The same, as a condition tells it.
pub(super) fn told_doubt(exposed: &Condition) -> Option<&str> {
    exposed.message.strip_prefix(INGRESS_LEADS)?.strip_prefix(' ')
}

/// A route has no certificate: what answers under its host name is the gateway's listener.
fn listeners_part(view: &View<'_>) -> Option<String> {
    let exposure = &view.spec().exposure;
    let tls = exposure.tls.as_ref().filter(|_| exposure.kind == ExposureType::HttpRoute)?;
    let secret = match &tls.secret_ref {
        Some(secret) => secret.name.clone(),
        None => certificate_secret(&view.name),
    };
    Some(format!("For https its gateway's listener has to use Secret {secret}."))
}

/// Taken for granted where nothing could be looked up.
fn has_gateways(view: &View<'_>) -> bool {
    view.input.fetched.is_none_or(|fetched| fetched.available.contains(&Kind::HttpRoute))
}

fn not_accepted(name: &str, why: &str) -> Verdict {
    let lower = why.to_ascii_lowercase();
    let taken = lower.contains("conflict") || lower.contains("already");
    let reason = if taken { "HostConflict" } else { "RouteNotAccepted" };
    Verdict::fails(reason, format!("The {name} is not in use: {}.", shortened(why)))
}

/// What stands against the certificate, if cert-manager is asked for one.
fn certificate(view: &View<'_>) -> Option<Verdict> {
    view.spec().exposure.tls.as_ref()?.cert_manager.as_ref()?;
    let certificates = view.world().children.iter().filter(|(id, _)| id.kind == Kind::Certificate);
    let states: Vec<&State> = certificates.map(|(_, certificate)| &certificate.state).collect();
    let why = states.iter().find_map(|state| match state {
        State::Dependency { ready: false, why } => Some(shortened(why)),
        _ => None,
    });
    match why {
        Some(why) => Some(Verdict::fails(
            "CertificatePending",
            format!("cert-manager has no certificate yet: {why}."),
        )),
        None if states.is_empty() => {
            Some(Verdict::fails("CertificatePending", "The Certificate does not exist yet."))
        }
        None => None,
    }
}

/// The chat's address, only while it leads there.
pub(super) fn url(view: &View<'_>, verdicts: &Verdicts) -> Option<String> {
    verdicts.get(&ConditionType::Exposed).filter(|exposed| exposed.is_true())?;
    match view.validated() {
        Some(validated) => Some(validated.chat.public_url.clone()),
        None => view.previous()?.url.clone(),
    }
}
