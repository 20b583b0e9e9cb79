//! Integration tests: real databases and real sockets. Needs `TODOCHAT_TEST_POSTGRES_URL`, `TODOCHAT_TEST_PROXIES` and
//! `TODOCHAT_TEST_S3`, which `make test` sets; those of `external` run a Postgres of their own.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod assistant_away;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod badges;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod dictation;
#[cfg(test)]
mod events;
#[cfg(test)]
mod external;
#[cfg(test)]
mod feedback;
#[cfg(test)]
mod load;
#[cfg(test)]
mod mcp;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod place;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod rest_tasks;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod store_at_once;
#[cfg(test)]
mod store_calls;
#[cfg(test)]
mod store_database;
#[cfg(test)]
mod store_isolation;
#[cfg(test)]
mod store_tasks;
#[cfg(test)]
mod store_turns;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tool_servers;
#[cfg(test)]
mod turns;
