//! Integration tests: real databases and real sockets. Needs `TODOCHAT_TEST_POSTGRES_URL`, which
//! `make test` sets.

#[cfg(test)]
mod mcp;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod store_calls;
#[cfg(test)]
mod store_database;
#[cfg(test)]
mod store_isolation;
#[cfg(test)]
mod store_tasks;
