//! A `TodoChat` object becomes a running chat, and stays one.
//!
//! ```text
//! API server ─watch─▶ watching ─▶ queue ─▶ controller: reconcile = five calls
//!    dereference   client   what the spec points at, and the object's world      → Fetched
//!    validate      pure     spec + fetched + settings                            → Validated
//!    build         pure     one function per object                              → Children<Prepared>
//!    apply         client   compare first, write only what differs, prune        → Children<Applied>
//!    status        pure     fourteen conditions; then one patch, only if it changed
//! ```

pub mod announcing;
pub mod api_error;
pub mod apply;
pub mod build;
pub mod children;
pub mod client;
pub mod command;
pub mod conditions;
pub mod config;
pub mod controller;
pub mod crd;
pub mod cron;
pub mod dereference;
pub mod diff;
pub mod discovery;
pub mod fetched;
pub mod ingress_controllers;
pub mod kinds;
pub mod kubectl;
pub mod leading;
pub mod made_of;
pub mod metrics;
pub mod names;
pub mod offer;
mod output;
pub mod pacing;
pub mod probing;
pub mod queue;
pub mod rbac;
pub mod references;
pub mod render;
pub mod rotating;
pub mod run;
pub mod selfcheck;
pub mod settings;
pub mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod validate;
pub mod validated;
pub mod wait;
pub mod watching;
pub mod world;
pub mod writer;
