//! Passes requests of HTTP clients on to the child, and its answers back.
//!
//! What the child is, is answered from what it said when it was greeted: clients come and go, it is
//! greeted once. Of what it can do, tools are offered: the rest (notices, resources that change) needs
//! sessions.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rmcp::{
    ErrorData, Peer, RoleClient, RoleServer, ServerHandler,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResponse, CancelledNotification,
        CancelledNotificationParam, ClientRequest, CompleteRequestMethod, CompleteRequestParams,
        CompleteResult, Implementation, ListPromptsRequestMethod, ListPromptsResult,
        ListResourceTemplatesRequestMethod, ListResourceTemplatesResult,
        ListResourcesRequestMethod, ListResourcesResult, ListToolsRequest, ListToolsResult,
        PaginatedRequestParams, RequestId, RequestMetaObject, ServerCapabilities, ServerConfig,
        ServerPeerInfo, ServerResult,
    },
    service::{PeerRequestOptions, RequestContext, ServiceError},
};

use super::keeper::Live;

/// Keys of `_meta` that are between two neighbours only; each side of the bridge has its own.
const OF_NEIGHBOURS: &str = "io.modelcontextprotocol/";
const PROGRESS: &str = "progressToken";

/// Serves one request; clones share the line to the child.
#[derive(Clone)]
pub(super) struct Relay {
    live: Live,
    patience: Duration,
    /// What the child said of itself when it was last greeted.
    known: Arc<Mutex<Option<Arc<ServerPeerInfo>>>>,
}

impl Relay {
    /// Lets a request take as long as `patience`.
    pub(super) fn new(live: Live, patience: Duration) -> Self {
        Self { live, patience, known: Arc::default() }
    }

    async fn pass(
        &self,
        request: ClientRequest,
        context: &RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let Some(peer) = self.live.borrow().clone() else { return Err(away()) };
        let mut options = PeerRequestOptions::with_timeout(self.patience);
        options.meta = passed_on(&context.meta);
        let sent = peer.send_request_with_option(request, options).await.map_err(said)?;
        let mut abandoned = CancelOnDrop(Some((peer, sent.id.clone())));
        let answered = tokio::select! {
            answered = sent.await_response() => answered,
            // Its client has gone; the child is told by what is dropped here.
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("the request was cancelled", None));
            }
        };
        abandoned.0 = None;
        answered.map_err(said)
    }

    fn child(&self) -> Option<Arc<ServerPeerInfo>> {
        let now = self.live.borrow().as_ref().and_then(Peer::peer_info);
        // A poisoned lock still holds a whole value: it is replaced in one go.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_some() {
            *known = now;
        }
        known.clone()
    }
}

impl ServerHandler for Relay {
    fn get_info(&self) -> ServerConfig {
        let config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        let Some(child) = self.child() else {
            let bridge = Implementation::new("todochat-bridge", env!("CARGO_PKG_VERSION"));
            return config.with_server_info(bridge);
        };
        let config = match &child.server_info {
            Some(server) => config.with_server_info(server.clone()),
            None => config,
        };
        match &child.instructions {
            Some(instructions) => config.with_instructions(instructions.clone()),
            None => config,
        }
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let params = page.map(|page| PaginatedRequestParams::default().with_cursor(page.cursor));
        let request = ListToolsRequest { params, ..ListToolsRequest::default() };
        match self.pass(ClientRequest::ListToolsRequest(request), &context).await? {
            ServerResult::ListToolsResult(list) => Ok(list),
            _ => Err(strange()),
        }
    }

    async fn call_tool(
        &self,
        mut call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        call.meta = None;
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(call));
        match self.pass(request, &context).await? {
            ServerResult::CallToolResult(result) => Ok(result.into()),
            // It wants to ask the user something, or to answer later: it was told we cannot.
            _ => Err(strange()),
        }
    }

    // rmcp answers these with empty lists, although they are not among our capabilities.

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}

/// What a client says about its request to whom it may concern.
fn passed_on(meta: &RequestMetaObject) -> Option<RequestMetaObject> {
    let mut passed_on = RequestMetaObject::new();
    for (key, value) in meta.iter() {
        if key != PROGRESS && !key.starts_with(OF_NEIGHBOURS) {
            passed_on.insert(key.clone(), value.clone());
        }
    }
    (!passed_on.is_empty()).then_some(passed_on)
}

/// The child's own error as it is; any other in our words.
fn said(error: ServiceError) -> ErrorData {
    match error {
        ServiceError::McpError(error) => error,
        ServiceError::Timeout { timeout } => {
            let seconds = timeout.as_secs();
            ErrorData::internal_error(format!("no answer within {seconds} seconds"), None)
        }
        ServiceError::TransportClosed | ServiceError::TransportSend(_) => away(),
        error => {
            tracing::warn!(%error, "The child's answer cannot be used");
            strange()
        }
    }
}

fn away() -> ErrorData {
    ErrorData::internal_error("the tool server has ended and is being started again", None)
}

fn strange() -> ErrorData {
    ErrorData::internal_error("the tool server answered something else", None)
}

/// Tells the child that nobody waits for an answer any more, when its future is dropped.
struct CancelOnDrop(Option<(Peer<RoleClient>, RequestId)>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let Some((peer, id)) = self.0.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let reason = "the client has gone".to_owned();
        let cancelled = CancelledNotificationParam::new(Some(id), Some(reason));
        let cancelled = CancelledNotification::new(cancelled);
        // If it does not arrive, the child finishes a call whose answer nobody reads.
        runtime.spawn(async move { peer.send_notification(cancelled.into()).await });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_what_is_not_between_neighbours_is_passed_on() {
        let meta: RequestMetaObject = serde_json::from_value(json!({
            "progressToken": 1,
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "todochat.dev/call": "turn:0",
        }))
        .unwrap();
        let passed_on = serde_json::to_value(passed_on(&meta)).unwrap();
        assert_eq!(passed_on, json!({"todochat.dev/call": "turn:0"}));
        let nothing = serde_json::to_value(super::passed_on(&RequestMetaObject::new())).unwrap();
        assert_eq!(nothing, Value::Null);
    }
}
