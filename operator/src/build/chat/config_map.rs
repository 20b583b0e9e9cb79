//! What the chat server is told in files: its ConfigMap. It names secrets' files and holds no secret.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use serde::Serialize;

use super::{super::metadata, files};
use crate::{
    names::Part,
    validated::{Prompt, Runs, ToolAuth, ToolServer, Validated},
};

/// The ConfigMap.
pub(in crate::build) fn config_map(validated: &Validated) -> ConfigMap {
    ConfigMap {
        metadata: metadata::object_meta(&validated.owner, &Part::Chat),
        data: Some(data(validated)),
        ..ConfigMap::default()
    }
}

/// All that stands in it: when it changes, the pods are replaced.
pub(super) fn content(validated: &Validated) -> String {
    json(&data(validated))
}

fn data(validated: &Validated) -> BTreeMap<String, String> {
    let servers = validated.tool_servers.iter().map(Server::of).collect();
    let mut data = BTreeMap::from([("tool-servers.json".to_owned(), json(&File { servers }))]);
    if let Some(issuers) = &validated.chat.issuers {
        data.insert("issuers.json".to_owned(), issuers.clone());
    }
    if let Some(Prompt::Inline(text)) = &validated.chat.system_prompt {
        data.insert("system-prompt.txt".to_owned(), text.clone());
    }
    data
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("texts and lists of texts are JSON")
}

/// As the chat server reads it (`--tool-servers-file`).
#[derive(Serialize)]
struct File<'a> {
    servers: Vec<Server<'a>>,
}

#[derive(Serialize)]
struct Server<'a> {
    name: &'a str,
    url: &'a str,
    internal: bool,
    auth: Auth,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<String>,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u128>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    allow: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    deny: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    require_approval: &'a [String],
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Auth {
    Minted,
    Bearer { token_file: String },
    None,
}

#[derive(Serialize)]
struct Header<'a> {
    name: &'a str,
    value_file: String,
}

impl<'a> Server<'a> {
    fn of(server: &'a ToolServer) -> Self {
        let (headers, has_authority) = match &server.runs {
            Runs::Remote { headers, ca } => (headers.as_slice(), ca.is_some()),
            Runs::Todo(_) | Runs::Image { .. } | Runs::Stdio { .. } => (&[][..], false),
        };
        let header = |(n, (name, _)): (usize, &'a (String, _))| Header {
            name,
            value_file: files::header(&server.name, n),
        };
        Self {
            name: &server.name,
            url: &server.url,
            internal: !matches!(server.runs, Runs::Remote { .. }),
            auth: Auth::of(server),
            headers: headers.iter().enumerate().map(header).collect(),
            ca_file: has_authority.then(|| files::authority(&server.name)),
            required: server.required,
            timeout_ms: server.timeout.map(|time| time.as_millis()),
            allow: &server.tools.allow,
            deny: &server.tools.deny,
            require_approval: &server.tools.require_approval,
        }
    }
}

impl Auth {
    fn of(server: &ToolServer) -> Self {
        match server.auth {
            ToolAuth::Minted => Self::Minted,
            ToolAuth::Shared => Self::Bearer { token_file: files::token(&server.name) },
            ToolAuth::None => Self::None,
        }
    }
}
