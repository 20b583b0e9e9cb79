//! A store in memory and a responder that follows a script, for tests.

mod memory;
mod script;

pub use memory::MemoryStore;
pub use script::{Gate, ScriptedResponder, Step};
