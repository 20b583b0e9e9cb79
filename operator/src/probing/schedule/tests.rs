use super::*;
use crate::probing::Credential;

const PACE: Pace = Pace::every(Duration::from_mins(1));

fn target(server: &str) -> Target {
    Target {
        server: server.to_owned(),
        url: format!("http://{server}/mcp"),
        credential: Credential::None,
        remote: false,
        certificates: None,
        expected: Vec::new(),
    }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("people", name)
}

fn offer(tool: &str) -> Handshake {
    Handshake { tools: vec![tool.to_owned()], tool_count: 1, ..Handshake::default() }
}

/// A schedule with a time of its own.
struct Day {
    schedule: Schedule,
    began: Instant,
    now: Instant,
}

impl Day {
    fn with(servers: &[&str]) -> Self {
        let now = Instant::now();
        let mut day = Self { schedule: Schedule::new(PACE), began: now, now };
        day.watch(servers.iter().map(|server| target(server)).collect());
        day
    }

    fn watch(&mut self, targets: Vec<Target>) {
        self.schedule.watch(&key("a"), targets, self.now);
    }

    /// Lets time pass until somebody is due.
    fn wait(&mut self) -> Appointment {
        match self.schedule.take(self.now) {
            Ok(appointment) => appointment,
            Err(due) => {
                self.now = due.expect("somebody is due at some time");
                self.schedule.take(self.now).unwrap_or_else(|_| panic!("it is due"))
            }
        }
    }

    fn seconds(&self) -> u64 {
        (self.now - self.began).as_secs()
    }

    fn ends(&mut self, appointment: &Appointment, outcome: Result<Handshake, ProbeError>) -> bool {
        self.schedule.finished(appointment, outcome, self.now, 1.0)
    }

    fn result(&self) -> Option<Probe> {
        self.schedule.results(&key("a")).into_values().next()
    }

    fn nobody_is_due(&mut self) -> bool {
        self.schedule.take(self.now).is_err()
    }
}

#[test]
fn a_new_server_is_spoken_to_at_once_and_again_after_the_interval() {
    let mut day = Day::with(&["todo"]);
    for expected in [0, 60, 120] {
        let appointment = day.wait();
        assert_eq!(day.seconds(), expected);
        assert!(day.nobody_is_due(), "while a handshake is under way there is no other");
        day.ends(&appointment, Ok(offer("add")));
    }
}

#[test]
fn one_that_fails_is_spoken_to_sooner_and_then_less_and_less() {
    let mut day = Day::with(&["todo"]);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let appointment = day.wait();
        waits.push(day.seconds());
        day.ends(&appointment, Err(ProbeError::NotMcp));
    }
    assert_eq!(waits, [0, 1, 3, 7, 15, 31, 61, 91]);
    let appointment = day.wait();
    day.ends(&appointment, Ok(offer("add")));
    day.wait();
    assert_eq!(day.seconds(), 121 + 60);
}

#[test]
fn news_is_only_what_was_not_known() {
    let mut day = Day::with(&["todo"]);
    let add = || Ok(offer("add"));
    for (outcome, news) in [
        (add(), true),
        (add(), false),
        (Ok(offer("fly")), true),
        (Err(ProbeError::Unauthorized), true),
        (Err(ProbeError::Unauthorized), false),
        (Err(ProbeError::NotMcp), true),
        (add(), true),
    ] {
        let appointment = day.wait();
        assert_eq!(day.ends(&appointment, outcome.clone()), news, "{outcome:?}");
    }
}

#[test]
fn what_may_pass_by_itself_is_told_when_it_has_come_three_times() {
    let mut day = Day::with(&["todo"]);
    let appointment = day.wait();
    day.ends(&appointment, Ok(offer("add")));
    for news in [false, false, true, false] {
        let appointment = day.wait();
        assert_eq!(day.ends(&appointment, Err(ProbeError::Unreachable)), news);
    }
    assert_eq!(day.result().unwrap().outcome, Err(ProbeError::Unreachable));
}

#[test]
fn a_server_that_stays_as_it_is_is_not_spoken_to_again() {
    let mut day = Day::with(&["todo"]);
    let appointment = day.wait();
    day.ends(&appointment, Ok(offer("add")));
    day.watch(vec![target("todo")]);
    assert!(day.nobody_is_due());
    assert!(day.result().is_some());
}

#[test]
fn a_changed_server_is_spoken_to_at_once_and_nothing_is_known_of_it() {
    let mut day = Day::with(&["todo"]);
    let appointment = day.wait();
    day.ends(&appointment, Ok(offer("add")));
    let moved = Target { url: "http://elsewhere/mcp".to_owned(), ..target("todo") };
    day.watch(vec![moved]);
    assert_eq!(day.result(), None);
    assert_eq!(day.wait().target.url, "http://elsewhere/mcp");
    assert_eq!(day.seconds(), 0);
}

#[test]
fn with_another_credential_it_is_spoken_to_at_once_and_stays_known() {
    let mut day = Day::with(&["todo"]);
    let appointment = day.wait();
    day.ends(&appointment, Ok(offer("add")));
    let token = Credential::Bearer("new".to_owned().into());
    day.watch(vec![Target { credential: token, ..target("todo") }]);
    assert!(day.result().is_some());
    assert!(!day.nobody_is_due());
}

#[test]
fn what_comes_of_a_server_that_has_changed_meanwhile_counts_for_nothing() {
    let mut day = Day::with(&["todo"]);
    let before = day.wait();
    day.watch(vec![Target { expected: vec!["fly".to_owned()], ..target("todo") }]);
    assert!(!day.ends(&before, Ok(offer("add"))));
    assert_eq!(day.result(), None);
    let after = day.wait();
    assert!(day.ends(&after, Ok(offer("fly"))));
}

#[test]
fn a_forgotten_object_is_not_spoken_to() {
    let mut day = Day::with(&["todo", "search"]);
    let under_way = day.wait();
    day.schedule.forget(&key("a"));
    assert!(!day.ends(&under_way, Ok(offer("add"))));
    assert!(day.nobody_is_due());
    assert!(day.schedule.take(day.now + Duration::from_hours(1)).is_err());
}

#[test]
fn how_long_the_last_handshake_took_is_known_whatever_came_of_it() {
    let mut day = Day::with(&["todo"]);
    assert!(day.schedule.durations(&key("a")).is_empty());
    for (outcome, seconds) in [(Ok(offer("add")), 1), (Err(ProbeError::Unreachable), 2)] {
        let (appointment, took) = (day.wait(), Duration::from_secs(seconds));
        day.now += took;
        day.ends(&appointment, outcome);
        assert_eq!(day.schedule.durations(&key("a")), [("todo".to_owned(), took)]);
    }
    day.schedule.forget(&key("a"));
    assert!(day.schedule.durations(&key("a")).is_empty());
}

#[test]
fn what_many_servers_offer_is_kept_once() {
    let mut schedule = Schedule::new(PACE);
    let now = Instant::now();
    for object in 0..100 {
        schedule.watch(&key(&format!("object-{object}")), vec![target("todo")], now);
    }
    while let Ok(appointment) = schedule.take(now) {
        schedule.finished(&appointment, Ok(offer("add")), now, 1.0);
    }
    assert_eq!(schedule.offers.len(), 1);
    for object in 0..100 {
        schedule.forget(&key(&format!("object-{object}")));
    }
    schedule.shared(offer("fly"));
    assert_eq!(schedule.offers.len(), 1, "what nobody offers any more is forgotten");
}
