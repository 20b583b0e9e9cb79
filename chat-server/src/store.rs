//! Threads, their items and the message limit, in the database.

pub mod threads;
