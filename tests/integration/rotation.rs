//! Credentials that are replaced while people use them: the servers' login on a real Postgres, and the signing keys.

mod keys;
mod login;
