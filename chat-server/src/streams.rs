//! How many answers and live feeds there are at a time. Each holds memory for as long as it lasts,
//! so a process takes no more than it was told to.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _};
use prometheus::IntGauge;
use todochat_service::ApiError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// When a client that was refused may ask again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The places for streams. Clones share them.
#[derive(Debug, Clone)]
pub struct Streams {
    places: Arc<Semaphore>,
    taken: IntGauge,
}

/// One stream's place, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    taken: IntGauge,
}

impl Streams {
    /// So many at a time; `taken` shows how many there are.
    pub fn new(most: u32, taken: IntGauge) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(most)), taken }
    }

    /// A place, or 503 with `Retry-After`: another replica may have one.
    pub fn take(&self) -> Result<Place, ApiError> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| {
            ApiError::unavailable(
                "too_many_streams",
                "Too many are asking at once. Try again soon.",
            )
            .with_retry_after(RETRY_AFTER)
        })?;
        self.taken.inc();
        Ok(Place { _permit: permit, taken: self.taken.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.dec();
    }
}

impl Place {
    /// `stream`, which keeps its place until it is dropped.
    pub fn held_by<S: Stream>(self, stream: S) -> impl Stream<Item = S::Item> {
        stream.map(move |item| {
            let _held = &self;
            item
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http::StatusCode;

    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_stream_is_dropped() {
        let taken = IntGauge::new("taken", "Places taken.").unwrap();
        let streams = Streams::new(1, taken.clone());
        let held = streams.take().unwrap().held_by(stream::pending::<()>());
        let refused = streams.take().unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(taken.get(), 1);
        drop(held);
        assert_eq!(taken.get(), 0);
        assert!(streams.take().is_ok());
    }
}
