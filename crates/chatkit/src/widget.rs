//! Widgets: what has changed between two states of one and what that makes of the first, and templates
//! to make them from.
//!
//! ```text
//! `.widget` file ─▶ WidgetTemplate ── build(data) ─▶ WidgetRoot ─┐
//! json!({"type": "Card", …}) ───────────────────────▶ WidgetRoot ─┴▶ diff ─▶ updates for the client
//!                       for a reader that comes in the middle: WidgetRoot ◀─ apply ─┘
//! ```
//!
//! A widget is opaque JSON with a root, `Card`, `ListView` or `Basic`: a property or component that
//! only the client knows passes through.

mod apply;
mod diff;
#[cfg(feature = "templates")]
mod template;

use serde_json::{Map, Value};

pub use apply::apply;
pub use diff::diff;
#[cfg(feature = "templates")]
pub use template::{TemplateError, WidgetTemplate};

/// Whether a component's `value` is text that streams.
fn is_text(component: &Map<String, Value>) -> bool {
    let kind = component.get("type").and_then(Value::as_str);
    matches!(kind, Some("Text" | "Markdown"))
}
