//! One handshake: who are you, and which tools do you offer?

use std::collections::HashMap;

use chrono::TimeDelta;
use http::{HeaderName, HeaderValue};
use rmcp::{
    RoleClient,
    model::{
        ClientCapabilities, ClientConfig, Implementation, PaginatedRequestParams, ProtocolVersion,
    },
    service::{ClientLifecycleMode, ClientServiceExt as _, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use todochat_auth::{CallBinding, Issuer, Mint};
use todochat_service::{Clock, Ids};

use super::{
    clients::Clients,
    probe::{Handshake, ProbeError},
    target::{Credential, Target},
    wire::Wire,
};

/// How many tools are looked at.
const MOST_TOOLS: usize = 1000;
/// How many are named.
const MOST_NAMED: usize = 64;
/// How long a name, as a server says it, may be in a status.
const LONGEST_NAME: usize = 128;

/// Whom minted tokens name: nobody, who has no tasks.
const NOBODY: &str = "usr_operator";
/// How long a minted token lives.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(1);

/// Shakes hands.
pub(super) struct Greeter {
    clients: Clients,
    clock: Clock,
    ids: Ids,
}

/// What a request carries to prove itself.
struct Proof {
    token: Option<String>,
    headers: HashMap<HeaderName, HeaderValue>,
}

impl Greeter {
    pub(super) fn new(clients: Clients) -> Self {
        Self { clients, clock: Clock::system(), ids: Ids::random() }
    }

    /// Shakes hands with `target`, however long it takes.
    pub(super) async fn greet(&self, target: &Target) -> Result<Handshake, ProbeError> {
        let proof = self.proof(target).ok_or(ProbeError::BadCredential)?;
        let wire = Wire::new(self.clients.client(target)?);
        let mut config = StreamableHttpClientTransportConfig::with_uri(target.url.as_str())
            .custom_headers(proof.headers)
            .reinit_on_expired_session(false);
        config.auth_header = proof.token;
        let transport = StreamableHttpClientTransport::with_client(wire.clone(), config);
        let connecting = client().serve_with_lifecycle(transport, lifecycle());
        let service = connecting.await.map_err(|_| wire.failure())?;
        let said = ask(&service, target, &wire).await;
        // A server that keeps sessions is told that this one is over.
        drop(service.cancel().await);
        said
    }

    /// `None` if what it needs is not there, or cannot stand in a header.
    fn proof(&self, target: &Target) -> Option<Proof> {
        let token = match &target.credential {
            Credential::Missing => return None,
            Credential::None | Credential::Headers(_) => None,
            Credential::Bearer(token) => Some(token.as_str()?.trim().to_owned()),
            Credential::Minted { keys, issuer } => {
                let issuer = Issuer::new(keys.clone(), issuer.clone());
                Some(self.mint(&issuer, &target.url))
            }
        };
        let headers = match &target.credential {
            Credential::Headers(headers) => headers.as_slice(),
            _ => &[],
        };
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.bytes().trim_ascii()).ok()?;
            Some((name.parse().ok()?, value))
        });
        HeaderValue::from_str(token.as_deref().unwrap_or_default()).ok()?;
        Some(Proof { token, headers: headers.collect::<Option<_>>()? })
    }

    /// Bound to a call that no server has: good for looking and for nothing else.
    fn mint(&self, issuer: &Issuer, audience: &str) -> String {
        let mint = Mint {
            audience,
            subject: NOBODY,
            lifetime: TOKEN_LIFETIME,
            session: None,
            call: Some(CallBinding::of("", &json!({}))),
            token_id: &self.ids.next("jti_"),
        };
        issuer.mint(&mint, self.clock.now())
    }
}

fn client() -> ClientConfig {
    let ourselves = Implementation::new("todochat-operator", env!("CARGO_PKG_VERSION"));
    ClientConfig::new(ClientCapabilities::default(), ourselves)
}

/// A server of this release knows `server/discover`; an older one is greeted its own way when it does not.
fn lifecycle() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    }
}

async fn ask(
    service: &RunningService<RoleClient, ClientConfig>,
    target: &Target,
    wire: &Wire,
) -> Result<Handshake, ProbeError> {
    let peer = service.peer_info().ok_or(ProbeError::NotMcp)?;
    let has_tools = peer.capabilities.tools.is_some();
    let tools = if has_tools { list(service, wire).await? } else { Vec::new() };
    let version = peer.server_info.as_ref().map_or("", |server| server.version.as_str());
    let missing = target.expected.iter().filter(|expected| !tools.contains(expected));
    Ok(Handshake {
        protocol_version: clean(peer.protocol_version.as_str()),
        server_version: clean(version),
        tool_count: tools.len(),
        tools_hash: hash(&tools),
        missing: missing.cloned().collect(),
        tools: tools.iter().take(MOST_NAMED).map(|tool| clean(tool)).collect(),
    })
}

/// The names of all its tools, sorted.
async fn list(
    service: &RunningService<RoleClient, ClientConfig>,
    wire: &Wire,
) -> Result<Vec<String>, ProbeError> {
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let page = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
        let page = service.list_tools(page).await.map_err(|_| wire.failure())?;
        names.extend(page.tools.into_iter().map(|tool| tool.name.into_owned()));
        if names.len() > MOST_TOOLS {
            return Err(ProbeError::TooMuch);
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn hash(names: &[String]) -> String {
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update([0]);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let first = hash.first_chunk().expect("32 bytes are more than 8");
    format!("{:016x}", u64::from_be_bytes(*first))
}

/// What a server says about itself, as it may stand in a status.
fn clean(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}
