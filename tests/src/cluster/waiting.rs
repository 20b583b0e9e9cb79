//! Waiting for what must come, and not for ever.

use std::{fmt::Debug, time::Duration};

use kube::{
    Api, Error, Resource,
    runtime::{
        wait::{self, Condition, await_condition},
        watcher,
    },
};
use serde::de::DeserializeOwned;

/// Longer than anything here takes, so that a test fails instead of hanging.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Waits for what must come.
///
/// # Panics
///
/// When it does not come within [`PATIENCE`].
pub fn soon<T>(what: &str, awaited: impl Future<Output = T>) -> impl Future<Output = T> {
    let awaited = Box::pin(awaited); // a watch is large
    async move {
        let awaited = tokio::time::timeout(PATIENCE, awaited).await;
        awaited.unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
    }
}

/// Waits until an object is as `test` wants it, if only gone, and gives what is there. A watch that the server puts off, because a
/// definition has changed or too much is asked, is begun again.
///
/// # Panics
///
/// When that does not come within [`PATIENCE`], or the watch fails otherwise.
pub async fn until<K>(what: &str, api: Api<K>, name: &str, test: impl Condition<K>) -> Option<K>
where
    K: Resource + Clone + Debug + Send + DeserializeOwned + 'static,
{
    let test = |object: Option<&K>| test.matches_object(object);
    soon(what, async {
        loop {
            match await_condition(api.clone(), name, test).await {
                Ok(object) => return object,
                Err(wait::Error::ProbeFailed(error)) if is_put_off(&error) => {}
                Err(error) => panic!("{what}: {error}"),
            }
            // What such answers say in `Retry-After`.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await
}

fn is_put_off(error: &watcher::Error) -> bool {
    use watcher::Error::{InitialListFailed, WatchError, WatchStartFailed};
    match error {
        InitialListFailed(Error::Api(status)) | WatchStartFailed(Error::Api(status)) => {
            status.code == 429
        }
        WatchError(status) => status.code == 429,
        _ => false,
    }
}
