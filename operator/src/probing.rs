//! Handshakes with tool servers: that a pod is ready does not say that its tools can be called.

mod probe;

pub use self::probe::{Handshake, Probe, ProbeError};
