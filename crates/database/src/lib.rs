//! Postgres and SQLite behind one type.
//!
//! ```text
//! args.rs ─▶ connect.rs ─▶ Database ─▶ read_as / write_as ─▶ Transaction ─▶ on_each!(tx, connection => sqlx …)
//!            migrate.rs ◀─────┘  └─▶ subscribe ◀─── notice.rs ◀─── commit
//!            at_once.rs: a read in one round trip, seats.rs: who may do that, and on which connection
//!            write_at_once.rs: a write in one round trip
//!            following.rs: another login while it runs
//!            pooler.rs: what is different where a pooler stands between
//!            roles.rs: who owns the tables, and the logins that the servers use; made by whoever may make roles
//! ```
//!
//! There is no way to a connection but through a [`Transaction`], and a transaction on a user's rows
//! names its caller: on Postgres that name is what row-level security compares, on SQLite the
//! predicates alone hold. SQL is written once, with `$1` to `$n`; where the two must differ, a store
//! matches on [`Connection`] itself.

mod args;
mod at_once;
mod connect;
mod database;
mod error;
mod following;
mod metrics;
mod migrate;
mod notice;
mod pooler;
mod roles;
mod scram;
mod seats;
#[cfg(feature = "testing")]
pub mod testing;
mod transaction;
mod write_at_once;

pub use args::{DatabaseArgs, DatabaseUrl, UnknownScheme, UrlFileError};
pub use connect::ConnectError;
pub use database::{Database, Kind};
pub use error::Error;
pub use migrate::{MigrateError, newest_migration};
pub use notice::{Notice, Topic};
pub use pooler::PostgresTransaction;
pub use roles::{Retirement, RoleError};
pub use transaction::{Connection, Transaction};
