//! The login that the servers use: two take turns.

use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::json;

use super::{
    LoginSeen, Record, Wish,
    wish::{delta, until},
};
use crate::{apply::canonical, names::Part};

/// How soon a turn is looked at again that only waits for its status.
const SOON: Duration = Duration::from_secs(1);
/// How long it takes until a Job that has failed is followed by another; each time twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// The two logins that take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The one that is made first.
    pub first: String,
    /// The other.
    pub second: String,
    /// The login that migrates; it takes no turns.
    pub migrator: String,
}

impl Names {
    /// `name` and the one beside it, as `todochat-chat-server rotate-login` knows them.
    pub fn of(name: String) -> Self {
        Self { second: format!("{name}_b"), migrator: format!("{name}_migrate"), first: name }
    }

    fn other_than(&self, name: &str) -> String {
        if name == self.first { self.second.clone() } else { self.first.clone() }
    }

    /// `name` if it is one of them, or else the first.
    fn known(&self, name: Option<&str>) -> String {
        name.filter(|name| *name == self.second).unwrap_or(&self.first).to_owned()
    }
}

/// What bears on a turn besides the Secret and the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The login that was last recorded as the one in use: it stays so when its Secret is lost.
    pub recorded: Option<&'a str>,
    /// Whether a Job can work on the database now: it is there, and has the schema of the release.
    pub is_open: bool,
    /// Whether it stands in the status that the database knows the login in use.
    pub is_settled: bool,
}

/// The Secret as it shall be, and the Job that must run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The login in use.
    pub username: String,
    /// The login that migrates, which takes no turns.
    pub migrator: String,
    /// Whether nothing is known of the Secret: it is made, or was not seen yet.
    pub is_first: bool,
    /// Whether it is the one that was made ready, which now takes over.
    pub takes_over: bool,
    /// The login that is made ready.
    pub next: Option<String>,
    /// How far it is.
    pub record: Record,
    /// The Job of this turn.
    pub job: Option<LoginJob>,
    /// Whether a turn is due and cannot begin.
    pub waits: bool,
    /// How long until the next turn.
    pub wait: Option<Duration>,
}

/// What became of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It is not at its end, or not there.
    NotYet,
    /// It has done its work.
    Done,
    /// It has given up.
    Failed,
}

/// A Job that makes the next login, or retires the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginJob {
    /// What tells it from every other one.
    pub id: String,
    /// The login to retire; otherwise the next one is made.
    pub retires: Option<String>,
}

impl LoginJob {
    /// What its objects are named after: what works on the database as its admin is a migration.
    pub fn part(&self) -> Part {
        Part::Migration(format!("login-{}", self.id))
    }
}

/// What becomes of the login. `ran` says what became of a Job.
pub fn login(
    names: &Names,
    seen: Option<&LoginSeen>,
    wish: &Wish,
    progress: Progress<'_>,
    ran: impl Fn(&LoginJob) -> Ran,
) -> Login {
    let Some(seen) = seen else {
        let record = Record { asked: wish.asked.clone(), ..Record::default() };
        let (username, migrator) = (names.known(progress.recorded), names.migrator.clone());
        return Login { username, migrator, is_first: true, record, ..Login::default() };
    };
    let stays = Login {
        username: names.known(Some(&seen.username)),
        migrator: names.migrator.clone(),
        record: seen.record.clone(),
        ..Login::default()
    };
    if seen.next.is_some() {
        return made_ready(names, seen, wish, stays, ran);
    }
    if let Some(old) = seen.record.old.clone().filter(|old| *old != stays.username) {
        return retiring(&old, wish, stays, progress, ran);
    }
    let record = Record { old: None, tries: 0, again: None, ..stays.record.clone() };
    match (wish.is_due(&record), progress.is_open) {
        (true, true) => {
            let next = Some(names.other_than(&stays.username));
            Login { next, record, ..stays }
        }
        (true, false) => Login { record, waits: true, ..stays },
        (false, _) => Login { wait: wish.wait(&record), record, ..stays },
    }
}

/// It takes over once the database knows it, and has let it in.
fn made_ready(
    names: &Names,
    seen: &LoginSeen,
    wish: &Wish,
    stays: Login,
    ran: impl Fn(&LoginJob) -> Ran,
) -> Login {
    let wanted = names.other_than(&stays.username);
    let Some(next) = seen.next.as_ref().filter(|next| next.username == wanted) else {
        // Somebody has changed it: it is made ready anew.
        return Login { next: Some(wanted), ..stays };
    };
    let of =
        |tries| LoginJob { id: id(&["make", &next.username, &next.digest], tries), retires: None };
    if ran(&of(stays.record.tries)) != Ran::Done {
        return Login { next: Some(wanted), ..trying(stays, of, wish.now, ran) };
    }
    let asked = wish.asked.as_deref().or(stays.record.asked.as_deref());
    let record = Record { old: Some(stays.username), ..Record::at(wish.now, asked) };
    let migrator = stays.migrator;
    Login { username: wanted, migrator, takes_over: true, record, ..Login::default() }
}

/// The one before is kept until nobody uses it.
fn retiring(
    old: &str,
    wish: &Wish,
    stays: Login,
    progress: Progress<'_>,
    ran: impl Fn(&LoginJob) -> Ran,
) -> Login {
    let since = stays.record.since.map(|since| since.to_rfc3339()).unwrap_or_default();
    let of =
        |tries| LoginJob { id: id(&["retire", old, &since], tries), retires: Some(old.to_owned()) };
    let job = of(stays.record.tries);
    match (ran(&job), progress.is_settled) {
        (Ran::Done, true) => {
            let record = Record { old: None, tries: 0, again: None, ..stays.record };
            Login { record, ..stays }
        }
        // The status is about to be written, which wakes nobody.
        (Ran::Done, false) => Login { job: Some(job), wait: Some(SOON), ..stays },
        (Ran::NotYet | Ran::Failed, _) => trying(stays, of, wish.now, ran),
    }
}

/// The Job of this try, or, some time after that has failed, the one of the next. What has failed stays until then, so that
/// somebody can see why.
fn trying(
    stays: Login,
    of: impl Fn(u32) -> LoginJob,
    now: DateTime<Utc>,
    ran: impl Fn(&LoginJob) -> Ran,
) -> Login {
    let Record { tries, again, .. } = stays.record;
    let job = of(tries);
    match again {
        Some(again) if again <= now => {
            let record = Record { tries: tries.saturating_add(1), again: None, ..stays.record };
            Login { job: Some(of(record.tries)), record, ..stays }
        }
        Some(again) => Login { job: Some(job), wait: until(again, now), ..stays },
        None if ran(&job) == Ran::Failed => {
            let pause = FIRST_PAUSE.saturating_mul(1 << tries.min(8)).min(LONGEST_PAUSE);
            let again = delta(pause).and_then(|pause| now.checked_add_signed(pause));
            let record =
                Record { again: again.map(|again| again.trunc_subsecs(0)), ..stays.record };
            Login { job: Some(job), wait: Some(pause), record, ..stays }
        }
        None => Login { job: Some(job), ..stays },
    }
}

/// Eight digits: they stand in the Job's name.
fn id(parts: &[&str], tries: u32) -> String {
    let hash = match tries {
        0 => canonical::hash(&json!(parts)),
        tries => canonical::hash(&json!([parts, tries])),
    };
    hash[..8].to_owned()
}

#[cfg(test)]
mod tests;
