//! What the operator was told at start that bears on what it builds. Part of the input of `validate`: the same object and
//! the same settings give the same children.

use ipnet::IpNet;

/// What the operator was told at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The images of this release.
    pub images: Images,
    /// Registries that images may come from; empty means any.
    pub allowed_registries: Vec<String>,
    /// The namespace that the operator runs in: its handshakes come from there.
    pub operator_namespace: String,
    /// Addresses, besides public ones, that remote tool servers may have.
    pub outgoing_allow: Vec<IpNet>,
    /// The namespaces whose pods may read the metrics of the objects' servers; empty means any.
    pub metrics_from: Vec<String>,
    /// Secrets for pulling images that every object's pods get besides their own.
    pub image_pull_secrets: Vec<String>,
    /// This release: the version that a migration brings the schema to.
    pub release: String,
}

/// The images of this release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The chat server; it migrates too.
    pub chat_server: String,
    /// The tool server; it has the bridge too.
    pub mcp_server: String,
    /// PostgreSQL.
    pub postgres: String,
}
