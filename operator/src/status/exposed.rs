//! `Exposed`: whether the chat can be reached under its host name, and its address while it can.

use super::{Verdict, View, pods::shortened, verdict::Verdicts};
use crate::{conditions::ConditionType, crd::ExposureType, kinds::Kind, names::Part, world::State};

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
            Verdict::holds("RouteAccepted", format!("The {name} leads to the chat."))
        }),
        _ => Verdict::fails("RouteNotAccepted", format!("The {name} does not exist yet.")),
    }
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
