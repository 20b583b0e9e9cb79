//! A conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap as _};

use super::{Object, Page, ThreadItem, timestamp};

/// What is known of a conversation besides its items; what a store keeps of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ThreadMetadata {
    /// Opaque id.
    pub id: String,
    /// What the history calls it, once it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it began.
    #[serde(with = "timestamp")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    /// Whether it takes messages.
    #[serde(default)]
    pub status: ThreadStatus,
    /// Hosts whose images the client may show; absent means its own default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_image_domains: Option<Vec<String>>,
    /// The application's own data. It never leaves the server: clients always see `{}`.
    #[serde(default, serialize_with = "withheld")]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, never>"))]
    pub metadata: Object,
}

fn withheld<S: Serializer>(_: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_map(Some(0))?.end()
}

/// A conversation as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Thread {
    /// Everything but the items.
    #[serde(flatten)]
    pub thread: ThreadMetadata,
    /// A page of items. It is empty in lists, updates and events, where it must not be read as
    /// "there are none".
    #[serde(default)]
    pub items: Page<ThreadItem>,
}

impl From<ThreadMetadata> for Thread {
    fn from(thread: ThreadMetadata) -> Self {
        Self { thread, items: Page::default() }
    }
}

/// Whether a conversation takes messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ThreadStatus {
    /// It does.
    #[default]
    Active,
    /// Not now: the composer is shown but disabled.
    Locked {
        /// Why, in the user's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Never again: the composer gives way to a banner.
    Closed {
        /// Why, in the user's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}
