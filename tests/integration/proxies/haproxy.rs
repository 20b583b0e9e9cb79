//! How the controllers that run HAProxy write annotations into its configuration.

use super::{Configuration, Program};

/// HAProxy Technologies' ingress controller.
pub(super) fn of_haproxy_technologies(annotations: &[(String, String)]) -> Configuration {
    written(annotations, "haproxy.org/", "timeout-server")
}

/// The community's `haproxy-ingress`.
pub(super) fn of_the_community(annotations: &[(String, String)]) -> Configuration {
    written(annotations, "haproxy-ingress.github.io/", "timeout-server")
}

/// OpenShift's router.
pub(super) fn of_openshift(annotations: &[(String, String)]) -> Configuration {
    written(annotations, "haproxy.router.openshift.io/", "timeout")
}

fn written(annotations: &[(String, String)], prefix: &str, known: &str) -> Configuration {
    let own =
        annotations.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
    let written = |(name, value): (&str, &String)| {
        assert_eq!(name, known, "what does {name} become?");
        format!("timeout server {value}")
    };
    let backend: Vec<_> = own.map(written).collect();
    assert!(!backend.is_empty(), "nothing is said to {prefix}");
    Configuration { program: Program::Haproxy, backend, is_encrypted: true }
}

/// The whole configuration of a program of its own: but for the time-outs what Debian's says.
pub(super) fn text(
    configuration: &Configuration,
    (listen, server): (u16, &str),
    impatience: u64,
    certificate: &str,
) -> String {
    let told =
        configuration.backend.iter().fold(String::new(), |told, said| told + "  " + said + "\n");
    let encrypted =
        if configuration.is_encrypted { format!(" ssl crt {certificate}") } else { String::new() };
    let server = server.trim_start_matches("http://");
    format!(
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client {impatience}s\n  timeout server {impatience}s\n\
         frontend people\n  bind 127.0.0.1:{listen}{encrypted}\n  default_backend chat\n\
         backend chat\n{told}  server chat {server}\n"
    )
}
