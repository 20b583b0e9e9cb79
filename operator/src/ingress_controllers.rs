//! What each ingress controller has to be told, so that it passes events on at once and does not cut a stream that is silent
//! for a while. `build` writes it down; `status` says what could not be.
//!
//! ```text
//! the class ─▶ Controller ─┬ ingress   annotations of the Ingress
//!                          ├ service   annotations of the chat's Service
//!                          └ left      what only others can set
//!           ─▶ unknown ─────▶ doubt: a sentence in `Exposed`, and an event
//! ```
//!
//! An `IngressClass` says which controller is its own: `k8s.io/ingress-nginx`, `projectcontour.io/ingress-controller`. A known one
//! is told by a word of that. Where the class is not there, or may not be seen (an operator of single namespaces may not), a
//! word of its own name has to do: `nginx`, `nginx-internal`, `openshift-default`. The chat sends a heartbeat at least every minute, so an hour is far more than any proxy has to wait.

use crate::crd::{ExposureSpec, ExposureType, IngressSpec};

/// Names and values of annotations.
type Annotations = &'static [(&'static str, &'static str)];

/// An ingress controller that is known, or several that go by the same name: what one does not know it leaves alone.
#[derive(Debug)]
pub struct Controller {
    /// Words that tell it, in what its classes say of it and in their names.
    words: &'static [&'static str],
    /// What the Ingress has to say to it.
    pub ingress: Annotations,
    /// What the chat's Service has to say to it.
    pub service: Annotations,
    /// What has to be set elsewhere, by somebody else.
    left: Option<&'static str>,
    /// The same, where people come without encryption.
    left_plain: Option<&'static str>,
}

const KNOWN: &[Controller] = &[
    // ingress-nginx of Kubernetes, and F5's. Answers are cut after a silence of 60 seconds; what a slow reader has not taken is
    // buffered, even on disk. Requests are small, and stay buffered: that shields the chat from slow senders.
    on_ingress(
        &["nginx", "webapprouting"],
        &[
            ("nginx.ingress.kubernetes.io/proxy-buffering", "off"),
            ("nginx.ingress.kubernetes.io/proxy-read-timeout", "3600"),
            ("nginx.ingress.kubernetes.io/proxy-send-timeout", "3600"),
            ("nginx.org/proxy-buffering", "false"),
            ("nginx.org/proxy-read-timeout", "3600s"),
            ("nginx.org/proxy-send-timeout", "3600s"),
        ],
    ),
    // HAProxy Technologies', and the community's. 50 seconds; nothing is buffered. (`timeout tunnel` is for other protocols.)
    Controller {
        words: &["haproxy"],
        ingress: &[
            ("haproxy.org/timeout-server", "3600s"),
            ("haproxy-ingress.github.io/timeout-server", "3600s"),
        ],
        service: &[],
        left: None,
        left_plain: Some(HAPROXY_LINGERS),
    },
    // Its routes are HAProxy's, with 30 seconds, and take the annotations of the Ingress over.
    Controller {
        words: &["openshift"],
        ingress: &[("haproxy.router.openshift.io/timeout", "3600s")],
        service: &[],
        left: None,
        left_plain: Some(HAPROXY_LINGERS),
    },
    // 60 seconds. Straight to the pods: our Service has no port on the nodes.
    on_ingress(
        &["alb"],
        &[
            (
                "alb.ingress.kubernetes.io/load-balancer-attributes",
                "idle_timeout.timeout_seconds=3600",
            ),
            ("alb.ingress.kubernetes.io/target-type", "ip"),
        ],
    ),
    on_ingress(
        &["azure-application-gateway"],
        &[("appgw.ingress.kubernetes.io/request-timeout", "3600")],
    ),
    // Envoy's own limit is one for the whole answer.
    on_ingress(
        &["contour", "projectcontour"],
        &[("projectcontour.io/response-timeout", "infinity")],
    ),
    // 60 seconds, in milliseconds, and on the Service.
    Controller {
        words: &["kong"],
        ingress: &[("konghq.com/response-buffering", "false")],
        service: &[("konghq.com/read-timeout", "3600000"), ("konghq.com/write-timeout", "3600000")],
        left: None,
        left_plain: None,
    },
    // These pass streams on as they are.
    on_ingress(&["traefik", "istio", "cilium"], &[]),
    Controller {
        words: &["gce"],
        ingress: &[],
        service: &[],
        left: Some(
            "Google's load balancer ends every answer after 30 seconds unless the chat's Service names a BackendConfig with another timeoutSec.",
        ),
        left_plain: None,
    },
];

