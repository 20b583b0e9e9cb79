//! Where the ids and times of an answer come from: the store that keeps it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::server::Inner;
use crate::{IdKind, Store};

/// New ids and the time, as the server's [`Store`] has them. Cheap to clone.
#[derive(Clone)]
pub struct Stamps(Arc<dyn Source>);

impl Stamps {
    /// Those of a store, for a responder that is used without a [`Server`](crate::Server), as in a
    /// test.
    pub fn of(store: Arc<impl Store>) -> Self {
        Self(Arc::new(Alone(store)))
    }

    pub(crate) fn of_server<S: Store, R: Send + Sync + 'static>(server: &Arc<Inner<S, R>>) -> Self {
        Self(Arc::clone(server) as _)
    }

    /// A new id, as [`Store::new_id`] makes it.
    pub fn new_id(&self, kind: IdKind) -> String {
        self.0.new_id(kind)
    }

    /// The time, as [`Store::now`] tells it.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl fmt::Debug for Stamps {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stamps").finish_non_exhaustive()
    }
}

trait Source: Send + Sync {
    fn new_id(&self, kind: IdKind) -> String;
    fn now(&self) -> DateTime<Utc>;
}

struct Alone<S>(Arc<S>);

impl<S: Store> Source for Alone<S> {
    fn new_id(&self, kind: IdKind) -> String {
        self.0.new_id(kind)
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl<S: Store, R: Send + Sync> Source for Inner<S, R> {
    fn new_id(&self, kind: IdKind) -> String {
        self.store.new_id(kind)
    }

    fn now(&self) -> DateTime<Utc> {
        self.store.now()
    }
}
