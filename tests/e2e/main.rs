//! End to end: the operator by its chart on a cluster with real kubelets, and chats that people use through a Service.
//!
//! ```text
//! tests/e2e/cluster ─ images, node, helm ─▶ KUBECONFIG ─▶ Place (a namespace, its TodoChat) ─▶ Person (HTTP)
//! ```
//!
//! Each story has a namespace of its own. It breaks something, sees the condition, mends it and sees Ready. When it fails, it
//! tells what was in the namespace, and what the pods said.

#[cfg(test)]
mod listener;
#[cfg(test)]
mod load;
#[cfg(test)]
mod person;
#[cfg(test)]
mod place;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod stories;
