//! Turns of the store: one transaction each.

use std::time::Duration;

use chatkit_server::{
    Begun, Change, Drops, IdKind, IdempotencyKey, KeptTurn, Store as _, StoreError, TurnEnd,
    TurnLease, TurnStart, TurnState, protocol::ThreadMetadata,
};
use todochat_database::{Notice, Topic, Transaction, on_each};
use tokio::{sync::broadcast::error::RecvError, time::sleep};

use super::{Threads, failed, items, rows::Place, sql, thread, too_many};
use crate::{
    caller::Caller,
    store::{
        attachments,
        turns::{
            at_once::{self, Asking, Kept},
            begin::{self, NewTurn},
            lease, read, sweep, write,
        },
    },
};

/// How long a change may go unheard of when the line on which changes are announced is down.
const UNHEARD: Duration = Duration::from_secs(1);

impl Threads {
    pub(super) async fn begin(
        &self,
        caller: &Caller,
        start: TurnStart<'_>,
    ) -> Result<Begun, StoreError> {
        let (user, now) = (caller.user.as_str(), self.now());
        let turn_id = self.ids.next(IdKind::Turn.prefix());
        let (database, asking) = (&self.database, self.asking(caller));
        if let Some(begun) = at_once::begin(database, asking, self.limit, &turn_id, start).await? {
            self.announce(user, &begun.turn.thread_id, &[Topic::ThreadChanged]);
            return Ok(begun);
        }
        let mut tx = self.write(caller).await?;
        if let Some(key) = start.key {
            begin::claim(&mut tx, user, key, &turn_id, now).await?;
        }
        let (first, thread) = place(&mut tx, user, start).await?;
        let superseded = matches!(start.drops, Drops::After(_))
            && begin::supersede(&mut tx, user, &thread.id, first - 1, now).await?;
        let turn = NewTurn {
            id: &turn_id,
            thread_id: &thread.id,
            owner: &self.server,
            first,
            is_new: start.is_new,
            now,
        };
        begin::insert(&mut tx, user, &turn).await?;
        content(&mut tx, user, start, first).await?;
        // Last, as in `begin_turn`: this row is the same for all that the user sends.
        let taken = self.limit.take(&mut tx, user, now).await.map_err(StoreError::failed)?;
        taken.map_err(too_many)?;
        let thread_id = thread.id.clone();
        let news: &[_] = if superseded {
            &[Topic::TurnChanged, Topic::ThreadChanged]
        } else {
            &[Topic::ThreadChanged]
        };
        commit(tx, user, &thread_id, news).await?;
        if let (true, Some(turns)) = (superseded, &self.turns) {
            turns.ended(TurnState::Cancelled);
        }
        Ok(Begun { turn: TurnLease { turn_id, thread_id, fence: 1 }, thread })
    }

