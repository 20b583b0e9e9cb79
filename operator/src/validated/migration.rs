//! The migration of a release, and how far the schema is.

use std::time::Duration;

use super::Image;

/// How far the schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The database has the schema of this release, and knows the logins.
    Current,
    /// A migration is to run, or runs: new pods wait, old ones serve on.
    Behind,
    /// Somebody must do something first ([`Migration::hold`] says what): new pods wait, old ones serve on.
    Held,
}

/// The migration of this release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What stands in the Job's name: a DNS label of at most 14 characters, made of the release; another one when only the
    /// logins must be made known again.
    pub version: String,
    /// The release whose schema it makes: `status.database.schemaVersion` once it is done.
    pub schema: String,
    /// A digest of where the database is and of the logins that it makes known to it: `status.database.loginsHash` once it
    /// is done. Empty while the Secret with the logins is not there.
    pub logins: String,
    /// Why the schema is [`Schema::Held`], if it is.
    pub hold: Option<Hold>,
    /// The image that migrates.
    pub image: Image,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether the Job shall exist now: it is neither done nor waiting for somebody.
    pub wanted: bool,
}

/// Why a migration does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Somebody must name its version in `database.migrations.approvedVersion`.
    ApprovalNeeded,
    /// The database has the schema of a newer release.
    SchemaNewer,
}
