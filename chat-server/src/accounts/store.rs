//! The SQL of accounts: one file a table, or a table and what hangs on it.

pub(crate) mod identities;
pub(super) mod login_failures;
pub(super) mod sessions;
pub(super) mod signup_limit;
pub(super) mod users;
