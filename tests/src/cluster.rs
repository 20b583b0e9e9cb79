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
mod waiting;
mod world;

pub use api_server::{ApiServer, Parts, Snapshot};
pub use audit::{Asked, Audit, Mark, tally};
pub use crds::{Optional, apply, install_crds, optional_crds};
pub use eager::Eager;
pub use kubeconfig::Kubeconfig;
pub use namespace::Namespace;
pub use operator::{Launch, Operator, operator_program};
pub use tool_servers::{Outage, ToolServers};
pub use waiting::{PATIENCE, soon, until};
pub use world::{PodState, Workload, World};