/// It asks the system to wait for more before it sends a piece of an answer; its encryption has no room for that.
const HAPROXY_LINGERS: &str = "Over plain http HAProxy passes each word on 0.2 seconds late: serve https (spec.exposure.tls), or have `option http-no-delay` set.";

const fn on_ingress(words: &'static [&'static str], ingress: Annotations) -> Controller {
    Controller { words, ingress, service: &[], left: None, left_plain: None }
}

/// What a class says of its controller, asked `of` the class that is named, or of the default one. Asked only where there is
/// to be an Ingress.
pub fn wanted(
    exposure: &ExposureSpec,
    of: impl FnOnce(Option<&str>) -> Option<String>,
) -> Option<String> {
    let class = exposure.ingress.as_ref().and_then(|ingress| ingress.class_name.as_deref());
    if exposure.kind == ExposureType::Ingress { of(class) } else { None }
}

/// The controller behind a class: what the class `says` counts, and its name only where it says nothing.
pub fn behind(class: Option<&str>, says: Option<&str>) -> Option<&'static Controller> {
    let told = in_words(says.or(class).unwrap_or_default());
    let is_in = |word: &&str| told.contains(&in_words(word));
    KNOWN.iter().find(|controller| controller.words.iter().any(is_in))
}

/// With a dash before and after each word.
fn in_words(name: &str) -> String {
    format!("-{}-", name.replace(['.', '/'], "-"))
}

