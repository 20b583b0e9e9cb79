//! The one token that opens the bridge.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest as _, Sha256};
use todochat_auth::bearer;
use todochat_service::ApiError;

/// Why there is no token to compare with.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("could not read the token in {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Everybody would be let in.
    #[error("{} holds no token", file.display())]
    Empty {
        /// Which file.
        file: PathBuf,
    },
}

/// The token of a file. Clones share it.
#[derive(Clone)]
pub(super) struct Gate {
    file: Arc<Path>,
    /// Of the token as it was last read.
    digest: Arc<Mutex<[u8; 32]>>,
}

/// Lets a request with the token through, without it, and answers all others with 401.
pub(super) async fn require(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Response {
    if !gate.admits(request.headers()).await {
        return ApiError::unauthorized().into_response();
    }
    request.headers_mut().remove(AUTHORIZATION);
    next.run(request).await
}

impl Gate {
    /// Fails when the file holds no token now.
    pub(super) fn open(file: &Path) -> Result<Self, TokenError> {
        let read = std::fs::read(file)
            .map_err(|source| TokenError::Read { file: file.to_owned(), source })?;
        let digest = digest(&read).ok_or_else(|| TokenError::Empty { file: file.to_owned() })?;
        Ok(Self { file: file.into(), digest: Arc::new(Mutex::new(digest)) })
    }

    async fn admits(&self, headers: &HeaderMap) -> bool {
        let expected = self.current().await;
        bearer(headers).is_ok_and(|token| same(&Sha256::digest(token).into(), &expected))
    }

    /// Of what the file holds now; while it holds nothing, of what it held last.
    async fn current(&self) -> [u8; 32] {
        let read = tokio::fs::read(&self.file).await.ok().and_then(|read| digest(&read));
        let mut last = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = read {
            *last = digest;
        } else {
            tracing::warn!("Could not read the token again; the last one stays good");
        }
        *last
    }
}

fn digest(content: &[u8]) -> Option<[u8; 32]> {
    let token = content.trim_ascii();
    (!token.is_empty()).then(|| Sha256::digest(token).into())
}

/// Takes as long whatever differs.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        [(AUTHORIZATION, value.parse().unwrap())].into_iter().collect()
    }

    #[tokio::test]
    async fn the_token_that_the_file_holds_now_opens() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "one\n").unwrap();
        let gate = Gate::open(file.path()).unwrap();
        assert!(gate.admits(&headers("Bearer one")).await);
        for wrong in ["Bearer two", "Bearer on", "Bearer onee", "one", "Basic one"] {
            assert!(!gate.admits(&headers(wrong)).await, "{wrong}");
        }
        assert!(!gate.admits(&HeaderMap::new()).await);
        fs::write(file.path(), "two").unwrap();
        assert!(!gate.admits(&headers("Bearer one")).await);
        assert!(gate.admits(&headers("Bearer two")).await);
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_read_again_stays_good_and_nothing_else_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "one").unwrap();
        let gate = Gate::open(file.path()).unwrap();
        fs::write(file.path(), " \n").unwrap();
        assert!(gate.admits(&headers("Bearer one")).await);
        drop(file);
        assert!(gate.admits(&headers("Bearer one")).await);
        assert!(!gate.admits(&headers("Bearer ")).await);
    }

    #[test]
    fn without_a_token_it_does_not_start() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Gate::open(file.path()), Err(TokenError::Empty { .. })));
        assert!(matches!(Gate::open(Path::new("/nowhere")), Err(TokenError::Read { .. })));
    }
}
