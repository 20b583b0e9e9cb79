//! A `TodoChat` that can be built: defaults filled in, references looked up, every choice made. `validate` makes it and
//! the builders take nothing else.

mod backup;
mod chat;
mod database;
mod exposure;
mod migration;
mod pod;
mod tool_server;

use std::{collections::BTreeMap, time::Duration};

use crate::rotating::{KeysTurn, Login};

pub use self::{
    backup::{Backup, BackupPlace, Bucket, Restore, RestoreSource},
    chat::{Chat, Model, Prompt},
    database::{Database, DatabaseRuns, Embedded, External},
    exposure::{ExposedBy, Exposure, Network},
    migration::{Hold, Migration, Schema},
    pod::{Image, PodOptions, SecretFile},
    tool_server::{Runs, ToolAuth, ToolPods, ToolServer},
};

/// A `TodoChat` that can be built.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the spec, and none depends on another"
)]
pub struct Validated {
    /// Whose children they are.
    pub owner: Owner,
    /// What must have happened before the rest may exist.
    pub stage: Stage,
    /// The chat server.
    pub chat: Chat,
    /// The tool servers, in the order of the spec.
    pub tool_servers: Vec<ToolServer>,
    /// The database.
    pub database: Database,
    /// The migration of this release.
    pub migration: Option<Migration>,
    /// The restore that is to be done first.
    pub restore: Option<Restore>,
    /// Credentials that are being replaced.
    pub rotation: Rotation,
    /// How the chat is exposed, if it is.
    pub exposure: Option<Exposure>,
    /// Who may talk to whom; `None` if no policies are wanted.
    pub network: Option<Network>,
    /// Whether there is a ServiceMonitor.
    pub monitor: bool,
    /// Whether there are disruption budgets for what has several pods, and for a database of ours.
    pub disruption_budget: bool,
    /// Secrets that images are pulled with.
    pub image_pull_secrets: Vec<String>,
    /// Whether no pods run.
    pub suspended: bool,
    /// Whether volumes and database logins outlive the object.
    pub keeps_data: bool,
}

impl Validated {
    /// Whether servers run: neither while the object is suspended nor while their database is replaced.
    pub fn serves(&self) -> bool {
        !self.suspended && !self.restore.as_ref().is_some_and(|restore| restore.replaces)
    }
}

/// Whose children they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The namespace of all of them.
    pub namespace: String,
    /// The object's name: at most 40 characters, a DNS label.
    pub name: String,
    /// The object's uid.
    pub uid: String,
}

/// What has happened already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The operator's own Secrets, by name, with the digest of their content: pods wait until all that they mount are there.
    pub own_secrets: BTreeMap<String, String>,
    /// How far the schema is.
    pub schema: Schema,
}

/// Credentials that are being replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// The servers' login, if the operator makes it.
    pub login: Option<Login>,
    /// The signing keys.
    pub keys: KeysTurn,
    /// How long the sessions of a login may go on that another has taken the place of.
    pub grace: Duration,
    /// How long it may take to make the next login.
    pub timeout: Duration,
}

impl Rotation {
    /// How long until something is to be done that nobody tells of.
    pub fn wait(&self) -> Option<Duration> {
        let login = self.login.as_ref().and_then(|login| login.wait);
        login.into_iter().chain(self.keys.wait).min()
    }
}
