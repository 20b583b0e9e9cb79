//! How the tool servers of the objects are.

use std::time::Duration;

use super::family::Family;
use crate::{crd::TodoChat, names::ObjectKey};

/// What is told of tool servers. A series goes with its server.
pub(super) struct Tools {
    up: Family,
    handshake: Family,
}

impl Tools {
    pub(super) fn new() -> prometheus::Result<Self> {
        let of_server = &["namespace", "name", "server"];
        Ok(Self {
            up: Family::gauge(
                "tool_server_up",
                "Whether a tool server answered and offers all that is needed of it",
                of_server,
            )?,
            handshake: Family::gauge(
                "tool_server_handshake_seconds",
                "How long the last handshake with a tool server took, whatever came of it",
                of_server,
            )?,
        })
    }

    pub(super) fn all(&self) -> [&Family; 2] {
        [&self.up, &self.handshake]
    }

    /// `handshakes` are those of this process: one that stands by has none.
    pub(super) fn read(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        handshakes: &[(String, Duration)],
    ) {
        for server in object.status.iter().flat_map(|status| &status.tool_servers) {
            let labels = [&*key.namespace, &*key.name, &server.name];
            self.up.add(&labels, f64::from(server.ready));
        }
        for (server, took) in handshakes {
            let labels = [&*key.namespace, &*key.name, server];
            self.handshake.add(&labels, took.as_secs_f64());
        }
    }
}
