//! Widgets: what has changed between two states of one, and templates to make them from.
//!
//! ```text
//! `.widget` file ─▶ WidgetTemplate ── build(data) ─▶ WidgetRoot ─┐
//! json!({"type": "Card", …}) ───────────────────────▶ WidgetRoot ─┴▶ diff ─▶ updates for the client
//! ```
//!
//! A widget is opaque JSON with a root, `Card`, `ListView` or `Basic`: a property or component that
//! only the client knows passes through.

mod diff;
#[cfg(feature = "templates")]
mod template;

pub use diff::diff;
#[cfg(feature = "templates")]
pub use template::{TemplateError, WidgetTemplate};
