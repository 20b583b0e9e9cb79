//! The tools the agent can call: a tool server over MCP, found out by `tools/list`, never compiled
//! in.
//!
//! ```text
//! Tools::call ─ arguments read ─ token minted for this call ─▶ connection ─▶ POST /mcp
//!                                                                  │ (bearer: one client, a token per request)
//!             ToolOutcome ◀─ outcome: text cleaned and capped ◀────┘
//! ```
//!
//! One connection serves all users; what differs is the token on each request. A token is minted
//! for one call: its audience is the tool server, it lives two minutes, and it is bound to the
//! tool and the very arguments. A user's own token never leaves this server.

mod bearer;
mod connection;
mod outcome;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use rmcp::model::{CacheScope, ErrorCode, JsonObject, ListToolsResult, Tool};
use serde_json::{Value, json};
use todochat_auth::{CallBinding, Issuer, Mint, UserId};
use todochat_service::{Clock, Ids};
use tokio::{sync::Mutex, time::Instant};

use self::{bearer::Bearer, connection::Connection};
pub use self::{connection::ToolsError, outcome::ToolOutcome};
use super::model::{ToolCall, ToolSpec};

/// How long a call may take, connecting included.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a minted token lives.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::seconds(120);

/// A server may say for how long its list of tools is fresh; we believe an hour.
const LONGEST_FRESH: Duration = Duration::from_hours(1);

/// Where tools are.
#[derive(Debug, Clone)]
pub struct ToolServer {
    /// The MCP endpoint.
    pub url: String,
    /// What its tokens must have as `aud`; for our own server its public URL.
    pub audience: String,
}

/// The tools of one tool server. Clones share its connection and its list.
#[derive(Clone)]
pub struct Tools {
    shared: Arc<Shared>,
}

struct Shared {
    audience: String,
    issuer: Issuer,
    clock: Clock,
    ids: Ids,
    connection: Connection,
    listed: Mutex<Option<Listed>>,
}

struct Listed {
    specs: Arc<[ToolSpec]>,
    fresh_until: Instant,
}

impl Tools {
    /// The tools of `server`, which need not be up: nothing connects before it is asked to.
    pub fn new(
        server: ToolServer,
        issuer: Issuer,
        clock: Clock,
        ids: Ids,
        http: reqwest::Client,
    ) -> Self {
        let connection = Connection::new(server.url, http);
        let listed = Mutex::new(None);
        let shared = Shared { audience: server.audience, issuer, clock, ids, connection, listed };
        Self { shared: Arc::new(shared) }
    }

    /// What can be called, from memory while the server said it would not change.
    pub async fn list(&self, user: &UserId) -> Result<Arc<[ToolSpec]>, ToolsError> {
        // Held while asking: those who come meanwhile wait for this answer instead of asking too.
        let mut listed = self.shared.listed.lock().await;
        if let Some(listed) = listed.as_ref().filter(|listed| Instant::now() < listed.fresh_until) {
            return Ok(listed.specs.clone());
        }
        let list = tokio::time::timeout(CALL_TIMEOUT, self.list_afresh(user))
            .await
            .unwrap_or(Err(ToolsError::TimedOut))?;
        let specs: Arc<[ToolSpec]> = list.tools.iter().map(spec).collect();
        *listed = fresh_for(&list).map(|fresh_for| Listed {
            specs: specs.clone(),
            fresh_until: Instant::now() + fresh_for,
        });
        Ok(specs)
    }

    /// Makes `call` for `user`. Whatever goes wrong is told in the outcome, in words the model can
    /// act on. `key` names this call: if it is made again under the same key, the server answers
    /// what it answered the first time.
    pub async fn call(&self, user: &UserId, call: &ToolCall, key: &str) -> ToolOutcome {
        let arguments = match read_arguments(&call.arguments) {
            Ok(arguments) => arguments,
            Err(reason) => return ToolOutcome::unreadable(&call.name, &reason),
        };
        let sending = self.send(user, call, arguments, key);
        tokio::time::timeout(CALL_TIMEOUT, sending).await.unwrap_or_else(|_| {
            tracing::warn!(tool.name = call.name, "Calling {} timed out", call.name);
            ToolOutcome::timed_out(&call.name, CALL_TIMEOUT)
        })
    }

