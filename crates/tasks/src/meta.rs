//! What a tool call and its result say in `_meta` besides what MCP says: the chat server and the tool
//! server spell it alike.

/// In a request: names the call, so that one that is sent again is answered and not done again.
pub const CALL_KEY: &str = "todochat.dev/call";
/// In a result: the ids of the tasks that the call has changed.
pub const CHANGED_KEY: &str = "todochat.dev/changed";
