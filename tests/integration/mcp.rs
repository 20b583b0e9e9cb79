//! The tool server over real HTTP, on both databases: as rmcp's client sees it, as a bare HTTP
//! client sees it, and as the agent's own client does.

mod agent;
mod identity;
mod server;
mod servers;
mod stranger;
mod tools;
mod wire;
