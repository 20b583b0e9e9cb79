//! What a tool server is shown that stands in files: a token, headers. Read for each request, so
//! that a file that changes takes effect with the next one.

use std::{
    collections::HashMap,
    fmt, io,
    path::{Path, PathBuf},
};

use http::{HeaderName, HeaderValue, header::InvalidHeaderValue};

use super::settings::{Credential, ToolServer};

/// Longer than any token or header that a server takes.
const LARGEST: usize = 16 * 1024;

/// Why a secret cannot be shown. Names the file and quotes nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("could not read {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is empty, too long, or holds what cannot be a header.
    #[error("{} does not hold one line of printable characters", file.display())]
    NotAHeader {
        /// Which file.
        file: PathBuf,
    },
}

/// The files of one server.
#[derive(Debug)]
pub(super) struct Secrets {
    token: Option<PathBuf>,
    headers: Vec<(HeaderName, PathBuf)>,
}

/// What they held at one time. Two of these are equal when nothing has changed.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) token: Option<String>,
    pub(super) headers: HashMap<HeaderName, HeaderValue>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(…)")
    }
}

impl Secrets {
    pub(super) fn of(server: &ToolServer) -> Self {
        let token = match &server.credential {
            Credential::Bearer(file) => Some(file.clone()),
            Credential::Minted { .. } | Credential::None => None,
        };
        Self { token, headers: server.headers.clone() }
    }

    /// What the files hold now.
    pub(super) async fn read(&self) -> Result<Shown, SecretError> {
        let mut shown = Shown::default();
        if let Some(file) = &self.token {
            let token = line(file).await?;
            header(&token, file)?;
            shown.token = Some(token);
        }
        for (name, file) in &self.headers {
            shown.headers.insert(name.clone(), header(&line(file).await?, file)?);
        }
        Ok(shown)
    }
}

async fn line(file: &Path) -> Result<String, SecretError> {
    let read = tokio::fs::read_to_string(file).await;
    let text = read.map_err(|source| SecretError::Read { file: file.to_owned(), source })?;
    let line = text.trim();
    if line.is_empty() || line.len() > LARGEST {
        return Err(SecretError::NotAHeader { file: file.to_owned() });
    }
    Ok(line.to_owned())
}

fn header(text: &str, file: &Path) -> Result<HeaderValue, SecretError> {
    let refused = |_: InvalidHeaderValue| SecretError::NotAHeader { file: file.to_owned() };
    let mut value = HeaderValue::from_str(text).map_err(refused)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_a_file_holds_now_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let secrets = Secrets {
            token: Some(file.clone()),
            headers: vec![(HeaderName::from_static("x-key"), file.clone())],
        };
        fs::write(&file, "one\n").unwrap();
        let first = secrets.read().await.unwrap();
        assert_eq!(first.token.as_deref(), Some("one"));
        assert_eq!(first.headers[&HeaderName::from_static("x-key")], "one");
        assert_eq!(secrets.read().await.unwrap(), first);
        fs::write(&file, "two").unwrap();
        assert_ne!(secrets.read().await.unwrap(), first);
        assert!(!format!("{first:?}").contains("one"));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_shown_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let secrets = Secrets { token: Some(file.clone()), headers: Vec::new() };
        assert!(matches!(secrets.read().await, Err(SecretError::Read { .. })));
        for content in ["", " \n", "hunter2\nhunter2", "hunter2\u{7}"] {
            fs::write(&file, content).unwrap();
            let error = secrets.read().await.unwrap_err();
            assert!(matches!(error, SecretError::NotAHeader { .. }), "{content:?}");
            assert!(!format!("{error:?} {error}").contains("hunter2"));
        }
    }
}
