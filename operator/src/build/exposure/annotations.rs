//! What the known ingress controllers have to be told, so that they pass events on at once and do not cut a stream that
//! is silent for a while.
//!
//! Traefik does so by itself. Google's has no annotation for it: it cuts every answer after 30 seconds unless a BackendConfig of
//! the Service says otherwise, and that is not ours to make.

use std::collections::BTreeMap;

use crate::crd::IngressSpec;

/// By a word in the class's name. Two controllers share each of the first two names.
const KNOWN: &[(&str, &[(&str, &str)])] = &[
    (
        "nginx",
        &[
            ("nginx.ingress.kubernetes.io/proxy-buffering", "off"),
            ("nginx.ingress.kubernetes.io/proxy-read-timeout", "3600"),
            ("nginx.ingress.kubernetes.io/proxy-send-timeout", "3600"),
            ("nginx.org/proxy-buffering", "false"),
            ("nginx.org/proxy-read-timeout", "3600s"),
            ("nginx.org/proxy-send-timeout", "3600s"),
        ],
    ),
    (
        "haproxy",
        &[
            ("haproxy.org/timeout-server", "3600s"),
            ("haproxy-ingress.github.io/timeout-server", "3600s"),
        ],
    ),
    (
        "alb",
        &[
            (
                "alb.ingress.kubernetes.io/load-balancer-attributes",
                "idle_timeout.timeout_seconds=3600",
            ),
            // Straight to the pods: our Service has no port on the nodes.
            ("alb.ingress.kubernetes.io/target-type", "ip"),
        ],
    ),
];

/// The annotations of an Ingress; people's own win.
pub(super) fn of(ingress: &IngressSpec) -> BTreeMap<String, String> {
    let class = ingress.class_name.as_deref().unwrap_or_default();
    let mut annotations: BTreeMap<_, _> = KNOWN
        .iter()
        .filter(|(word, _)| class.split(['-', '.']).any(|part| part == *word))
        .flat_map(|(_, annotations)| *annotations)
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    annotations.extend(ingress.annotations.clone());
    annotations
}
