//! Postgres and SQLite behind one contract.
