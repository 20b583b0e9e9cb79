//! The to-do tools of this release.

use k8s_openapi::api::core::v1::Container;

use super::{
    super::{
        flags, login,
        pod::{probes, volumes},
    },
    Program, Running,
};
use crate::{names, validated::Validated};

pub(super) const PORT: u16 = 8081;

const KEYS: &str = "/etc/todochat/signing-keys";

pub(super) fn program(running: &Running<'_>, validated: &Validated) -> Program {
    let object = &validated.owner.name;
    let keys = names::signing_keys_secret(object);
    // The public halves only: it verifies tokens and makes none.
    let public_keys = volumes::secret("signing-keys", (&keys, "jwks.json"), KEYS, "jwks.json");
    let container = Container { args: Some(args(running, validated)), ..running.container() };
    Program {
        init: None,
        container: probes::ask_admin(container),
        mounted: [volumes::tmp(), public_keys]
            .into_iter()
            .chain(login::of_servers(validated))
            .collect(),
        own_secrets: Vec::new(),
        followed: vec![keys, names::login_secret(object)],
    }
}

/// The flags of `mcp-server/src/config.rs`; `tests/conformance/child_args.rs` has its own parser read them.
fn args(running: &Running<'_>, validated: &Validated) -> Vec<String> {
    let mut args = vec![
        "--listen=0.0.0.0:8081".to_owned(),
        "--admin-listen=0.0.0.0:9090".to_owned(),
        flags::ONE_ADDRESS_IS_MANY.to_owned(),
        // The audience of the tokens for it: letter for letter what the chat calls.
        format!("--public-url={}", running.server.url),
        format!("--issuer-url={}", validated.chat.public_url),
        format!("--issuer-keys-file={KEYS}/jwks.json"),
        format!("--database-url-file={}", login::SERVER_URL),
    ];
    args.extend(login::may_sleep(&validated.database.runs).map(str::to_owned));
    args
}
