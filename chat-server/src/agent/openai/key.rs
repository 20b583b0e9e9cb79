//! The key a model is asked with.

use std::{fmt, io, path::PathBuf};

use reqwest::header::HeaderValue;

/// The key a model is asked with. It is never logged.
#[derive(Clone, Default)]
pub enum Key {
    /// None is sent.
    #[default]
    None,
    /// This one.
    Text(String),
    /// What the file holds when the model is asked, so that a key can be replaced at any time.
    File(PathBuf),
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("could not read the key's file")]
    Read(#[source] io::Error),
    #[error("the key is not one line of printable characters")]
    NotAHeader,
}

impl Key {
    /// The key as it is now.
    pub(crate) async fn read(&self) -> Result<Option<String>, KeyError> {
        let key = match self {
            Self::None => return Ok(None),
            Self::Text(key) => key.clone(),
            Self::File(path) => tokio::fs::read_to_string(path).await.map_err(KeyError::Read)?,
        };
        let key = key.trim();
        Ok((!key.is_empty()).then(|| key.to_owned()))
    }
}

/// `text` as the value of a header that is kept out of debug output.
pub(super) fn secret(text: &str) -> Result<HeaderValue, KeyError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| KeyError::NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Text(_) => f.write_str("Text(..)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}
