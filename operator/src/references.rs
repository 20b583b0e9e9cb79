//! What of other people's a spec points at: where it says so, and which entries it wants.
//!
//! ```text
//! spec ─▶ uses ─┬▶ references: the names; `dereference` looks them up       → Fetched
//!               └▶ validate::lookup: whether each is there, may be used, and has its entries
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    crd::{
        ChatSpec, ConfigMapKeyReference, DatabaseSpec, EnvVariable, SecretKeyReference,
        TodoChatSpec, ToolServerSpec,
    },
    names::{ALLOW_ANY, ALLOW_LABEL},
};

/// The objects of other people that a spec names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Secrets.
    pub secrets: BTreeSet<String>,
    /// ConfigMaps.
    pub config_maps: BTreeSet<String>,
    /// A cluster of CloudNativePG.
    pub cnpg_cluster: Option<String>,
}

/// What `spec` points at.
pub fn references(spec: &TodoChatSpec) -> References {
    let mut found = References::default();
    for used in uses(spec) {
        match used.what {
            What::Secret => found.secrets.insert(used.name.to_owned()),
            What::ConfigMap => found.config_maps.insert(used.name.to_owned()),
        };
    }
    if let Some(cluster) = cnpg_cluster(&spec.database) {
        found.secrets.insert(cnpg_login(cluster));
        found.cnpg_cluster = Some(cluster.to_owned());
    }
    found
}

/// Whether a Secret with these labels may be used by the object of this name. (`*` is what one would like to write; the API
/// does not take it as a label's value, so it is `any`. Should it ever take it, it means the same.)
pub fn allows(labels: &BTreeMap<String, String>, object: &str) -> bool {
    let allowed = labels.get(ALLOW_LABEL).map(String::as_str);
    allowed.is_some_and(|allowed| allowed == object || allowed == ALLOW_ANY || allowed == "*")
}

/// The Secret in which CloudNativePG keeps the login of a cluster's application.
pub fn cnpg_login(cluster: &str) -> String {
    format!("{cluster}-app")
}

/// One place in a spec that names an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use<'a> {
    /// Which place, e.g. `spec.chat.model.apiKey`.
    pub(crate) path: String,
    /// The kind of the object.
    pub(crate) what: What,
    /// Its name.
    pub(crate) name: &'a str,
    /// The entries that it must have.
    pub(crate) keys: Vec<&'a str>,
    /// The pods that read it when they start, and not again: they are replaced when it changes.
    pub(crate) read_at_start: Option<Reader<'a>>,
}

/// The kind of an object that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
}

/// Pods that read something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader<'a> {
    /// The chat's.
    Chat,
    /// The tool server's of this name.
    Tool(&'a str),
}

impl<'a> Use<'a> {
    fn secret(path: impl Into<String>, name: &'a str, keys: &[&'a str]) -> Self {
        let (path, keys) = (path.into(), keys.to_vec());
        Self { path, what: What::Secret, name, keys, read_at_start: None }
    }

    fn entry(path: impl Into<String>, entry: &'a SecretKeyReference) -> Self {
        Self::secret(path, &entry.name, &[&entry.key])
    }

    fn config_map(path: impl Into<String>, entry: &'a ConfigMapKeyReference) -> Self {
        let (path, keys) = (path.into(), vec![entry.key.as_str()]);
        Self { path, what: What::ConfigMap, name: &entry.name, keys, read_at_start: None }
    }

    fn at_start(self, reader: Reader<'a>) -> Self {
        Self { read_at_start: Some(reader), ..self }
    }
}

/// Every place in `spec` that names a Secret or ConfigMap, in the order of the spec.
pub(crate) fn uses(spec: &TodoChatSpec) -> Vec<Use<'_>> {
    let mut found = of_chat(&spec.chat);
    found.extend(spec.tool_servers.iter().flat_map(of_tool_server));
    found.extend(of_database(&spec.database));
    if let Some(secret) = spec.exposure.tls.as_ref().and_then(|tls| tls.secret_ref.as_ref()) {
        let keys = ["tls.crt", "tls.key"];
        found.push(Use::secret("spec.exposure.tls.secretRef", &secret.name, &keys));
    }
    let pulled = spec.image_pull_secrets.iter();
    found.extend(pulled.map(|secret| Use::secret("spec.imagePullSecrets", &secret.name, &[])));
    found
}

