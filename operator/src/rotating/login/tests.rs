use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::rotating::NextSeen;

/// A Secret, a server with its roles, and the Jobs that were run: all that outlives a crash.
#[derive(Clone, Debug, PartialEq)]
struct Outside {
    secret: LoginSeen,
    password: u32,
    next_password: u32,
    /// The logins that the server lets in, with their passwords.
    roles: BTreeMap<String, u32>,
    done: BTreeSet<String>,
    /// The password that the status says the database knows.
    told: u32,
    made: u32,
}

fn names() -> Names {
    Names::of("app".to_owned())
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn asked(text: &str) -> Wish {
    Wish { now: at(1), interval: None, asked: Some(text.to_owned()), born: at(0) }
}

const OPEN: Progress<'static> = Progress { recorded: None, is_open: true, is_settled: true };

fn seen(username: &str) -> LoginSeen {
    LoginSeen { username: username.to_owned(), ..LoginSeen::default() }
}

impl Outside {
    fn new() -> Self {
        Self {
            secret: seen("app"),
            password: 1,
            next_password: 0,
            roles: BTreeMap::from([("app".to_owned(), 1)]),
            done: BTreeSet::new(),
            told: 1,
            made: 1,
        }
    }

    fn look(&self, wish: &Wish) -> Login {
        let progress = Progress { is_settled: self.told == self.password, ..OPEN };
        login(&names(), Some(&self.secret), wish, progress, |job| {
            if self.done.contains(&job.id) { Ran::Done } else { Ran::NotYet }
        })
    }

    /// One write of the Secret, as `build` and `fill` make it.
    fn write(&mut self, turn: &Login) {
        if turn.takes_over {
            self.password = self.next_password;
        }
        self.secret.username = turn.username.clone();
        self.secret.record = turn.record.clone();
        self.secret.next = turn.next.clone().map(|username| {
            if self.secret.next.as_ref().is_none_or(|next| next.username != username) {
                self.made += 1;
                self.next_password = self.made;
            }
            NextSeen { username, digest: self.next_password.to_string() }
        });
    }

    /// The Job does its work, once or several times.
    fn run(&mut self, job: &LoginJob) {
        match (&job.retires, &self.secret.next) {
            (Some(role), _) if *role != self.secret.username => drop(self.roles.remove(role)),
            (None, Some(next)) => {
                self.roles.insert(next.username.clone(), self.next_password);
            }
            _ => {}
        }
    }

    /// What must hold at every moment, whoever crashes.
    fn check(&self) {
        let known = self.roles.get(&self.secret.username);
        assert_eq!(known, Some(&self.password), "the url names a login that can be used: {self:?}");
    }

    /// Looks until nothing is left to do, and dies after so many effects. How many there were.
    fn live(&mut self, wish: &Wish, mut effects: usize) -> usize {
        let mut done = 0;
        let mut may = |outside: &mut Self, effect: &dyn Fn(&mut Self)| {
            if effects == 0 {
                return false;
            }
            effects -= 1;
            done += 1;
            effect(outside);
            outside.check();
            true
        };
        for _ in 0..20 {
            let turn = self.look(wish);
            let mut after = self.clone();
            after.write(&turn);
            if after != *self {
                if !may(self, &|outside| outside.write(&turn)) {
                    return done;
                }
                continue;
            }
            if self.told != self.password && !may(self, &|outside| outside.told = outside.password)
            {
                return done;
            }
            if let Some(job) = &turn.job {
                let id = job.id.clone();
                let runs = |outside: &mut Outside| outside.run(job);
                let is_done = |outside: &mut Outside| _ = outside.done.insert(id.clone());
                if !self.done.contains(&id) && (!may(self, &runs) || !may(self, &is_done)) {
                    return done;
                }
            }
        }
        done
    }
}

#[test]
fn a_turn_replaces_the_login_and_locks_the_one_before() {
    let mut outside = Outside::new();
    outside.live(&asked("now"), usize::MAX);
    assert_eq!(outside.secret.username, "app_b");
    assert_eq!(outside.roles, BTreeMap::from([("app_b".to_owned(), 2)]));
    assert_eq!(
        outside.secret.record,
        Record { since: Some(at(1)), asked: Some("now".into()), ..Record::default() }
    );
    assert_eq!(outside.secret.next, None);

    let effects = outside.live(&asked("now"), usize::MAX);
    assert_eq!(effects, 0, "the same request again is the same request");
    outside.live(&asked("again"), usize::MAX);
    assert_eq!(outside.roles, BTreeMap::from([("app".to_owned(), 3)]));
}

#[test]
fn whoever_crashes_wherever_the_end_is_the_same() {
    let mut whole = Outside::new();
    let effects = whole.live(&asked("now"), usize::MAX);
    assert!(effects >= 7, "{effects}");
    for first in 0..=effects {
        for second in 0..=effects - first {
            let mut outside = Outside::new();
            outside.live(&asked("now"), first);
            outside.live(&asked("now"), second);
            outside.live(&asked("now"), usize::MAX);
            assert_eq!(outside, whole, "died after {first} and {second} effects");
        }
    }
}

#[test]
fn jobs_that_run_twice_or_late_do_no_harm() {
    let mut outside = Outside::new();
    let wish = asked("now");
    let mut jobs = Vec::new();
    for _ in 0..20 {
        let turn = outside.look(&wish);
        outside.write(&turn);
        outside.told = outside.password;
        jobs.extend(turn.job);
        for job in jobs.clone() {
            outside.run(&job);
            outside.check();
            outside.done.insert(job.id);
        }
    }
    assert_eq!(outside.secret.username, "app_b");
    assert!(outside.secret.record.old.is_none());
}

#[test]
fn with_time_it_is_replaced_by_itself() {
    let wish = |minutes| Wish {
        now: at(minutes),
        interval: Some(Duration::from_hours(1)),
        asked: None,
        born: at(0),
    };
    let look =
        |wish: &Wish, seen: &LoginSeen| login(&names(), Some(seen), wish, OPEN, |_| Ran::NotYet);
    let early = look(&wish(59), &seen("app"));
    assert_eq!((early.next, early.wait), (None, Some(Duration::from_mins(1))));
    assert_eq!(look(&wish(60), &seen("app")).next.as_deref(), Some("app_b"));
    let record = Record { since: Some(at(30)), ..Record::default() };
    let turned = LoginSeen { record, ..seen("app_b") };
    assert_eq!(look(&wish(60), &turned).wait, Some(Duration::from_mins(30)));
    assert_eq!(look(&wish(90), &turned).next.as_deref(), Some("app"));
}

#[test]
fn it_does_not_begin_before_the_database_is_there() {
    let closed = Progress { is_open: false, ..OPEN };
    let turn = login(&names(), Some(&seen("app")), &asked("now"), closed, |_| Ran::NotYet);
    assert!(turn.waits && turn.next.is_none() && turn.job.is_none());
}

#[test]
fn a_secret_that_was_lost_keeps_the_login_that_was_recorded() {
    let lost = |recorded| {
        let progress = Progress { recorded, ..OPEN };
        login(&names(), None, &Wish::default(), progress, |_| Ran::NotYet).username
    };
    assert_eq!([lost(None), lost(Some("app_b")), lost(Some("postgres"))], ["app", "app_b", "app"]);
}

#[test]
fn the_login_before_stays_until_the_status_says_that_the_next_one_is_known() {
    let record = Record { since: Some(at(1)), old: Some("app".to_owned()), ..Record::default() };
    let seen = LoginSeen { record, ..seen("app_b") };
    let look = |is_settled| {
        let progress = Progress { is_settled, ..OPEN };
        login(&names(), Some(&seen), &Wish::default(), progress, |_| Ran::Done)
    };
    assert!(look(false).record.old.is_some());
    assert!(look(true).record.old.is_none());
}

#[test]
fn a_job_that_has_failed_is_left_to_be_looked_at_and_followed_by_another() {
    let next = NextSeen { username: "app_b".to_owned(), digest: "d".to_owned() };
    let mut secret = LoginSeen { next: Some(next), ..seen("app") };
    let mut pauses = Vec::new();
    let mut ids = BTreeSet::new();
    let mut now = at(1);
    for _ in 0..9 {
        let wish = |now| Wish { now, ..asked("now") };
        let look = |secret: &LoginSeen, now, ran| {
            login(&names(), Some(secret), &wish(now), OPEN, move |_: &LoginJob| ran)
        };
        let failed = look(&secret, now, Ran::Failed);
        let (job, pause) = (failed.job.unwrap(), failed.wait.unwrap());
        assert!(!failed.takes_over && failed.next.as_deref() == Some("app_b"));
        secret.record = failed.record;
        // Until then it stays as it is, whoever looks.
        let waits = look(&secret, now + TimeDelta::seconds(20), Ran::Failed);
        assert_eq!((waits.job.as_ref(), &waits.record), (Some(&job), &secret.record));
        now += TimeDelta::from_std(pause).unwrap();
        let again = look(&secret, now, Ran::Failed);
        assert!(ids.insert(job.id.clone()) && again.job.unwrap().id != job.id);
        secret.record = again.record;
        pauses.push(pause.as_secs() / 60);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    let done = login(&names(), Some(&secret), &asked("now"), OPEN, |_| Ran::Done);
    assert!(done.takes_over && done.record.tries == 0 && done.record.again.is_none());
}

#[test]
fn the_login_before_is_retired_in_the_end_though_its_job_fails() {
    let record = Record { since: Some(at(1)), old: Some("app".to_owned()), ..Record::default() };
    let mut secret = LoginSeen { record, ..seen("app_b") };
    let look = |secret: &LoginSeen, now, ran| {
        let wish = Wish { now, ..Wish::default() };
        login(&names(), Some(secret), &wish, OPEN, move |_: &LoginJob| ran)
    };
    let failed = look(&secret, at(2), Ran::Failed);
    secret.record = failed.record;
    let again = look(&secret, at(4), Ran::Failed);
    assert_ne!(again.job.as_ref().unwrap().id, failed.job.unwrap().id);
    assert_eq!(again.job.unwrap().retires.as_deref(), Some("app"));
    secret.record = again.record;
    let done = look(&secret, at(5), Ran::Done);
    assert_eq!(done.record, Record { since: Some(at(1)), ..Record::default() });
}
