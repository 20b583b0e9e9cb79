//! Threads and items: the ChatKit server's store.
//!
//! Every statement has the user in its predicate, so that somebody else's thread is one that does
//! not exist. An item is kept as the JSON it is sent as; its place in the thread is a sequence
//! that the thread's own row hands out.
//!
//! ```text
//! store     what the ChatKit server asks for
//! turns     turns, a transaction each
//! at_once   pages in one round trip
//! in_steps  the same, one statement after the other
//! thread    a thread's own row
//! items     the rows of its items
//! files     the descriptions of its files
//! rows      what rows stand for
//! ```

mod at_once;
mod files;
mod in_steps;
pub(super) mod items;
pub(super) mod rows;
mod sql;
mod store;
mod thread;
mod turns;

use chatkit_server::{
    Hidden, PageRequest, Store as _, StoreError,
    protocol::{Order, ThreadItem},
};
use todochat_database::{Database, Error, Notice, Topic, Transaction};
use todochat_service::{Clock, Ids};

pub(super) use self::thread::save;
use super::{MessageLimit, turns::checkpoints::Checkpoints};
use crate::{attachments::Links, caller::Caller, metrics::TurnCounters};

/// How many items of a conversation the model is told at most.
const RECENT: u32 = 100;

/// Threads and items in the database.
#[derive(Clone, Debug)]
pub struct Threads {
    database: Database,
    clock: Clock,
    ids: Ids,
    limit: MessageLimit,
    links: Option<Links>,
    /// What this server is called for as long as it runs: the owner of its turns.
    server: String,
    turns: Option<TurnCounters>,
    checkpoints: Checkpoints,
}

impl Threads {
    /// A store in `database` that lets each user send as many messages as `limit` says.
    pub fn new(database: Database, clock: Clock, ids: Ids, limit: MessageLimit) -> Self {
        let server = ids.next("srv_");
        let checkpoints = Checkpoints::new(database.clone(), &server);
        Self { database, clock, ids, limit, links: None, server, turns: None, checkpoints }
    }

    /// The same, with turns counted.
    #[must_use]
    pub fn counting(self, turns: TurnCounters) -> Self {
        Self { turns: Some(turns), ..self }
    }

    /// The same, with addresses for files.
    #[must_use]
    pub fn with_links(self, links: Links) -> Self {
        Self { links: Some(links), ..self }
    }

    /// The addresses of pictures are good for a while only, so each reader is given new ones.
    fn renew_links(&self, caller: &Caller, items: &mut [ThreadItem]) {
        if let Some(links) = &self.links {
            for item in items {
                links.renew(&caller.user, item);
            }
        }
    }

    /// The newest items of a thread, oldest first, hidden ones included: what a model is told.
    pub async fn recent_items(
        &self,
        caller: &Caller,
        thread_id: &str,
    ) -> Result<Vec<ThreadItem>, StoreError> {
        let page = PageRequest { limit: RECENT, after: None, order: Order::Desc };
        let mut items = self.load_items(caller, thread_id, &page, Hidden::Include).await?.data;
        items.reverse();
        Ok(items)
    }

    async fn read(&self, caller: &Caller) -> Result<Transaction, StoreError> {
        self.database.read_as(caller.user.as_str()).await.map_err(StoreError::failed)
    }

    async fn write(&self, caller: &Caller) -> Result<Transaction, StoreError> {
        self.database.write_as(caller.user.as_str()).await.map_err(StoreError::failed)
    }
}

async fn commit(mut tx: Transaction, user: &str, thread_id: &str) -> Result<(), StoreError> {
    let (user, subject) = (user.to_owned(), thread_id.to_owned());
    tx.notify(Notice { topic: Topic::ThreadChanged, user, subject });
    tx.commit().await.map_err(StoreError::failed)
}

fn too_many(wait: std::time::Duration) -> StoreError {
    StoreError::Refused {
        status: 429,
        code: "rate_limited",
        message: "You have sent many messages in a short time. Wait a moment.".to_owned(),
        retry_after: Some(wait),
    }
}

pub(super) fn failed(error: sqlx::Error) -> StoreError {
    StoreError::failed(Error::from(error))
}