/// Why a stream might be cut or held back on its way, and what to do, if nothing here sees to it. Somebody who sets a time-out
/// knows what it is about. `says` is what the class says of its controller.
pub fn doubt(ingress: &IngressSpec, says: Option<&str>, is_encrypted: bool) -> Option<String> {
    let class = ingress.class_name.as_deref();
    let known = behind(class, says);
    let plain = known.filter(|_| !is_encrypted).and_then(|controller| controller.left_plain);
    if plain.is_some() || ingress.annotations.keys().any(|name| name.contains("timeout")) {
        return plain.map(str::to_owned);
    }
    match (known, says.or(class)) {
        (Some(controller), _) => controller.left.map(str::to_owned),
        (None, Some(says)) if class != Some(says) => Some(format!(
            "How streams pass ingress controller {says} is not known: set its time-out for silent answers above a minute, and no buffering, in spec.exposure.ingress.annotations."
        )),
        (None, Some(class)) => Some(format!(
            "How streams pass ingress class {class} is not known: set its time-out for silent answers above a minute, and no buffering, in spec.exposure.ingress.annotations."
        )),
        (None, None) => Some(
            "How streams pass the cluster's default ingress class is not known: name the class in spec.exposure.ingress.className."
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> IngressSpec {
        IngressSpec { class_name: Some(name.to_owned()), ..IngressSpec::default() }
    }

    #[test]
    fn a_class_is_known_by_a_word_of_its_name() {
        for (name, annotation) in [
            ("nginx", "nginx.org/proxy-buffering"),
            ("internal-nginx.example.com", "nginx.org/proxy-buffering"),
            ("webapprouting.kubernetes.azure.com", "nginx.org/proxy-buffering"),
            ("haproxy-public", "haproxy.org/timeout-server"),
            ("openshift-default", "haproxy.router.openshift.io/timeout"),
            ("alb", "alb.ingress.kubernetes.io/target-type"),
            ("azure-application-gateway", "appgw.ingress.kubernetes.io/request-timeout"),
            ("contour", "projectcontour.io/response-timeout"),
            ("kong", "konghq.com/response-buffering"),
        ] {
            let controller = behind(Some(name), None).unwrap_or_else(|| panic!("{name}"));
            assert!(controller.ingress.iter().any(|(said, _)| *said == annotation), "{name}");
            assert_eq!(doubt(&class(name), None, true), None);
        }
        for name in ["nginxish", "my-albatross", "public", "gateway"] {
            assert!(behind(Some(name), None).is_none(), "{name}");
        }
    }

    #[test]
    fn what_a_class_says_of_its_controller_counts_and_not_its_name() {
        for (says, annotation) in [
            ("k8s.io/ingress-nginx", "nginx.org/proxy-buffering"),
            ("nginx.org/ingress-controller", "nginx.org/proxy-buffering"),
            ("haproxy.org/ingress-controller", "haproxy.org/timeout-server"),
            ("haproxy-ingress.github.io/controller", "haproxy.org/timeout-server"),
            ("openshift.io/ingress-to-route", "haproxy.router.openshift.io/timeout"),
            ("ingress.k8s.aws/alb", "alb.ingress.kubernetes.io/target-type"),
            ("azure/application-gateway", "appgw.ingress.kubernetes.io/request-timeout"),
            ("projectcontour.io/ingress-controller", "projectcontour.io/response-timeout"),
            ("ingress-controllers.konghq.com/kong", "konghq.com/response-buffering"),
        ] {
            let controller =
                behind(Some("traefik"), Some(says)).unwrap_or_else(|| panic!("{says}"));
            assert!(controller.ingress.iter().any(|(said, _)| *said == annotation), "{says}");
            assert_eq!(doubt(&class("public"), Some(says), true), None);
            // The cluster's default class.
            assert_eq!(doubt(&IngressSpec::default(), Some(says), true), None);
        }
        let strange = doubt(&class("nginx"), Some("example.com/of-their-own"), true).unwrap();
        assert!(strange.contains("controller example.com/of-their-own is not known"), "{strange}");
        assert!(behind(Some("nginx"), Some("example.com/of-their-own")).is_none());
    }

    #[test]
    fn what_nothing_sees_to_is_told() {
        assert!(
            doubt(&class("public"), None, true)
                .unwrap()
                .contains("ingress class public is not known")
        );
        assert!(doubt(&IngressSpec::default(), None, true).unwrap().contains("className"));
        assert!(doubt(&class("gce-internal"), None, true).unwrap().contains("BackendConfig"));
        assert_eq!(doubt(&class("traefik"), None, false), None);
    }

    #[test]
    fn haproxy_is_late_without_encryption() {
        for name in ["haproxy", "openshift-default"] {
            assert!(doubt(&class(name), None, false).unwrap().contains("http-no-delay"));
            assert_eq!(doubt(&class(name), None, true), None);
        }
    }

    #[test]
    fn who_sets_a_time_out_is_not_told_about_it() {
        let mut ingress = class("public");
        ingress.annotations.insert("example.com/limit".to_owned(), "1".to_owned());
        assert!(doubt(&ingress, None, true).is_some());
        ingress.annotations.insert("example.com/idle-timeout".to_owned(), "5m".to_owned());
        assert_eq!(doubt(&ingress, None, true), None);
    }

    /// The longest pause between two heartbeats that a spec may ask for is a minute.
    #[test]
    fn every_time_out_is_far_longer_than_a_silence() {
        let all = KNOWN.iter().flat_map(|known| known.ingress.iter().chain(known.service));
        for (name, value) in all.filter(|(name, _)| name.contains("timeout")) {
            let number: Option<u64> = value.trim_end_matches('s').parse().ok();
            let milliseconds = name.starts_with("konghq.com/");
            let seconds = number.map(|number| if milliseconds { number / 1000 } else { number });
            assert!(*value == "infinity" || seconds.is_some_and(|it| it >= 60 * 60), "{name}");
        }
    }
}
