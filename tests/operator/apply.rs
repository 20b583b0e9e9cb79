//! What `apply` writes to a real server, and what it leaves alone. Nothing else runs there: no controller, no operator.

mod bench;
mod drift;
mod equal;
mod ownership;
mod pruning;
mod secrets;