    async fn send(
        &self,
        user: &UserId,
        call: &ToolCall,
        arguments: JsonObject,
        key: &str,
    ) -> ToolOutcome {
        match self.list(user).await {
            Ok(specs) if specs.iter().any(|spec| spec.name == call.name) => {}
            Ok(specs) => return ToolOutcome::unknown_tool(&call.name, &specs),
            Err(error) => return failed(&call.name, &error),
        }
        let bound_to = CallBinding::of(&call.name, &Value::Object(arguments.clone()));
        let token = || self.mint(user, bound_to.clone());
        match self.shared.connection.call_tool(&call.name, arguments, key, token).await {
            Ok(result) => ToolOutcome::from(result),
            Err(error) => {
                if makes_doubtful(&error) {
                    *self.shared.listed.lock().await = None;
                }
                failed(&call.name, &error)
            }
        }
    }

    async fn list_afresh(&self, user: &UserId) -> Result<ListToolsResult, ToolsError> {
        // Bound to a call that no server has, so that it is good for looking and for nothing else.
        let looking = CallBinding::of("", &json!({}));
        self.shared.connection.list_tools(|| self.mint(user, looking.clone())).await
    }

    fn mint(&self, user: &UserId, call: CallBinding) -> Bearer {
        let Shared { audience, issuer, clock, ids, .. } = &*self.shared;
        let token_id = ids.next("jti_");
        let mint = Mint {
            audience,
            subject: user.as_str(),
            lifetime: TOKEN_LIFETIME,
            session: None,
            call: Some(call),
            token_id: &token_id,
        };
        Bearer::new(issuer.mint(&mint, clock.now()))
    }
}

/// Whether the list may no longer be true, so that the next turn asks again: the tool may be gone,
/// in a newer server, or the whole server may be, and then no answer should begin.
fn makes_doubtful(error: &ToolsError) -> bool {
    match error {
        ToolsError::Refused(error) => error.code == ErrorCode::INVALID_PARAMS,
        _ => true,
    }
}

fn failed(tool: &str, error: &ToolsError) -> ToolOutcome {
    tracing::warn!(
        tool.name = tool,
        error = error as &dyn std::error::Error,
        "Calling {tool} failed"
    );
    ToolOutcome::failed(tool, error)
}

/// Models write nothing at all when a tool needs no arguments.
fn read_arguments(text: &str) -> Result<JsonObject, String> {
    if text.trim().is_empty() {
        return Ok(JsonObject::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err("they are not a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// How long a list may be kept; not at all if it is one user's own.
fn fresh_for(list: &ListToolsResult) -> Option<Duration> {
    let shared = list.cache_scope == Some(CacheScope::Public);
    let fresh_for = Duration::from_millis(list.ttl_ms.filter(|_| shared)?);
    Some(fresh_for.min(LONGEST_FRESH))
}

fn spec(tool: &Tool) -> ToolSpec {
    let mut parameters = (*tool.input_schema).clone();
    // Which dialect it is written in is of no use to a model, and some providers refuse it.
    parameters.remove("$schema");
    let hints = tool.annotations.as_ref();
    ToolSpec {
        name: tool.name.to_string(),
        description: tool.description.as_deref().unwrap_or_default().to_owned(),
        parameters: Value::Object(parameters),
        // MCP's defaults for a tool that says nothing are the pessimistic ones.
        read_only: hints.and_then(|hints| hints.read_only_hint).unwrap_or(false),
        destructive: hints.and_then(|hints| hints.destructive_hint).unwrap_or(true),
    }
}

#[cfg(test)]
mod tests;
