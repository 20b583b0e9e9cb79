//! One tool server: its list of tools, kept while it is fresh, and calls.

use std::{sync::Arc, time::Duration};

use rmcp::model::{CacheScope, ErrorCode, JsonObject, ListToolsResult, Tool};
use serde_json::{Value, json};
use todochat_auth::{CallBinding, UserId};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::{
    ToolSpec,
    bearer::Bearer,
    connection::{Connection, ToolsError},
    mint::Minter,
    outcome::ToolOutcome,
    settings::{Credential, Rules, ToolServer},
};

/// How long an answer waits for the list of a server that it cannot do without.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer waits for the list of a server that it can do without.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a server that let answers wait in vain is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(10);

/// A server may say for how long its list of tools is fresh; we believe an hour.
const LONGEST_FRESH: Duration = Duration::from_hours(1);

pub(super) struct Server {
    pub(super) name: String,
    pub(super) required: bool,
    time: Duration,
    credential: Credential,
    rules: Rules,
    minter: Minter,
    connection: Connection,
    listed: Mutex<Listed>,
}

#[derive(Default)]
struct Listed {
    fresh: Option<(Arc<[ToolSpec]>, Instant)>,
    /// It did not answer in time, and is not asked before then.
    silent_until: Option<Instant>,
}

impl Server {
    pub(super) fn new(server: ToolServer, minter: Minter) -> Self {
        let connection = Connection::new(&server);
        let ToolServer { name, credential, required, time, rules, .. } = server;
        let listed = Mutex::default();
        Self { name, required, time, credential, rules, minter, connection, listed }
    }

    /// What can be called, from memory while the server said it would not change.
    pub(super) async fn list(&self, user: &UserId) -> Result<Arc<[ToolSpec]>, ToolsError> {
        // Held while asking: those who come meanwhile wait for this answer instead of asking too.
        let mut listed = self.listed.lock().await;
        if let Some((specs, until)) = &listed.fresh
            && Instant::now() < *until
        {
            return Ok(specs.clone());
        }
        if listed.silent_until.is_some_and(|until| Instant::now() < until) {
            return Err(ToolsError::TimedOut);
        }
        let patience = if self.required { LIST_TIMEOUT } else { OPTIONAL_TIMEOUT };
        // Boxed: it is rare, and large enough to be felt in each turn.
        let Ok(answered) = timeout(patience, Box::pin(self.list_afresh(user))).await else {
            listed.silent_until = (!self.required).then(|| Instant::now() + LEFT_ALONE);
            return Err(ToolsError::TimedOut);
        };
        let list = answered?;
        let admitted = list.tools.iter().filter(|tool| self.rules.admit(&tool.name));
        let specs: Arc<[ToolSpec]> = admitted.map(spec).collect();
        let fresh = fresh_for(&list).map(|time| (specs.clone(), Instant::now() + time));
        *listed = Listed { fresh, silent_until: None };
        Ok(specs)
    }

    /// Calls the tool under its own name.
    pub(super) async fn call(
        &self,
        user: &UserId,
        tool: &str,
        arguments: &str,
        key: &str,
    ) -> ToolOutcome {
        if self.rules.ask_first(tool) {
            return ToolOutcome::needs_approval(tool);
        }
        let arguments = match read_arguments(arguments) {
            Ok(arguments) => arguments,
            Err(reason) => return ToolOutcome::unreadable(tool, &reason),
        };
        let sending = self.send(user, tool, arguments, key);
        timeout(self.time, sending).await.unwrap_or_else(|_| {
            tracing::warn!(tool.name = tool, tool.server = self.name, "Calling {tool} timed out");
            ToolOutcome::timed_out(tool, self.time)
        })
    }

    async fn send(
        &self,
        user: &UserId,
        tool: &str,
        arguments: JsonObject,
        key: &str,
    ) -> ToolOutcome {
        let bound_to = CallBinding::of(tool, &Value::Object(arguments.clone()));
        let token = || self.token(user, &bound_to);
        match self.connection.call_tool(tool, arguments, key, token).await {
            Ok(result) => {
                let mut outcome = ToolOutcome::from(result);
                if !self.credential.is_minted() {
                    // Only our own servers know our tasks.
                    outcome.changed.clear();
                }
                outcome
            }
            Err(error) => {
                if makes_doubtful(&error) {
                    self.listed.lock().await.fresh = None;
                }
                tracing::warn!(
                    tool.name = tool,
                    tool.server = self.name,
                    error = &error as &dyn std::error::Error,
                    "Calling {tool} failed"
                );
                ToolOutcome::failed(tool, &error)
            }
        }
    }

    async fn list_afresh(&self, user: &UserId) -> Result<ListToolsResult, ToolsError> {
        // Bound to a call that no server has, so that it is good for looking and for nothing else.
        let looking = CallBinding::of("", &json!({}));
        self.connection.list_tools(|| self.token(user, &looking)).await
    }

    fn token(&self, user: &UserId, call: &CallBinding) -> Option<Bearer> {
        match &self.credential {
            Credential::Minted { audience } => Some(self.minter.mint(audience, user, call.clone())),
            Credential::Bearer(_) | Credential::None => None,
        }
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
        own_name: tool.name.to_string(),
        description: tool.description.as_deref().unwrap_or_default().to_owned(),
        parameters: Value::Object(parameters),
        // MCP's defaults for a tool that says nothing are the pessimistic ones.
        read_only: hints.and_then(|hints| hints.read_only_hint).unwrap_or(false),
        destructive: hints.and_then(|hints| hints.destructive_hint).unwrap_or(true),
    }
}

#[cfg(test)]
mod tests;
