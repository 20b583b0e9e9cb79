//! The ChatKit server held against the official Python SDK.
//!
//! ```text
//! cases/*.rs   a case: what is there, what is asked, what the application then says   (script.rs)
//!    │
//!    ├▶ play.rs     our server ────┐
//!    │                            ├▶ compare.rs   answers, writes, hooks and state, but for what
//!    └▶ oracle/     the SDK's own ─┘               differences.rs gives a reason for
//!
//! every byte of ours ─▶ oracle/schema.py    is read by the SDK's types and written again the same
//! our events         ─▶ oracle/reducer.py   come to what `threads.get_by_id` answers
//!
//! generated/   requests and scripts that nobody thought of
//! parity.rs    docs/chatkit-parity.md, from the names of the cases and the differences they show
//! ```
//!
//! `tests/conformance/chatkit/install` makes the SDK's environment.

#![cfg(test)]
#![expect(clippy::needless_pass_by_value, reason = "requests are written where they are used")]

mod cases;
mod compare;
mod differences;
mod generated;
mod oracle;
mod parity;
mod play;
mod script;
