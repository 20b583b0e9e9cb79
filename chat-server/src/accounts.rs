//! Built-in accounts.
