//! A Kubernetes for the tests, and who acts in it.
//!
//! ```text
//! ApiServer ─ Namespace ─ World         what the kubelets would do, where nobody plays them
//!   │  ├ Eager                          controllers and kubelets in one, for whole fleets at once
//!   │  └ Audit                          who asked for what, as the server itself wrote it down
//!   └ Kubeconfig ─▶ Operator            the real program
//!                      └─ handshakes ─▶ ToolServers
//! ```
//!
//! Most tests share one server and have namespaces of their own; a test that stops the server, or
//! sends it back in time, has a server of its own. `tests/cluster/README.md` tells what runs there.

mod api_server;
mod audit;
mod crds;
mod eager;
mod kubeconfig;
mod namespace;
mod operator;
mod tool_servers;
mod world;

use std::time::Duration;

pub use api_server::{ApiServer, Parts, Snapshot};
pub use audit::{Asked, Audit, Mark, tally};
pub use crds::{Optional, apply, install_crds, optional_crds};
pub use eager::Eager;
pub use kubeconfig::Kubeconfig;
pub use namespace::Namespace;
pub use operator::{Launch, Operator, operator_program};
pub use tool_servers::{Outage, ToolServers};
pub use world::{PodState, Workload, World};

/// Longer than anything here takes, so that a test fails instead of hanging.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Waits for what must come.
///
/// # Panics
///
/// When it does not come within [`PATIENCE`].
pub fn soon<T>(what: &str, awaited: impl Future<Output = T>) -> impl Future<Output = T> {
    let awaited = Box::pin(awaited); // a watch is large
    async move {
        let awaited = tokio::time::timeout(PATIENCE, awaited).await;
        awaited.unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
    }
}
