//! Names, labels and annotations: how the objects of one `TodoChat` are called, told apart and found.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::apply::canonical;

/// Whose fields the operator's are, in server-side apply.
pub const FIELD_MANAGER: &str = "todochat-operator";
/// Whose a workload's number of pods is when an autoscaler takes it over, until that has scaled for the first time.
pub const REPLICAS_MANAGER: &str = "todochat-operator-replicas";
/// The value of `app.kubernetes.io/managed-by`.
pub const MANAGED_BY: &str = "todochat-operator";
/// Label: who manages it.
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// Label: which program it is.
pub const NAME_LABEL: &str = "app.kubernetes.io/name";
/// Label: which `TodoChat`.
pub const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";
/// Label: which part of it.
pub const COMPONENT_LABEL: &str = "app.kubernetes.io/component";
/// Label: what it is a part of.
pub const PART_OF_LABEL: &str = "app.kubernetes.io/part-of";
/// Label: the name of the `TodoChat`.
pub const OBJECT_LABEL: &str = "todochat.dev/object";
/// Label: the name of the tool server, on all of its objects.
pub const TOOL_SERVER_LABEL: &str = "todochat.dev/tool-server";
/// Label on people's Secrets: the object that may use it, or `any` for all of the namespace.
pub const ALLOW_LABEL: &str = "todochat.dev/allow";
/// Label: it was left behind on purpose when its `TodoChat` was deleted.
pub const RETAINED_LABEL: &str = "todochat.dev/retained";
/// Annotation: the hash of what the operator last applied.
pub const APPLIED_ANNOTATION: &str = "todochat.dev/applied";
/// Annotation of pod templates: the hash of what the pods read at start, so that they are replaced when it changes.
pub const INPUTS_ANNOTATION: &str = "todochat.dev/inputs";
/// Annotation of Deployments: what their pods are made of, so that it can be told what has changed.
pub const MADE_OF_ANNOTATION: &str = "todochat.dev/made-of";
/// Annotation of people on a `TodoChat`: whenever it says something new, the login and the signing key are replaced.
pub const ROTATE_ANNOTATION: &str = "todochat.dev/rotate";
/// Annotation of `kubectl todochat restore` on a `TodoChat`: `<backup>@<uid>@<when>` brings that backup back.
pub const RESTORE_ANNOTATION: &str = "todochat.dev/restore";
/// The value of [`ALLOW_LABEL`] that lets every object of the namespace use the Secret. (A label's value cannot be `*`.)
pub const ALLOW_ANY: &str = "any";
/// Finalizer: data is to be kept, or a last backup taken, before the object may go.
pub const FINALIZER: &str = "todochat.dev/data";

/// The operator's own Secret with the keys that the object's tokens are signed with.
pub fn signing_keys_secret(object: &str) -> String {
    format!("{object}-signing-keys")
}

/// The operator's own Secret with the login that makes the others.
pub fn admin_secret(object: &str) -> String {
    Part::Database.name(object)
}

/// The operator's own Secret with the login that the servers use. (CloudNativePG makes a `<cluster>-app` itself.)
pub fn login_secret(object: &str) -> String {
    format!("{}-login", Part::Database.name(object))
}

/// Eight digits that tell a restore of the object with this uid from every other one.
pub fn restore_id(uid: &str, word: &str) -> String {
    canonical::hash(&serde_json::json!([uid, word]))[..8].to_owned()
}

/// The Job that does a restore.
pub fn restore_job(object: &str, id: &str) -> String {
    format!("{object}-restore-{id}")
}

/// The CronJob that tries the last backup.
pub fn verify_cron_job(object: &str) -> String {
    format!("{object}-verify")
}

/// The operator's own Secret with the login that migrates.
pub fn migrator_secret(object: &str) -> String {
    format!("{}-migrator", Part::Database.name(object))
}

/// All of them that a database is opened with.
pub fn database_secrets(object: &str) -> [String; 3] {
    [admin_secret(object), login_secret(object), migrator_secret(object)]
}

/// The operator's own Secret with the token that the chat shows to a tool server.
pub fn tool_secret(object: &str, server: &str) -> String {
    Part::Tool(server.to_owned()).name(object)
}

/// The Secret that cert-manager keeps the certificate in.
pub fn certificate_secret(object: &str) -> String {
    format!("{}-tls", Part::Chat.name(object))
}

/// A `TodoChat` by its namespace and name. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// The object `name` in `namespace`.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A part of a `TodoChat` that has objects of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The chat server.
    Chat,
    /// The tool server of this name.
    Tool(String),
    /// The database.
    Database,
    /// The migration to this version.
    Migration(String),
    /// Backups.
    Backup,
}

impl Part {
    /// What follows the object's name and a dash in the names of the part's objects.
    pub fn suffix(&self) -> String {
        match self {
            Self::Chat => "chat".to_owned(),
            Self::Tool(server) => format!("tool-{server}"),
            Self::Database => "db".to_owned(),
            Self::Migration(version) => format!("migrate-{version}"),
            Self::Backup => "backup".to_owned(),
        }
    }

    /// The value of `app.kubernetes.io/component`.
    pub fn component(&self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Tool(_) => "tool",
            Self::Database => "database",
            Self::Migration(_) => "migration",
            Self::Backup => "backup",
        }
    }

    /// The name of the part's objects: `<object>-<suffix>`.
    pub fn name(&self, object: &str) -> String {
        format!("{object}-{}", self.suffix())
    }

    /// The labels that select the part's pods. Never more than these: selectors cannot be changed later.
    pub fn selector(&self, object: &str) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::from([
            (INSTANCE_LABEL.to_owned(), object.to_owned()),
            (COMPONENT_LABEL.to_owned(), self.component().to_owned()),
            (OBJECT_LABEL.to_owned(), object.to_owned()),
        ]);
        if let Self::Tool(server) = self {
            labels.insert(TOOL_SERVER_LABEL.to_owned(), server.clone());
        }
        labels
    }

    /// The labels of the part's objects and pods.
    pub fn labels(&self, object: &str) -> BTreeMap<String, String> {
        let mut labels = self.selector(object);
        labels.insert(NAME_LABEL.to_owned(), format!("todochat-{}", self.component()));
        labels.insert(PART_OF_LABEL.to_owned(), "todochat".to_owned());
        labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGED_BY.to_owned());
        labels
    }
}