fn of_chat(chat: &ChatSpec) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    let model = chat.model.as_ref();
    if let Some(key) = model.and_then(|model| model.api_key.as_ref()) {
        found.push(Use::entry("spec.chat.model.apiKey", key));
    }
    let prompt = model.and_then(|model| model.system_prompt.as_ref());
    if let Some(entry) = prompt.and_then(|prompt| prompt.config_map_key_ref.as_ref()) {
        let path = "spec.chat.model.systemPrompt.configMapKeyRef";
        found.push(Use::config_map(path, entry).at_start(Reader::Chat));
    }
    if let Some(codes) = &chat.auth.invite_codes {
        found.push(Use::entry("spec.chat.auth.inviteCodes", codes).at_start(Reader::Chat));
    }
    found.extend(of_environment("spec.chat.env", &chat.env, Reader::Chat));
    found
}

fn of_environment<'a>(
    path: &str,
    variables: &'a [EnvVariable],
    reader: Reader<'a>,
) -> Vec<Use<'a>> {
    let mut found = Vec::new();
    for variable in variables {
        let Some(source) = &variable.value_from else { continue };
        let path = |member| format!("{path}[{}].valueFrom.{member}", variable.name);
        let secret = source.secret_key_ref.as_ref();
        found.extend(secret.map(|entry| Use::entry(path("secretKeyRef"), entry)));
        let config_map = source.config_map_key_ref.as_ref();
        found.extend(config_map.map(|entry| Use::config_map(path("configMapKeyRef"), entry)));
    }
    found.into_iter().map(|used| used.at_start(reader)).collect()
}

fn of_tool_server(server: &ToolServerSpec) -> Vec<Use<'_>> {
    let path = format!("spec.toolServers[{}]", server.name);
    let reader = Reader::Tool(&server.name);
    let mut found = of_environment(&format!("{path}.env"), &server.env, reader);
    let Some(remote) = &server.source.remote else { return found };
    found.extend(remote.headers_from.iter().map(|header| {
        let path = format!("{path}.source.remote.headersFrom[{}]", header.name);
        Use::entry(path, &header.secret_key_ref)
    }));
    // The chat reads certificates once, and headers with each request.
    found.extend(remote.ca_bundle.iter().map(|entry| {
        Use::config_map(format!("{path}.source.remote.caBundle"), entry).at_start(Reader::Chat)
    }));
    found
}

/// Neither the logins nor the certificates of a database are read once only: each new connection reads them.
fn of_database(database: &DatabaseSpec) -> Vec<Use<'_>> {
    const LOGIN: [&str; 2] = ["username", "password"];
    let mut found = of_backup(database);
    let Some(external) = &database.external else { return found };
    if let Some(secret) = &external.admin {
        found.push(Use::secret("spec.database.external.admin", &secret.name, &LOGIN));
    }
    if let Some(secret) = &external.credentials {
        found.push(Use::secret("spec.database.external.credentials", &secret.name, &LOGIN));
    }
    if let Some(entry) = &external.ca_bundle {
        found.push(Use::config_map("spec.database.external.caBundle", entry));
    }
    found
}

/// Each backup reads both.
fn of_backup(database: &DatabaseSpec) -> Vec<Use<'_>> {
    const PATH: &str = "spec.database.backup.destination.s3";
    let backup = database.backup.as_ref();
    let Some(s3) = backup.and_then(|backup| backup.destination.s3.as_ref()) else {
        return Vec::new();
    };
    let keys = ["access-key-id", "secret-access-key"];
    let secret = Use::secret(format!("{PATH}.credentials"), &s3.credentials.name, &keys);
    let authority = s3.ca_bundle.as_ref();
    let authority = authority.map(|entry| Use::config_map(format!("{PATH}.caBundle"), entry));
    [secret].into_iter().chain(authority).collect()
}

fn cnpg_cluster(database: &DatabaseSpec) -> Option<&str> {
    let cluster = database.cnpg.as_ref()?.cluster_ref.as_ref()?;
    Some(&cluster.name)
}

#[cfg(test)]
mod tests;
