//! The tools the agent may call, over MCP.
