//! The database, whoever runs it.

use k8s_openapi::api::core::v1::ResourceRequirements;

use super::{Backup, Image};

/// The database.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Its host, as it stands in URLs.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who runs it.
    pub runs: DatabaseRuns,
}

/// Who runs the database.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseRuns {
    /// The operator, as the StatefulSet `<object>-db`.
    Embedded(Box<Embedded>),
    /// CloudNativePG; the login is the Secret `<cluster>-app`, entries `username` and `password`.
    Cnpg {
        /// The cluster's name.
        cluster: String,
        /// How it is made, if the operator makes it.
        create: Option<crate::crd::CnpgCreate>,
    },
    /// Others.
    External(External),
}

/// A PostgreSQL that the operator runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// Its image.
    pub image: Image,
    /// The major version of that image, where it can be told.
    pub version: Option<String>,
    /// The size of its volume.
    pub size: String,
    /// The volume's storage class.
    pub storage_class: Option<String>,
    /// What its pod asks for and may use, defaults filled in.
    pub resources: ResourceRequirements,
    /// Backups.
    pub backup: Option<Backup>,
}

/// A PostgreSQL that others run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The database's name.
    pub database: String,
    /// The Secret with the login (`username`, `password`).
    pub secret: String,
    /// Whether that login may make roles: then a login for the chat is made with it.
    pub is_admin: bool,
    /// `require`, `verify-ca`, `verify-full`.
    pub ssl_mode: &'static str,
    /// The certificates that the server's is checked against: ConfigMap and entry.
    pub ca: Option<(String, String)>,
}
