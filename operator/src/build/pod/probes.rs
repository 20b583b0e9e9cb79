//! Probes. The one for life never asks anything of others: a database that is away is no reason to end a server.

use k8s_openapi::{
    api::core::v1::{Container, ExecAction, HTTPGetAction, Probe, TCPSocketAction},
    apimachinery::pkg::util::intstr::IntOrString,
};

/// The port of the admin listener, by name.
pub(in crate::build) const ADMIN: &str = "admin";
/// The port of what a server is there for, by name.
pub(in crate::build) const HTTP: &str = "http";

/// Asks the admin listener of a server of ours.
pub(in crate::build) fn ask_admin(container: Container) -> Container {
    let get = |path: &str| Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String(ADMIN.to_owned()),
            ..HTTPGetAction::default()
        }),
        ..Probe::default()
    };
    with(container, &get("/livez"), &get("/readyz"), 60)
}

/// Connects: all that can be asked of a server that we do not know.
pub(in crate::build) fn connect(container: Container) -> Container {
    let connect = Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::String(HTTP.to_owned()),
            host: None,
        }),
        ..Probe::default()
    };
    with(container, &connect, &connect, 60)
}

/// Runs a program in the container. The start may take half an hour: a database may have much to replay.
pub(in crate::build) fn run(container: Container, command: &[&str]) -> Container {
    let command = command.iter().map(|&word| word.to_owned()).collect();
    let run = Probe { exec: Some(ExecAction { command: Some(command) }), ..Probe::default() };
    with(container, &run, &run, 1800)
}

fn with(container: Container, alive: &Probe, ready: &Probe, start_seconds: i32) -> Container {
    let every = |probe: &Probe, seconds, failures| Probe {
        period_seconds: Some(seconds),
        timeout_seconds: Some(3),
        failure_threshold: Some(failures),
        ..probe.clone()
    };
    Container {
        startup_probe: Some(every(alive, 1, start_seconds)),
        readiness_probe: Some(every(ready, 5, 2)),
        liveness_probe: Some(every(alive, 10, 6)),
        ..container
    }
}
