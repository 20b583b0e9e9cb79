//! Turns in memory.

use super::kept::Kept;
use super::{MemoryStore, State};
use crate::protocol::ErrorEvent;
use crate::{
    Begun, Drops, IdKind, IdempotencyKey, KeptTurn, Store as _, StoreError, TurnEnd, TurnLease,
    TurnStart, TurnState,
};

/// A turn and whose it is.
pub(super) struct Turn {
    user: String,
    lease: TurnLease,
    is_new: bool,
    state: TurnState,
    error: Option<ErrorEvent>,
    key: Option<IdempotencyKey>,
    /// What was kept in it.
    items: Vec<String>,
}

impl MemoryStore {
    /// All that a turn begins with, at once.
    pub(super) fn begin_now(&self, user: &str, start: &TurnStart<'_>) -> Result<Begun, StoreError> {
        self.state().may_begin(user, start)?;
        let turn_id = self.new_id(IdKind::Turn);
        let mut state = self.begin("begin_turn", if start.is_new { "new" } else { "" })?;
        if start.is_new {
            let thread = start.thread.clone();
            state.threads.push(Kept { user: user.to_owned(), thread, items: Vec::new() });
        }
        let kept = state.find(user, &start.thread.id)?;
        kept.check(start.instead_of)?;
        let dropped = kept.drop(start.drops)?;
        start.item.into_iter().for_each(|item| kept.put(item));
        start.attachments.iter().for_each(|attachment| state.keep_attachment(user, attachment));
        state.note("delete_item", dropped);
        state.note("save_attachment", start.attachments.len());
        Ok(state.begin(user, start, turn_id))
    }
}

impl State {
    /// Whether a turn may begin.
    fn may_begin(&self, user: &str, start: &TurnStart<'_>) -> Result<(), StoreError> {
        if let Some(turn_id) = start.key.map(|key| self.turn_of(user, key)).transpose()?.flatten() {
            return Err(StoreError::Repeated { turn_id });
        }
        let busy = self.turns.iter().any(|turn| {
            turn.lease.thread_id == start.thread.id && turn.state == TurnState::Running
        });
        let gives_way = matches!(start.drops, Drops::After(_));
        if busy && !gives_way { Err(StoreError::Busy) } else { Ok(()) }
    }

    /// Ends the turn whose answer is dropped.
    fn supersede(&mut self, thread_id: &str) {
        let here = self.turns.iter_mut().filter(|turn| turn.lease.thread_id == thread_id);
        for turn in here.filter(|turn| turn.state == TurnState::Running) {
            turn.lease.fence += 1;
            turn.state = TurnState::Cancelled;
        }
    }

    fn begin(&mut self, user: &str, start: &TurnStart<'_>, turn_id: String) -> Begun {
        if matches!(start.drops, Drops::After(_)) {
            self.supersede(&start.thread.id);
        }
        let thread = start.thread.clone();
        let kept = self.find(user, &thread.id).map(|kept| kept.thread.clone());
        let lease = TurnLease { turn_id, thread_id: thread.id.clone(), fence: 1 };
        self.turns.push(Turn {
            user: user.to_owned(),
            lease: lease.clone(),
            is_new: start.is_new,
            state: TurnState::Running,
            error: None,
            key: start.key.cloned(),
            items: start.item.iter().map(|item| item.id().to_owned()).collect(),
        });
        Begun { turn: lease, thread: kept.unwrap_or(thread) }
    }

    pub(super) fn turn_of(
        &self,
        user: &str,
        key: &IdempotencyKey,
    ) -> Result<Option<String>, StoreError> {
        let known = self.turns.iter().find_map(|turn| {
            let known = turn.key.as_ref().filter(|known| known.key() == key.key())?;
            (turn.user == user).then_some((turn, known))
        });
        match known {
            None => Ok(None),
            Some((turn, known)) if known == key => Ok(Some(turn.lease.turn_id.clone())),
            Some(_) => Err(StoreError::key_reused()),
        }
    }

    /// The turn, if the lease is still good.
    pub(super) fn held(&mut self, lease: &TurnLease) -> Result<&mut Turn, StoreError> {
        let turn = self.turns.iter_mut().find(|turn| turn.lease.turn_id == lease.turn_id);
        let turn = turn.ok_or(StoreError::NotFound)?;
        let good = turn.lease == *lease && turn.state == TurnState::Running;
        if good { Ok(turn) } else { Err(StoreError::Lost) }
    }

    pub(super) fn running(&self, user: &str, thread_id: &str) -> Option<String> {
        let turn = self.turns.iter().find(|turn| {
            turn.user == user
                && turn.lease.thread_id == thread_id
                && turn.state == TurnState::Running
        });
        turn.map(|turn| turn.lease.turn_id.clone())
    }

    pub(super) fn turn(&mut self, user: &str, turn_id: &str) -> Result<KeptTurn, StoreError> {
        let mut turns = self.turns.iter();
        let turn = turns.find(|turn| turn.user == user && turn.lease.turn_id == turn_id);
        let turn = turn.ok_or(StoreError::NotFound)?;
        let (is_new, state, error) = (turn.is_new, turn.state, turn.error.clone());
        let (ids, thread_id) = (turn.items.clone(), turn.lease.thread_id.clone());
        let kept = self.find(user, &thread_id)?;
        let items = kept
            .items
            .iter()
            .filter(|item| !item.is_hidden() && ids.iter().any(|id| id == item.id()));
        Ok(KeptTurn {
            turn_id: turn_id.to_owned(),
            thread: kept.thread.clone(),
            is_new,
            state,
            error,
            items: items.cloned().collect(),
        })
    }

    /// Takes a turn away from its holder, as another server does when the lease is over.
    pub(super) fn take_over(&mut self, turn_id: &str) {
        for turn in self.turns.iter_mut().filter(|turn| turn.lease.turn_id == turn_id) {
            turn.lease.fence += 1;
            turn.state = TurnState::Interrupted;
        }
    }
}

impl Turn {
    pub(super) fn wrote(&mut self, item_id: &str) {
        self.items.push(item_id.to_owned());
    }

    pub(super) fn end(&mut self, end: &TurnEnd) {
        self.state = end.state;
        self.error.clone_from(&end.error);
    }
}
