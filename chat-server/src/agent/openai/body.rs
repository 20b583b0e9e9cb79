//! The body of a model's answer. Whatever is there of it is taken at once: a model that is ahead of us
//! costs one look for many pieces of text.

use std::{
    error::Error,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::Body as _;

use super::connection::Answer;

const LARGEST: usize = 16 << 20;
const LARGEST_ERROR: usize = 64 << 10;
/// So much is taken before it is looked at.
const PIECE: usize = 32 << 10;

/// The body of an answer. Dropping it hangs up, unless it has ended.
pub(super) struct Body {
    source: Source,
    /// Bytes that have come.
    size: usize,
    /// How it ended, when that was seen together with its last bytes.
    end: Option<Result<(), Broken>>,
}

enum Source {
    Ours(Box<Answer>),
    Reqwest(reqwest::Body),
}

/// Why there is no more of a body.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the connection broke")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
    #[error("the answer is too large")]
    TooLarge,
}

impl From<Answer> for Body {
    fn from(answer: Answer) -> Self {
        Self { source: Source::Ours(Box::new(answer)), size: 0, end: None }
    }
}

impl From<reqwest::Response> for Body {
    fn from(response: reqwest::Response) -> Self {
        Self { source: Source::Reqwest(response.into()), size: 0, end: None }
    }
}

impl Body {
    /// Adds what there is to `buffer`; waits while that is nothing. Says whether there was more.
    pub(super) async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Broken> {
        poll_fn(|context| self.poll_read(context, buffer)).await
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<u8>,
    ) -> Poll<Result<bool, Broken>> {
        let before = buffer.len();
        while self.end.is_none() && buffer.len() - before < PIECE {
            match self.source.poll_read(context, buffer) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(end) => self.end = Some(end.map(|_| ())),
                Poll::Pending if buffer.len() == before => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        self.size += buffer.len() - before;
        if self.size > LARGEST {
            return Poll::Ready(Err(Broken::TooLarge));
        }
        if buffer.len() > before {
            return Poll::Ready(Ok(true));
        }
        Poll::Ready(self.end.take().unwrap_or(Ok(())).map(|()| false))
    }

    /// The beginning of an error's body; what cannot be read is left out.
    pub(super) async fn beginning(mut self) -> Vec<u8> {
        let mut start = Vec::new();
        while start.len() < LARGEST_ERROR && matches!(self.read(&mut start).await, Ok(true)) {}
        start.truncate(LARGEST_ERROR);
        start
    }
}

impl Source {
    /// Adds what comes next to `buffer`, which may be nothing; says whether more may follow.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<u8>,
    ) -> Poll<Result<bool, Broken>> {
        match self {
            Self::Ours(answer) => answer.poll_read(context, buffer).map_err(Broken::of),
            Self::Reqwest(body) => {
                let Some(frame) = ready!(Pin::new(body).poll_frame(context)) else {
                    return Poll::Ready(Ok(false));
                };
                let frame = frame.map_err(|error| Broken::of(error.without_url()))?;
                // Trailers say nothing to us.
                buffer.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
                Poll::Ready(Ok(true))
            }
        }
    }
}

impl Broken {
    fn of(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Connection(Box::new(error))
    }
}
