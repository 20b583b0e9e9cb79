//! Somebody else who changes what the operator puts right, again and again. The two would write for ever, each as fast as the
//! other; so after a few rounds the operator takes its time, and says with whom it disagrees.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{kinds::ChildId, names::ObjectKey, status::Fight};

/// More corrections of one object than this, and it is said that somebody fights.
const SAID: u32 = 5;
/// More than this, and the operator takes its time.
const SLOW: u32 = 30;
/// After this long without a correction all is forgotten.
const PEACE: Duration = Duration::from_mins(10);
/// How long the operator waits then; doubled with each further round.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// It never waits longer.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Who fights over what.
#[derive(Debug, Default)]
pub(super) struct Fights(Mutex<HashMap<(ObjectKey, ChildId), Rounds>>);

#[derive(Debug)]
struct Rounds {
    count: u32,
    last: Instant,
    manager: String,
}

impl Rounds {
    /// When the next correction may be.
    fn next(&self) -> Instant {
        match self.count.checked_sub(SLOW + 1) {
            None => self.last,
            Some(further) => {
                self.last + FIRST_WAIT.saturating_mul(1 << further.min(10)).min(LONGEST_WAIT)
            }
        }
    }
}

impl Fights {
    fn all(&self) -> MutexGuard<'_, HashMap<(ObjectKey, ChildId), Rounds>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait before the object is put right; zero is at once.
    pub(super) fn wait(&self, key: &ObjectKey, child: &ChildId) -> Duration {
        let mut all = self.all();
        all.retain(|_, rounds| rounds.last.elapsed() < PEACE);
        let rounds = all.get(&(key.clone(), child.clone()));
        rounds.map_or(Duration::ZERO, |rounds| {
            rounds.next().saturating_duration_since(Instant::now())
        })
    }

    /// Notes that the object was put right after `manager` had changed it.
    pub(super) fn corrected(&self, key: &ObjectKey, child: &ChildId, manager: &str) {
        let mut all = self.all();
        let rounds = all.entry((key.clone(), child.clone())).or_insert_with(|| Rounds {
            count: 0,
            last: Instant::now(),
            manager: String::new(),
        });
        rounds.count += 1;
        rounds.last = Instant::now();
        if !manager.is_empty() {
            manager.clone_into(&mut rounds.manager);
        }
    }

    /// The fights over children of the object.
    pub(super) fn of(&self, key: &ObjectKey) -> Vec<Fight> {
        let all = self.all();
        let fought = all.iter().filter(|((object, _), rounds)| {
            object == key && rounds.count > SAID && rounds.last.elapsed() < PEACE
        });
        let fight = |((_, child), rounds): (&(ObjectKey, ChildId), &Rounds)| Fight {
            child: child.clone(),
            manager: rounds.manager.clone(),
        };
        fought.map(fight).collect()
    }

    /// Forgets the object.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.all().retain(|(object, _), _| object != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Kind;

    fn setting() -> (Fights, ObjectKey, ChildId) {
        (Fights::default(), ObjectKey::new("n", "o"), ChildId::new(Kind::Service, "o-chat"))
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_rounds_are_put_right_at_once_and_without_a_word() {
        let (fights, key, child) = setting();
        for _ in 0..SAID {
            fights.corrected(&key, &child, "argo");
        }
        assert_eq!(fights.wait(&key, &child), Duration::ZERO);
        assert_eq!(fights.of(&key), []);
    }

    #[tokio::test(start_paused = true)]
    async fn then_the_other_is_named_and_at_last_it_takes_longer_and_longer() {
        let (fights, key, child) = setting();
        for _ in 0..=SAID {
            fights.corrected(&key, &child, "argo");
        }
        assert_eq!(fights.of(&key), [Fight { child: child.clone(), manager: "argo".to_owned() }]);
        for _ in SAID + 1..SLOW {
            fights.corrected(&key, &child, "argo");
        }
        let mut waits = Vec::new();
        for _ in 0..11 {
            waits.push(fights.wait(&key, &child).as_secs());
            fights.corrected(&key, &child, "argo");
        }
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fight_that_rests_is_over() {
        let (fights, key, child) = setting();
        for _ in 0..=SLOW {
            fights.corrected(&key, &child, "argo");
        }
        tokio::time::advance(PEACE).await;
        assert_eq!(fights.of(&key), []);
        assert_eq!(fights.wait(&key, &child), Duration::ZERO);
    }
}
