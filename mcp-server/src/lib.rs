//! The to-do tools over MCP.
