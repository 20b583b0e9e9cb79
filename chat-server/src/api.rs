//! The REST endpoints beside ChatKit: one file a noun, each with its own router. [`openapi`] describes them all.

pub mod chat;
pub mod events;
pub mod openapi;
mod refused;
pub mod tasks;
