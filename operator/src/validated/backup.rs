//! Backups and restores that can be built.

use std::time::Duration;

/// Backups of the Embedded database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// When, as a cron schedule.
    pub schedule: String,
    /// How many are kept.
    pub retain: i32,
    /// When the last one is tried, as a cron schedule.
    pub verify: Option<String>,
    /// Where they are kept.
    pub place: BackupPlace,
}

impl Backup {
    /// How long one may take: what hangs must not keep the next one away for ever.
    pub const DEADLINE: Duration = Duration::from_hours(6);
}

/// Where backups are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupPlace {
    /// On a volume of their own, `<object>-backup`.
    Volume {
        /// Its size.
        size: String,
        /// Its storage class.
        storage_class: Option<String>,
    },
    /// In a bucket.
    Bucket(Box<Bucket>),
}

/// A bucket of an S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The server's address.
    pub endpoint: String,
    /// Its name.
    pub name: String,
    /// What stands before the names of an object's files, with a slash at its end.
    pub prefix: String,
    /// Its region.
    pub region: String,
    /// Whether its name stands before the host's.
    pub virtual_host: bool,
    /// The Secret with its key.
    pub secret: String,
    /// The entries that are read.
    pub keys: Vec<&'static str>,
    /// The certificates that the server's is checked against: ConfigMap and entry.
    pub ca: Option<(String, String)>,
}

/// A restore that was asked for and is not recorded as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// What was asked for: `status.database.restored` once it is done.
    pub word: String,
    /// Eight digits that tell it from every other one.
    pub id: String,
    /// Which backup; `latest` is the last.
    pub backup: String,
    /// Where it is.
    pub source: RestoreSource,
    /// Whether it takes the place of data that is there; otherwise there must be none.
    pub replaces: bool,
    /// Whether the Job shall exist now: the database answers, and nobody else uses it.
    pub wanted: bool,
    /// Whether the Job has done it.
    pub done: bool,
}

/// Where a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreSource {
    /// On this volume.
    Claim(String),
    /// In a bucket.
    Bucket(Box<Bucket>),
}
