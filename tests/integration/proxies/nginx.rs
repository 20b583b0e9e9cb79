//! How the two controllers that run nginx write annotations into its configuration.

use super::{Configuration, Program};

/// `kubernetes/ingress-nginx`.
pub(super) fn of_kubernetes(annotations: &[(String, String)]) -> Configuration {
    written(annotations, "nginx.ingress.kubernetes.io/", |name, value| match name {
        "proxy-buffering" => format!("proxy_buffering {value}"),
        "proxy-read-timeout" => format!("proxy_read_timeout {value}s"),
        "proxy-send-timeout" => format!("proxy_send_timeout {value}s"),
        _ => panic!("what does {name} become?"),
    })
}

/// F5's NGINX Ingress Controller.
pub(super) fn of_f5(annotations: &[(String, String)]) -> Configuration {
    written(annotations, "nginx.org/", |name, value| match (name, value) {
        ("proxy-buffering", "false") => "proxy_buffering off".to_owned(),
        ("proxy-read-timeout", value) => format!("proxy_read_timeout {value}"),
        ("proxy-send-timeout", value) => format!("proxy_send_timeout {value}"),
        _ => panic!("what does {name} become?"),
    })
}

fn written(
    annotations: &[(String, String)],
    prefix: &str,
    directive: impl Fn(&str, &str) -> String,
) -> Configuration {
    let own =
        annotations.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
    let backend: Vec<_> = own.map(|(name, value)| directive(name, value)).collect();
    assert!(!backend.is_empty(), "nothing is said to {prefix}");
    Configuration { program: Program::Nginx, backend, is_encrypted: false }
}

/// The whole configuration of a program of its own, whose files are in `folder`.
pub(super) fn text(
    configuration: &Configuration,
    folder: &str,
    (listen, server): (u16, &str),
    impatience: u64,
) -> String {
    let told = configuration
        .backend
        .iter()
        .fold(String::new(), |told, said| told + "      " + said + ";\n");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr warn;\n\
         events {{}}\n\
         http {{\n  access_log off;\n{temporary}\
           proxy_read_timeout {impatience}s;\n  proxy_send_timeout {impatience}s;\n\
           server {{\n    listen 127.0.0.1:{listen};\n    location / {{\n\
             proxy_pass {server};\n      proxy_http_version 1.1;\n      proxy_set_header Host $http_host;\n\
         {told}    }}\n  }}\n}}\n"
    )
}