    pub(super) async fn keep_changes(
        &self,
        caller: &Caller,
        turn: &TurnLease,
        changes: &[Change<'_>],
    ) -> Result<(), StoreError> {
        let (user, thread_id) = (caller.user.as_str(), turn.thread_id.as_str());
        let is_done = |change: &Change<'_>| !matches!(change, Change::Checkpoint(_));
        let is_done = changes.iter().any(is_done);
        // Boxed, both ways: a checkpoint is a task of its own, and there may be one of each turn.
        let kept = if is_done {
            let asking = self.asking(caller);
            Box::pin(at_once::keep(&self.database, asking, turn, changes, None)).await?
        } else {
            self.checkpoints.keep(user, turn, changes).await?
        };
        if let Some(kept) = kept {
            // Whoever follows it says so; nobody else waits for what is not its end.
            let news =
                [(kept == Kept::Watched, Topic::TurnChanged), (is_done, Topic::ThreadChanged)];
            let news = news.into_iter().filter_map(|(is_news, topic)| is_news.then_some(topic));
            self.announce(user, thread_id, &news.collect::<Vec<_>>());
            return Ok(());
        }
        let news: &[_] = if is_done {
            &[Topic::TurnChanged, Topic::ThreadChanged]
        } else {
            &[Topic::TurnChanged]
        };
        Box::pin(self.keep_in_steps(caller, turn, changes, news)).await
    }

    async fn keep_in_steps(
        &self,
        caller: &Caller,
        turn: &TurnLease,
        changes: &[Change<'_>],
        news: &[Topic],
    ) -> Result<(), StoreError> {
        let (user, thread_id) = (caller.user.as_str(), turn.thread_id.as_str());
        let mut tx = self.write(caller).await?;
        let first = write::take_places(&mut tx, user, thread_id, changes).await?;
        write::check(&mut tx, user, &self.server, turn).await?;
        write::apply(&mut tx, user, thread_id, first, changes).await?;
        commit(tx, user, thread_id, news).await
    }

    pub(super) async fn end(
        &self,
        caller: &Caller,
        turn: &TurnLease,
        changes: &[Change<'_>],
        end: &TurnEnd,
    ) -> Result<(), StoreError> {
        let (user, thread_id, now) = (caller.user.as_str(), turn.thread_id.as_str(), self.now());
        let news = &[Topic::TurnChanged, Topic::ThreadChanged];
        let asking = self.asking(caller);
        if at_once::keep(&self.database, asking, turn, changes, Some(end)).await?.is_some() {
            self.announce(user, thread_id, news);
        } else {
            let mut tx = self.write(caller).await?;
            let first = write::take_places(&mut tx, user, thread_id, changes).await?;
            let next = write::apply(&mut tx, user, thread_id, first, changes).await?;
            write::end(&mut tx, (user, &self.server), turn, end, next - 1, now).await?;
            write::forget(&mut tx, user, thread_id, now).await?;
            commit(tx, user, thread_id, news).await?;
        }
        if let Some(turns) = &self.turns {
            turns.ended(end.state);
        }
        Ok(())
    }

    fn asking<'a>(&'a self, caller: &'a Caller) -> Asking<'a> {
        Asking { user: caller.user.as_str(), owner: &self.server, now: self.now() }
    }

    fn announce(&self, user: &str, thread_id: &str, topics: &[Topic]) {
        self.database.announce(topics.iter().map(|topic| news(*topic, user, thread_id)).collect());
    }

    pub(super) async fn renew(&self, turns: &[TurnLease]) -> Result<Vec<String>, StoreError> {
        let tx = self.database.write_as_server(&self.server).await;
        let mut tx = tx.map_err(StoreError::failed)?;
        let lost = lease::renew(&mut tx, &self.server, turns, self.now()).await?;
        tx.commit().await.map_err(StoreError::failed)?;
        Ok(lost)
    }

    pub(super) async fn sweep(&self) -> Result<usize, StoreError> {
        let tx = self.database.read_as_server(&self.server).await;
        let dead = sweep::dead(&mut tx.map_err(StoreError::failed)?, self.now()).await?;
        let mut ended = 0;
        for turn in dead {
            // One that cannot be ended is no reason to leave the others.
            match self.sweep_one(&turn).await {
                Ok(is_ended) => ended += usize::from(is_ended),
                Err(error) => {
                    let error = todochat_service::chain(&error);
                    tracing::warn!(thread = turn.thread_id, error, "Could not end a dead turn");
                }
            }
        }
        if let Some(turns) = &self.turns {
            turns.swept(ended);
        }
        Ok(ended)
    }

    /// As its user, whom row-level security then knows.
    async fn sweep_one(&self, dead: &sweep::Dead) -> Result<bool, StoreError> {
        let (user, thread_id) = (dead.user.as_str(), dead.thread_id.as_str());
        let mut tx = self.database.write_as(user).await.map_err(StoreError::failed)?;
        let next = match write::take_places(&mut tx, user, thread_id, &[]).await {
            // Somebody deleted the thread meanwhile, and its turns with it.
            Err(StoreError::NotFound) => return Ok(false),
            next => next?,
        };
        if !sweep::interrupt(&mut tx, user, thread_id, next - 1, self.now()).await? {
            return Ok(false);
        }
        commit(tx, user, thread_id, &[Topic::TurnChanged, Topic::ThreadChanged]).await?;
        Ok(true)
    }

    pub(super) async fn running(
        &self,
        caller: &Caller,
        thread_id: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut tx = self.read(caller).await?;
        read::running(&mut tx, caller.user.as_str(), thread_id).await
    }

    pub(super) async fn kept(
        &self,
        caller: &Caller,
        turn_id: &str,
    ) -> Result<KeptTurn, StoreError> {
        let user = caller.user.as_str();
        let mut tx = self.read(caller).await?;
        let kept = read::turn(&mut tx, user, turn_id).await?;
        let thread = thread::load(&mut tx, caller, &kept.thread_id).await?;
        let mut items = read::items(&mut tx, user, &kept.thread_id, kept.places).await?;
        self.renew_links(caller, &mut items);
        Ok(KeptTurn {
            turn_id: turn_id.to_owned(),
            thread,
            is_new: kept.is_new,
            state: kept.state,
            error: kept.error,
            items,
        })
    }

    pub(super) async fn of_key(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
    ) -> Result<Option<String>, StoreError> {
        let mut tx = self.read(caller).await?;
        begin::turn_of_key(&mut tx, caller.user.as_str(), key, self.now()).await
    }

    /// Listens from the first time it is polled.
    pub(super) async fn changed(&self, caller: &Caller, thread_id: &str) {
        let mut notices = self.database.subscribe();
        let heard = async {
            loop {
                match notices.recv().await {
                    Ok(notice) if is_about(&notice, caller, thread_id) => return,
                    Ok(_) => {}
                    // Some were missed.
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = heard => {}
            () = sleep(UNHEARD) => {}
        }
    }

    pub(super) async fn watch(&self, caller: &Caller, turn_id: &str) -> Result<(), StoreError> {
        let mut tx = self.write(caller).await?;
        lease::watch(&mut tx, caller.user.as_str(), turn_id, self.now()).await?;
        tx.commit().await.map_err(StoreError::failed)
    }

    pub(super) async fn watched(
        &self,
        caller: &Caller,
        turn: &TurnLease,
    ) -> Result<bool, StoreError> {
        let mut tx = self.read(caller).await?;
        lease::is_watched(&mut tx, caller.user.as_str(), &turn.turn_id, self.now()).await
    }
}

/// The turn's first place, and the thread as it is in this transaction. Locks the thread.
async fn place(
    tx: &mut Transaction,
    user: &str,
    start: TurnStart<'_>,
) -> Result<(i64, ThreadMetadata), StoreError> {
    if start.is_new {
        let title = thread::insert(tx, user, start).await?;
        return Ok((1, ThreadMetadata { title, ..start.thread.clone() }));
    }
    let taken: Option<Place> = on_each!(tx, connection => {
        sqlx::query_as(sql::TAKE_FIRST_PLACE)
            .bind(&start.thread.id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    let Place { place, thread } = taken.ok_or(StoreError::NotFound)?;
    Ok((place, thread.into_thread()?))
}

/// What the user sent, and what goes because of it.
async fn content(
    tx: &mut Transaction,
    user: &str,
    start: TurnStart<'_>,
    place: i64,
) -> Result<(), StoreError> {
    let thread_id = start.thread.id.as_str();
    if let Some(read) = start.instead_of {
        items::check(tx, user, thread_id, read).await?;
    }
    if let Some(item) = start.item {
        items::put(tx, user, thread_id, place, item).await?;
    }
    attachments::join(tx, user, thread_id, start.attachments).await?;
    match start.drops {
        Drops::Nothing => {}
        Drops::Items(ids) => {
            for id in ids {
                items::delete(tx, user, thread_id, id).await?;
            }
        }
        Drops::After(id) => items::delete_after(tx, user, thread_id, id).await?,
    }
    Ok(())
}

fn is_about(notice: &Notice, caller: &Caller, thread_id: &str) -> bool {
    let is_here = notice.user == caller.user.as_str() && notice.subject == thread_id;
    match notice.topic {
        Topic::TurnChanged => is_here,
        Topic::Missed => true,
        Topic::ThreadChanged | Topic::TasksChanged | Topic::SessionsRevoked => false,
    }
}

async fn commit(
    mut tx: Transaction,
    user: &str,
    thread_id: &str,
    topics: &[Topic],
) -> Result<(), StoreError> {
    for topic in topics {
        tx.notify(news(*topic, user, thread_id));
    }
    tx.commit().await.map_err(StoreError::failed)
}

fn news(topic: Topic, user: &str, thread_id: &str) -> Notice {
    Notice { topic, user: user.to_owned(), subject: thread_id.to_owned() }
}
