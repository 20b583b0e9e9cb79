//! A ChatKit server: the protocol, the endpoint and the life of a turn, for any application.
//!
//! An application brings a [`Store`], which keeps conversations, and a [`Responder`], which
//! answers the user. [`Server`] does the rest:
//!
//! ```text
//! bytes ─▶ Server::parse ─▶ Request ─▶ process_request ─▶ Response::Json   one JSON value
//!             (body.rs)                 (server.rs)     └▶ Response::Stream  EventStream
//!                                          │                    ▲   └─ into_sse ─▶ bytes
//!                                          ▼                    │ bounded channel (stream.rs)
//!                     Store::begin_turn, then the turn's own task (turn.rs): what the
//!                     Responder yields is kept, hidden or passed on, in one place
//! ```
//!
//! What can be refused is refused before a stream begins, with an [`Error`] that has an HTTP
//! status; after that a failure is an `error` event. A client that goes away is treated as
//! [`OnDisconnect`] says.
//!
//! A responder is best written as an async function: see [`responder`] and [`Reply`]. [`widget`] has
//! templates for widgets, and tells what has changed between two states of one. The route for axum is
//! in the module `axum`, behind the feature of that name; for any other framework there is
//! [`Server::process`].

#![warn(missing_debug_implementations)]

mod attachments;
#[cfg(feature = "axum")]
pub mod axum;
mod body;
mod error;
mod idempotency;
pub mod protocol;
mod reply;
mod respond;
mod server;
mod sse;
mod stamps;
mod store;
mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transcribe;
mod turn;
#[cfg(feature = "typescript")]
pub mod typescript;
pub mod widget;

/// The examples of the README, which are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use attachments::AttachmentStore;
pub use error::Error;
pub use idempotency::IdempotencyKey;
pub use reply::{
    FnResponder, MessageWriter, PictureWriter, Reply, TaskWriter, WidgetWriter, WorkflowWriter,
    reply_to, reply_to_action, responder,
};
pub use respond::{ActionTurn, Cause, Feedback, RespondError, Responder, SyncAction, Turn};
pub use server::{Limits, Options, Response, Server, WhenBusy};
pub use sse::SseStream;
pub use stamps::Stamps;
pub use store::{
    Begun, Change, Drops, Hidden, IdKind, KeptTurn, PageRequest, Store, StoreError, TurnEnd,
    TurnLease, TurnStart, TurnState,
};
pub use stream::{EventStream, OnDisconnect};
pub use transcribe::{Audio, Transcriber, Transcript};
pub use turn::{LEASE, interrupted};
