//! What every program does at start and stop.
//!
//! ```text
//! main ─▶ program::run               a runtime, telemetry::init, an exit code
//!      ─▶ Shutdown::on_signals       SIGTERM → soft → (grace) → hard
//!      ─▶ listener::bind / serve     sockets → time-outs and caps → the program's Router
//!            └ request_id::layer     id, panic net, access log, metrics, errors in one shape
//!      ─▶ admin::serve               /livez /readyz /metrics, never on the public listener
//!      ─▶ Shutdown::finish           let running turns end, then cut
//! ```
//!
//! [`Clock`] and [`Ids`] are the only places that ask the machine what time it is or for randomness
//! to name things with; everything else takes them as arguments.

pub mod admin;
#[cfg(not(target_env = "msvc"))]
mod allocator;
mod clock;
pub mod duration;
mod error;
pub mod exit;
pub mod health;
mod ids;
pub mod json;
pub mod listener;
mod metrics;
pub mod outgoing;
pub mod process;
pub mod program;
pub mod request_id;
pub mod shutdown;
pub mod telemetry;

pub use clock::Clock;
pub use error::{ApiError, chain};
pub use ids::Ids;
pub use metrics::HttpMetrics;
pub use shutdown::Shutdown;
