//! What the chat server finds in its file system.

use k8s_openapi::api::core::v1::VolumeProjection;

use super::super::{
    login,
    pod::volumes::{self, Mounted},
};
use crate::{
    names::{self, Part},
    validated::{Chat, Prompt, Runs, SecretFile, ToolAuth, ToolServer, Validated},
};

pub(super) const SIGNING_KEYS: &str = "/etc/todochat/signing-keys/keys.json";
pub(super) const TOOL_SERVERS: &str = "/etc/todochat/config/tool-servers.json";
pub(super) const ISSUERS: &str = "/etc/todochat/config/issuers.json";
pub(super) const INVITE_CODES: &str = "/etc/todochat/invite-codes/codes";
pub(super) const MODEL_KEY: &str = "/etc/todochat/model/api-key";

const OWN_PROMPT: &str = "/etc/todochat/config/system-prompt.txt";
const PROMPT: &str = "/etc/todochat/system-prompt/text";

/// The file with the text for the model, if there is one.
pub(super) fn prompt(chat: &Chat) -> Option<&'static str> {
    Some(match chat.system_prompt.as_ref()? {
        Prompt::Inline(_) => OWN_PROMPT,
        Prompt::ConfigMap { .. } => PROMPT,
    })
}

/// Where the token for a tool server is.
pub(super) fn token(server: &str) -> String {
    format!("{}/token", folder(server))
}

/// Where the value of a tool server's n-th header is.
pub(super) fn header(server: &str, n: usize) -> String {
    format!("{}/header-{n}", folder(server))
}

/// Where the certificates are that a tool server's is checked against.
pub(super) fn authority(server: &str) -> String {
    format!("{}/ca.crt", folder(server))
}

fn folder(server: &str) -> String {
    format!("/etc/todochat/tool-{server}")
}

/// All of it.
pub(super) fn mounted(validated: &Validated) -> Vec<Mounted> {
    let (object, chat) = (&validated.owner.name, &validated.chat);
    let config = Part::Chat.name(object);
    let mut mounted = vec![
        volumes::tmp(),
        volumes::whole_config_map("config", &config, "/etc/todochat/config"),
        volumes::secret(
            "signing-keys",
            (&names::signing_keys_secret(object), "keys.json"),
            "/etc/todochat/signing-keys",
            "keys.json",
        ),
    ];
    mounted.extend(login::of_servers(validated));
    mounted.extend(people(chat));
    mounted.extend(validated.tool_servers.iter().filter_map(|server| tool(object, server)));
    mounted
}

/// What people have put into Secrets and ConfigMaps of their own.
fn people(chat: &Chat) -> Vec<Mounted> {
    let secret = |name: &str, from: &SecretFile, path: &str, file: &str| {
        volumes::secret(name, (&from.secret, &from.key), path, file)
    };
    let mut mounted = Vec::new();
    if let Some(codes) = &chat.invite_codes {
        mounted.push(secret("invite-codes", codes, "/etc/todochat/invite-codes", "codes"));
    }
    if let Some(key) = chat.model.as_ref().and_then(|model| model.api_key.as_ref()) {
        mounted.push(secret("model", key, "/etc/todochat/model", "api-key"));
    }
    if let Some(Prompt::ConfigMap { name, key }) = &chat.system_prompt {
        let path = "/etc/todochat/system-prompt";
        mounted.push(volumes::config_map("system-prompt", (name, key), path, "text"));
    }
    mounted
}

/// What the chat shows to a tool server, and checks it against.
fn tool(object: &str, server: &ToolServer) -> Option<Mounted> {
    let sources: Vec<_> =
        token_source(object, server).into_iter().chain(remote_sources(&server.runs)).collect();
    let volume = format!("tool-{}", server.name);
    (!sources.is_empty()).then(|| volumes::together(&volume, sources, &folder(&server.name)))
}

fn token_source(object: &str, server: &ToolServer) -> Option<VolumeProjection> {
    let secret = names::tool_secret(object, &server.name);
    (server.auth == ToolAuth::Shared).then(|| volumes::of_secret(&secret, "token", "token"))
}

fn remote_sources(runs: &Runs) -> Vec<VolumeProjection> {
    let Runs::Remote { headers, ca } = runs else { return Vec::new() };
    let header = |(n, (_, from)): (usize, &(String, SecretFile))| {
        volumes::of_secret(&from.secret, &from.key, &format!("header-{n}"))
    };
    let ca = ca.iter().map(|(name, key)| volumes::of_config_map(name, key, "ca.crt"));
    headers.iter().enumerate().map(header).chain(ca).collect()
}
