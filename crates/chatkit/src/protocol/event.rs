//! What a running turn sends.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Object, Thread, ThreadItem, ThreadItemUpdate};

/// One event of a streaming answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type")]
pub enum ThreadStreamEvent {
    /// A conversation began; its page of items is empty.
    #[serde(rename = "thread.created")]
    ThreadCreated {
        /// The conversation.
        thread: Thread,
    },
    /// Title, status or image domains changed; the page of items is empty and says nothing.
    #[serde(rename = "thread.updated")]
    ThreadUpdated {
        /// The conversation.
        thread: Thread,
    },
    /// An item begins; it is kept only once it is done.
    #[serde(rename = "thread.item.added")]
    ThreadItemAdded {
        /// The item so far.
        item: ThreadItem,
    },
    /// A pending item changed.
    #[serde(rename = "thread.item.updated")]
    ThreadItemUpdated {
        /// Which item.
        item_id: String,
        /// What changed.
        update: ThreadItemUpdate,
    },
    /// An item is complete and kept, whether it was added before or not.
    #[serde(rename = "thread.item.done")]
    ThreadItemDone {
        /// The whole item.
        item: ThreadItem,
    },
    /// A kept item is now this.
    #[serde(rename = "thread.item.replaced")]
    ThreadItemReplaced {
        /// The whole item.
        item: ThreadItem,
    },
    /// An item is gone.
    #[serde(rename = "thread.item.removed")]
    ThreadItemRemoved {
        /// Which item.
        item_id: String,
    },
    /// How the client may treat this stream.
    #[serde(rename = "stream_options")]
    StreamOptions {
        /// The options.
        stream_options: StreamOptions,
    },
    /// What goes on, until the next message, widget or progress.
    #[serde(rename = "progress_update")]
    ProgressUpdate(ProgressUpdateEvent),
    /// Something for the page around the panel to act on.
    #[serde(rename = "client_effect")]
    ClientEffect(ClientEffectEvent),
    /// The turn failed.
    #[serde(rename = "error")]
    Error(ErrorEvent),
    /// A message beside the conversation.
    #[serde(rename = "notice")]
    Notice(NoticeEvent),
}

impl ThreadStreamEvent {
    /// More text for a message: by far the most frequent event.
    pub fn text_delta(
        item_id: impl Into<String>,
        content_index: u32,
        delta: impl Into<String>,
    ) -> Self {
        let update = ThreadItemUpdate::TextDelta { content_index, delta: delta.into() };
        Self::ThreadItemUpdated { item_id: item_id.into(), update }
    }

    /// An item that begins.
    pub fn added(item: ThreadItem) -> Self {
        Self::ThreadItemAdded { item }
    }

    /// An item that is complete.
    pub fn done(item: ThreadItem) -> Self {
        Self::ThreadItemDone { item }
    }

    /// A change to a pending item.
    pub fn updated(item_id: impl Into<String>, update: ThreadItemUpdate) -> Self {
        Self::ThreadItemUpdated { item_id: item_id.into(), update }
    }
}

/// How the client may treat a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StreamOptions {
    /// Whether it shows a stop button.
    pub allow_cancel: bool,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { allow_cancel: true }
    }
}

/// What goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ProgressUpdateEvent {
    /// An icon's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The words.
    pub text: String,
}

/// Something for the page around the panel to act on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClientEffectEvent {
    /// Which effect.
    pub name: String,
    /// What it needs to know.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    pub data: Object,
}

/// The turn failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ErrorEvent {
    /// Whose words the client shows.
    #[serde(default)]
    pub code: ErrorCode,
    /// The words, when they are the server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the client offers to try again.
    #[serde(default)]
    pub allow_retry: bool,
}

/// Whose words the client shows for an error. Not a closed set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "typescript", ts(type = "\"custom\" | \"stream.error\" | (string & {})"))]
pub enum ErrorCode {
    /// The event's own message.
    #[default]
    Custom,
    /// The client's, in its user's language.
    StreamError,
    /// A code that is not known here.
    Other(String),
}

impl ErrorCode {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Custom => "custom",
            Self::StreamError => "stream.error",
            Self::Other(code) => code,
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Cow::<'de, str>::deserialize(deserializer)?;
        Ok(match code.as_ref() {
            "custom" => Self::Custom,
            "stream.error" => Self::StreamError,
            _ => Self::Other(code.into_owned()),
        })
    }
}

/// A message beside the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NoticeEvent {
    /// How serious it is.
    pub level: NoticeLevel,
    /// The words, in markdown.
    pub message: String,
    /// A heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Take care.
    Warning,
    /// Something is wrong.
    Danger,
}
