//! What an exit code tells besides that it failed: the one thing of a program in a pod that whoever looks at the pod can see
//! without its log. The numbers are those of `sysexits.h`.

/// The backup is not what was taken: its hash or its rows are others.
pub const BACKUP_BROKEN: u8 = 65;
/// There is no such backup.
pub const NO_BACKUP: u8 = 66;
/// The database does not answer.
pub const UNREACHABLE: u8 = 69;
/// The backup has the schema of a later release.
pub const BACKUP_TOO_NEW: u8 = 70;
/// Where backups are kept cannot be used: no answer, no right, no room.
pub const BACKUP_PLACE: u8 = 71;
/// The database has the schema of a later release.
pub const SCHEMA_NEWER: u8 = 72;
/// The login may not make another one.
pub const MAY_NOT_CREATE: u8 = 73;
/// The login that is to be retired is still in use.
pub const STILL_IN_USE: u8 = 75;
/// TLS with the database comes to nothing: its certificate is not what it should be, or there is none.
pub const TLS: u8 = 76;
/// The database does not let the login in.
pub const LOGIN_REFUSED: u8 = 77;
/// The database that a backup should start has data already.
pub const DATABASE_NOT_EMPTY: u8 = 78;
