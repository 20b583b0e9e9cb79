//! The REST endpoints beside ChatKit: one file a noun, each with its own router.

pub mod chat;
pub mod events;
mod refused;
pub mod tasks;
