//! What a handshake came to.

use std::sync::Arc;

/// What the last handshake with a tool server came to. Nothing here changes while the server stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What the server offers, or why that is not known.
    pub outcome: Result<Arc<Handshake>, ProbeError>,
}

/// What a tool server says about itself. Many servers say the same: they share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Handshake {
    /// The revision of the protocol that it speaks.
    pub protocol_version: String,
    /// Its own version.
    pub server_version: String,
    /// The names of its tools, sorted, at most 64.
    pub tools: Vec<String>,
    /// How many it offers.
    pub tool_count: usize,
    /// A hash of all their names.
    pub tools_hash: String,
    /// The tools that it must offer and does not.
    pub missing: Vec<String>,
}

/// Why a handshake failed. The texts hold no address, no port and nothing that the server said: they are the same as long as
/// the cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProbeError {
    /// No connection came about.
    #[error("it cannot be connected to")]
    Unreachable,
    /// Its certificate is not one that is accepted.
    #[error("its certificate is not accepted")]
    Certificate,
    /// Its name leads to no address that may be called.
    #[error("its address is not public; the operator's --outgoing-allow must list it")]
    NotAllowed,
    /// It did not finish in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// It does not accept the credential.
    #[error("it does not accept the credential")]
    Unauthorized,
    /// It answered with this status of HTTP.
    #[error("it answered with the HTTP status {0}")]
    Status(u16),
    /// It answered, but not as MCP has it.
    #[error("it does not answer as MCP has it")]
    NotMcp,
    /// It offers more than is looked at: a thousand tools, a megabyte.
    #[error("it offers more than the operator looks at: 1000 tools, 1 MiB")]
    TooMuch,
    /// A Secret or ConfigMap that is needed to speak to it cannot be used.
    #[error("its credential or certificate cannot be used")]
    BadCredential,
}

impl ProbeError {
    /// Whether it may be gone the next moment, so that it is no news before it has come again.
    pub(super) fn may_pass(self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut => true,
            Self::Status(code) => code >= 500 || code == 429,
            _ => false,
        }
    }

    /// Why, in one word, as it stands in the status.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unauthorized => "AuthFailed",
            _ => "HandshakeFailed",
        }
    }
}
