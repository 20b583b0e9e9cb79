//! The to-do tools over MCP: streamable HTTP at `POST /mcp`, stateless, for MCP 2026-07-28 and the
//! clients before it.
//!
//! ```text
//! request → router (Host, body cap) → caller (bearer → Caller) → tools::Call (binding, single use)
//!         → one tool method → todochat-tasks, one transaction → tools::Answer → JSON
//! ```
//!
//! [`bridge`] serves another program's tools in the same way; [`install`] brings this program to where
//! that one is.
//!
//! No session is kept, so any replica can answer any request. Who is calling comes from the token
//! and from nothing else: no tool has an argument that names a person.

pub mod bridge;
pub mod config;
pub mod install;
pub mod metrics;
pub mod router;
mod run;

mod caller;
mod tools;

pub use config::{BridgeConfig, Cli, Config};
pub use metrics::Metrics;
pub use router::{Parts, router};
pub use run::run;
