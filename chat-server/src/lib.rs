//! The chat server: ChatKit over SSE, accounts, REST, the agent and the web app.
//!
//! ```text
//! routes → identity (token → UserId) → chatkit → store (one commit) → respond ⟲ agent ⇄ model, tools
//!                                    → accounts, api, web
//! ```

pub mod accounts;
pub mod agent;
pub mod api;
pub mod app;
pub mod attachments;
pub mod caller;
pub mod chatkit;
pub mod config;
pub mod config_json;
pub mod identity;
pub mod metrics;
pub mod migrate;
pub mod respond;
pub mod routes;
pub mod run;
pub mod state;
pub mod store;
pub mod streams;
pub mod tool_servers;
pub mod transcribe;
pub mod web;

pub use todochat_service::outgoing;
