//! Where a Secret may be sent. Its entry `base-url` names the one address; without this check whoever may write a `TodoChat`
//! could have a key that they may not read sent to a server of their own.

use super::{Pass, addresses::same_place, model};
use crate::{
    crd::{EnvVariable, ExternalSpec, ToolServerSpec},
    fetched::{Reference, SecretFacts},
};

/// Refuses what would be sent elsewhere.
pub(super) fn check(pass: &mut Pass<'_>) {
    let spec = pass.spec;
    if let Some(model) = &spec.chat.model
        && let Some(key) = &model.api_key
    {
        // The server's own address may be completed to that of its API; either may stand in the Secret.
        let as_written = model.endpoint.as_deref().unwrap_or_default();
        if !bound(pass, &key.name).is_some_and(|bound| same_place(bound, as_written)) {
            let address = model::address(model);
            check_address(pass, "spec.chat.model.apiKey", &key.name, &address);
        }
    }
    check_environment(pass, "spec.chat.env", &spec.chat.env);
    for server in &spec.tool_servers {
        check_tool_server(pass, server);
    }
    if let Some(external) = &spec.database.external {
        check_database(pass, external);
    }
    let backup = spec.database.backup.as_ref();
    if let Some(s3) = backup.and_then(|backup| backup.destination.s3.as_ref()) {
        let path = "spec.database.backup.destination.s3.credentials";
        check_address(pass, path, &s3.credentials.name, &s3.endpoint);
    }
}

fn check_tool_server(pass: &mut Pass<'_>, server: &ToolServerSpec) {
    let path = format!("spec.toolServers[{}]", server.name);
    check_environment(pass, &format!("{path}.env"), &server.env);
    let Some(remote) = &server.source.remote else { return };
    for header in &remote.headers_from {
        let path = format!("{path}.source.remote.headersFrom[{}]", header.name);
        check_address(pass, &path, &header.secret_key_ref.name, &remote.url);
    }
}

fn check_database(pass: &mut Pass<'_>, external: &ExternalSpec) {
    let address = format!("postgres://{}:{}", external.host, external.port);
    for (member, secret) in [("admin", &external.admin), ("credentials", &external.credentials)] {
        if let Some(secret) = secret {
            let path = format!("spec.database.external.{member}");
            check_address(pass, &path, &secret.name, &address);
        }
    }
}

fn check_address(pass: &mut Pass<'_>, path: &str, secret: &str, address: &str) {
    if bound(pass, secret).is_some_and(|bound| !same_place(bound, address)) {
        let problem = format!(
            "the entry `base-url` of the Secret `{secret}` names the only address that it may be \
             sent to, and that is not `{address}`",
        );
        pass.findings.unresolved("Forbidden", path, problem);
    }
}

/// A variable goes to a program, and nobody can tell where that sends it.
fn check_environment(pass: &mut Pass<'_>, path: &str, variables: &[EnvVariable]) {
    for variable in variables {
        let source = variable.value_from.as_ref();
        let Some(entry) = source.and_then(|source| source.secret_key_ref.as_ref()) else {
            continue;
        };
        if bound(pass, &entry.name).is_some() {
            let problem = format!(
                "the entry `base-url` of the Secret `{}` binds it to one address, so it cannot be \
                 a variable of a program",
                entry.name,
            );
            pass.findings.unresolved("Forbidden", &format!("{path}[{}]", variable.name), problem);
        }
    }
}

fn bound<'a>(pass: &Pass<'a>, secret: &str) -> Option<&'a str> {
    match pass.fetched.secrets.get(secret)? {
        Reference::Found(SecretFacts { base_url, .. }) => base_url.as_deref(),
        Reference::Missing | Reference::NotAllowed | Reference::Forbidden => None,
    }
}
