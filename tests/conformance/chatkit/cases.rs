//! The cases, each with its number in docs/chatkit-parity.md. What is not here is proved elsewhere: `parity.rs` knows where.

mod attachments;
mod hangups;
mod pages;
mod pipeline;
mod threads;
mod tools;
mod transport;
mod types;
mod widgets;
