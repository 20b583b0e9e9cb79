//! The operator against a real API server, and first the harness that it is looked at with.
//!
//! `cargo test --workspace --features todochat-tests/cluster --test operator` runs it; what it needs is in
//! `tests/cluster/README.md`.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod checker;
#[cfg(test)]
mod election;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod server;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod through_the_proxy;
#[cfg(test)]
mod tool_servers;
#[cfg(test)]
mod watches;
#[cfg(test)]
mod world;
