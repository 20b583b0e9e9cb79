//! Dumps of a Postgres database: taken, kept, tried and brought back. The programs of PostgreSQL do the dumping and the
//! restoring; this is what stands around them, so that nothing is lost between them: every exit code is looked at, every byte
//! is hashed, and what was dumped is counted in the very snapshot that is dumped.
//!
//! ```text
//! take     snapshot ─▶ counts, roles, schema ─┐             ┌▶ Folder   a volume
//!                  └▶ pg_dump ─▶ bytes, hash ─┴▶ Place ─────┤           NAME.dump, then NAME.json: only then it counts
//!          ◀── the oldest go ───────────────────────────────┘▶ Bucket   S3: parts, then the manifest
//! restore  manifest, bytes ─▶ pg_restore into a database beside ─▶ hash and counts are right ─▶ the two change names
//! verify   the same, into a server of its own that is gone afterwards
//! ```

mod args;
mod counts;
mod error;
mod install;
mod manifest;
mod name;
pub mod place;
mod programs;
mod pump;
mod restore;
mod scratch;
mod server;
mod take;
mod verify;

pub use self::{
    args::{BackupArgs, BackupCommand, run},
    error::{BackupError, exit_code},
    manifest::Manifest,
    name::Name,
};
