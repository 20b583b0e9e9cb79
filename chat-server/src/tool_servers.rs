//! Which tool servers there are: `--mcp-url`, or `--tool-servers-file`.
//!
//! ```text
//! file ─▶ ToolServerSettings ─ judged, given a client ─▶ agent::tools::ToolServer
//! ```
//!
//! The file names secrets and holds none. It is read once, at start; the secrets are read when they
//! are used.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use http::{
    HeaderName,
    header::{
        ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING,
    },
};
use reqwest::{Certificate, Client, Url};
use serde::Deserialize;

use crate::{
    agent::tools::{Credential, LONGEST_CALL, Rules, ToolServer},
    outgoing::Outgoing,
};

/// Servers beyond this are a mistake.
const MOST_SERVERS: usize = 64;

/// The shortest time that a call may be given: less is a mistake in the unit.
const SHORTEST_CALL: Duration = Duration::from_secs(1);

/// Headers that are the transport's to write.
const RESERVED: [HeaderName; 6] =
    [ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    servers: Vec<ToolServerSettings>,
}

/// One tool server, as the file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolServerSettings {
    /// What it is called; letters, digits, `-` and `_`.
    pub name: String,
    /// Its MCP endpoint.
    pub url: String,
    /// Whether the address comes from whoever runs this server, and not from its users: then it is
    /// reached whatever `--outgoing-allow` says.
    #[serde(default)]
    pub internal: bool,
    /// What it is shown.
    pub auth: Auth,
    /// Headers for each request.
    #[serde(default)]
    pub headers: Vec<HeaderFile>,
    /// Certificates of the authorities that may vouch for it, instead of the usual ones (PEM).
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Whether no answer may begin while it is away.
    #[serde(default = "yes")]
    pub required: bool,
    /// How long a call may take, from 1 s to 120 s, if not as long as `--tool-time` says.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// Only these tools, if given.
    #[serde(default)]
    pub allow: Option<Vec<String>>,
    /// Never these tools.
    #[serde(default)]
    pub deny: Vec<String>,
    /// Tools that wait for the user's approval. This release cannot ask for it, so it never calls
    /// them: the model is told so.
    #[serde(default)]
    pub require_approval: Vec<String>,
}

/// What a tool server is shown with each request.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Auth {
    /// A token minted for the user and the call, with the URL as its audience.
    Minted {},
    /// The token in a file.
    Bearer {
        /// Which file.
        token_file: PathBuf,
    },
    /// Nothing.
    None {},
}

/// A header whose value is in a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderFile {
    /// The header's name.
    pub name: String,
    /// The file that holds its value.
    pub value_file: PathBuf,
}

fn yes() -> bool {
    true
}

impl ToolServerSettings {
    /// Our own tool server at this address, which is also the audience of the tokens for it.
    pub fn ours(url: String) -> Self {
        Self {
            name: "todo".to_owned(),
            url,
            internal: false,
            auth: Auth::Minted {},
            headers: Vec::new(),
            ca_file: None,
            required: true,
            timeout_ms: None,
            allow: None,
            deny: Vec::new(),
            require_approval: Vec::new(),
        }
    }

    /// With a client that reaches what may be reached. `time` is for those that say nothing of their own.
    pub fn connected(self, outgoing: &Outgoing, time: Duration) -> anyhow::Result<ToolServer> {
        let http = self.client(outgoing).with_context(|| format!("tool server {}", self.name))?;
        let headers = self.headers()?;
        Ok(ToolServer {
            credential: match self.auth {
                Auth::Minted {} => Credential::Minted { audience: self.url.clone() },
                Auth::Bearer { token_file } => Credential::Bearer(token_file),
                Auth::None {} => Credential::None,
            },
            name: self.name,
            url: self.url,
            http,
            headers,
            required: self.required,
            time: self.timeout_ms.map_or(time, Duration::from_millis),
            rules: Rules {
                allow: self.allow,
                deny: self.deny,
                require_approval: self.require_approval,
            },
        })
    }

    fn client(&self, outgoing: &Outgoing) -> anyhow::Result<Client> {
        let mut client = self.outgoing(outgoing).client();
        if let Some(file) = &self.ca_file {
            let about = || format!("ca_file {}", file.display());
            let pem = std::fs::read(file).with_context(about)?;
            let authorities = Certificate::from_pem_bundle(&pem).with_context(about)?;
            ensure!(!authorities.is_empty(), "{} holds no certificate", about());
            client = client.tls_certs_only(authorities);
        }
        Ok(client.build()?)
    }

    fn outgoing(&self, outgoing: &Outgoing) -> Outgoing {
        if self.internal { Outgoing::anywhere() } else { outgoing.clone() }
    }

    fn headers(&self) -> anyhow::Result<Vec<(HeaderName, PathBuf)>> {
        let header = |header: &HeaderFile| {
            let name: HeaderName = header.name.parse().context("is no name of a header")?;
            let reserved = RESERVED.contains(&name) || name.as_str().starts_with("mcp-");
            ensure!(!reserved, "is not for you to set");
            let twice = name == AUTHORIZATION && !matches!(self.auth, Auth::None {});
            ensure!(!twice, "is what auth sets already");
            Ok((name, header.value_file.clone()))
        };
        let named = |file: &HeaderFile| header(file).with_context(|| format!("`{}`", file.name));
        self.headers.iter().map(named).collect()
    }

    /// Everything that can be known to be wrong without sending anything.
    fn check(&self, outgoing: &Outgoing) -> anyhow::Result<()> {
        let fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let fits = (1..=63).contains(&self.name.len()) && self.name.chars().all(fit);
        ensure!(fits, "a name has 1 to 63 letters, digits, - and _");
        let url = Url::parse(&self.url).context("url")?;
        self.outgoing(outgoing).check(&url).context("url")?;
        ensure!(self.ca_file.is_none() || url.scheme() == "https", "a ca_file is only for https");
        self.headers().context("headers")?;
        let time = self.timeout_ms.map(Duration::from_millis);
        let fits = time.is_none_or(|time| (SHORTEST_CALL..=LONGEST_CALL).contains(&time));
        ensure!(fits, "timeout_ms is from 1000 to 120000");
        Ok(())
    }
}

/// Reads and judges `--tool-servers-file`.
pub fn read(file: &Path, outgoing: &Outgoing) -> anyhow::Result<Vec<ToolServerSettings>> {
    let about = || format!("--tool-servers-file {}", file.display());
    let text = std::fs::read_to_string(file).with_context(about)?;
    parse(&text, outgoing).with_context(about)
}

fn parse(text: &str, outgoing: &Outgoing) -> anyhow::Result<Vec<ToolServerSettings>> {
    let File { servers } = serde_json::from_str(text)?;
    ensure!(servers.len() <= MOST_SERVERS, "more than {MOST_SERVERS} servers");
    let mut names = HashSet::new();
    for server in &servers {
        let about = || format!("server `{}`", server.name);
        server.check(outgoing).with_context(about)?;
        ensure!(names.insert(&server.name), "{} is there twice", about());
    }
    Ok(servers)
}

#[cfg(test)]
mod tests;
