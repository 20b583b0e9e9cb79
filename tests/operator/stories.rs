//! What people live through with the operator: one file per story, one idea per test.
//!
//! Each test has a namespace and an operator of its own, and ends with the same questions to all that is there
//! ([`checker`](crate::checker)).

mod backups;
mod becoming_ready;
mod cnpg;
mod deletion;
mod drift;
mod edits;
mod events;
mod exposure;
mod foreign;
mod kubectl;
mod lifecycle;
mod malformed;
mod metrics;
mod neighbours;
mod offered;
mod optional_kinds;
mod other_managers;
mod pacing;
mod pausing;
mod pods_in_trouble;
mod pruning;
mod references;
mod refusals;
mod rest;
mod rotation;
mod scaling;
mod subcommands;
mod tool_servers;
