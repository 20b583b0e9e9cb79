//! A tool server that people bring: an image whose program speaks MCP over standard input and output. A bridge of this
//! release is put into its container, runs the program and serves it over HTTP.

use k8s_openapi::api::core::v1::{Container, VolumeMount};

use super::{
    super::{
        flags,
        pod::{self, probes, volumes},
    },
    Program, Running, Token,
};
use crate::validated::{Image, Validated};

pub(super) const PORT: u16 = 8080;

/// Where the bridge is put.
const FOLDER: &str = "/bridge";

pub(super) fn program(
    running: &Running<'_>,
    validated: &Validated,
    command: &[String],
    bridge: &Image,
) -> Program {
    let token = running.token(&validated.owner.name);
    let bridge_folder = volumes::scratch("bridge", FOLDER, "256Mi");
    let bridged = bridged(running, token.as_ref(), command);
    let container = Container { command: Some(bridged), ..running.container() };
    Program {
        init: Some(install(bridge, bridge_folder.mount.clone())),
        container: probes::ask_admin(container),
        mounted: [volumes::tmp(), bridge_folder]
            .into_iter()
            .chain(token.iter().map(Token::mounted))
            .collect(),
        own_secrets: token.into_iter().map(|token| token.secret).collect(),
        followed: Vec::new(),
    }
}

/// The bridge copies itself to where the other container finds it.
fn install(bridge: &Image, mount: VolumeMount) -> Container {
    Container {
        args: Some(vec!["install".to_owned(), FOLDER.to_owned()]),
        volume_mounts: Some(vec![mount]),
        ..pod::container("bridge", bridge, pod::modest_resources())
    }
}

/// The flags of `mcp-server`'s `bridge`; `tests/conformance/child_args.rs` has its own parser read them.
fn bridged(running: &Running<'_>, token: Option<&Token>, command: &[String]) -> Vec<String> {
    let mut words = vec![
        format!("{FOLDER}/todochat-mcp-server"),
        "bridge".to_owned(),
        "--listen=0.0.0.0:8080".to_owned(),
        "--admin-listen=0.0.0.0:9090".to_owned(),
        flags::ONE_ADDRESS_IS_MANY.to_owned(),
    ];
    words.push(match token {
        Some(token) => format!("--token-file={}", token.file()),
        // Without a token it answers only to names that it knows, and else to loopback alone.
        None => format!("--allowed-host={}", host(&running.server.url)),
    });
    let timeout = running.server.timeout;
    words.extend(timeout.map(|time| format!("--request-timeout={}", flags::duration(time))));
    words.push("--".to_owned());
    words.extend(command.iter().cloned());
    words
}

/// The host of a URL of our own making.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split([':', '/']).next().unwrap_or(rest)
}
