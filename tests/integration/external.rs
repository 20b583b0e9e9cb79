//! A database that others run, on real servers: far away and only by TLS, behind a pooler, or asleep.

mod pooler;
mod server;
mod sleeping;
mod tls;
