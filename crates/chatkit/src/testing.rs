//! A store in memory, a responder that follows a script and files without bytes, for tests.

mod files;
mod memory;
mod script;

pub use files::ScriptedFiles;
pub use memory::MemoryStore;
pub use script::{Gate, ScriptedResponder, Step};
