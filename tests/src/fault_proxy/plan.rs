//! Which calls meet which fault.

use std::fmt;

use super::{Call, Note, Verb, fault::Action};

type Test = Box<dyn Fn(&Note) -> bool + Send>;

/// Which calls are meant: those that pass all tests, and of these the nth or all.
pub struct When {
    tests: Vec<Test>,
    from: usize,
    count: usize,
}

impl When {
    /// Every call.
    pub fn any() -> Self {
        Self { tests: Vec::new(), from: 1, count: usize::MAX }
    }

    /// The call with this number among all.
    pub fn call(number: usize) -> Self {
        Self::any().also(move |note| note.number == Some(number))
    }

    /// The call with this number among all writes.
    pub fn write(number: usize) -> Self {
        Self::any().also(move |note| note.write == Some(number))
    }

    /// Only with this verb.
    #[must_use]
    pub fn verb(self, verb: Verb) -> Self {
        self.is(move |call| call.verb == verb)
    }

    /// Only for this resource, by its plural.
    #[must_use]
    pub fn resource(self, plural: &'static str) -> Self {
        self.is(move |call| call.resource == plural)
    }

    /// Only for this subresource.
    #[must_use]
    pub fn subresource(self, name: &'static str) -> Self {
        self.is(move |call| call.subresource == name)
    }

    /// Only for the object of this name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let name = name.to_owned();
        self.is(move |call| call.name == name)
    }

    /// Only writes.
    #[must_use]
    pub fn writes(self) -> Self {
        self.is(Call::is_write)
    }

    /// Only if `test` says so.
    #[must_use]
    pub fn is(self, test: impl Fn(&Call) -> bool + Send + 'static) -> Self {
        self.also(move |note| test(&note.call))
    }

    /// Only the nth that passes all the tests, from 1.
    #[must_use]
    pub fn nth(mut self, number: usize) -> Self {
        (self.from, self.count) = (number, 1);
        self
    }

    /// Only the first `count` that pass all the tests.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    fn also(mut self, test: impl Fn(&Note) -> bool + Send + 'static) -> Self {
        self.tests.push(Box::new(test));
        self
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tests, from, count } = self;
        write!(f, "{count} calls from the {from}th that pass {} tests", tests.len())
    }
}

struct Rule {
    when: When,
    action: Option<Action>,
    seen: usize,
}

impl Rule {
    /// Whether this call is meant; counts it when it passes the tests.
    fn meets(&mut self, note: &Note) -> bool {
        if !self.when.tests.iter().all(|test| test(note)) {
            return false;
        }
        self.seen += 1;
        self.seen >= self.when.from && self.seen - self.when.from < self.when.count
    }

    /// Whether it can mean no call any more.
    fn is_spent(&self) -> bool {
        self.seen >= (self.when.from - 1).saturating_add(self.when.count)
    }

    /// A fault serves again and again, a hold once.
    fn act(&mut self) -> Option<Action> {
        match &self.action {
            Some(Action::Fault(fault)) => Some(Action::Fault(fault.clone())),
            _ => self.action.take(),
        }
    }
}

/// All rules, in the order they came.
#[derive(Default)]
pub(super) struct Plan {
    rules: Vec<Rule>,
}

impl Plan {
    pub(super) fn add(&mut self, when: When, action: Action) {
        self.rules.push(Rule { when, action: Some(action), seen: 0 });
    }

    /// What happens to a call. Every rule counts it, the first that means it acts.
    pub(super) fn for_call(&mut self, note: &Note) -> Option<Action> {
        let mut found = None;
        for rule in &mut self.rules {
            if rule.meets(note) && found.is_none() {
                found = rule.act();
            }
        }
        self.rules.retain(|rule| !rule.is_spent());
        found
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use tokio::time::Instant;

    use super::{
        super::fault::{Fault, Refusal},
        *,
    };

    fn note(method: &str, path: &str) -> Note {
        let call = Call::read(&method.parse().unwrap(), &path.parse().unwrap(), &HeaderMap::new());
        Note { call, number: None, write: None, at: Instant::now(), status: None, faulty: false }
    }

    fn refused(plan: &mut Plan, note: &Note) -> bool {
        matches!(plan.for_call(note), Some(Action::Fault(Fault::Refuse(_))))
    }

    #[test]
    fn the_nth_call_that_matches_is_meant_and_no_other() {
        let mut plan = Plan::default();
        let when = When::any().verb(Verb::Get).resource("pods").nth(2);
        plan.add(when, Action::Fault(Fault::Refuse(Refusal::Conflict)));
        let pod = note("GET", "/api/v1/namespaces/a/pods/b");
        let other = note("GET", "/api/v1/namespaces/a/secrets/b");
        let met = [&pod, &other, &pod, &pod].map(|note| refused(&mut plan, note));
        assert_eq!(met, [false, false, true, false]);
    }

    #[test]
    fn without_a_number_every_match_is_meant_until_enough() {
        let mut plan = Plan::default();
        plan.add(When::any().times(2), Action::Fault(Fault::Refuse(Refusal::Internal)));
        let pod = note("GET", "/api/v1/pods");
        assert_eq!([(); 3].map(|()| refused(&mut plan, &pod)), [true, true, false]);
        assert!(plan.rules.is_empty());
    }

    #[test]
    fn the_first_of_two_rules_acts_and_both_count() {
        let mut plan = Plan::default();
        plan.add(When::any().nth(1), Action::Fault(Fault::Reset));
        plan.add(When::any().nth(2), Action::Fault(Fault::Refuse(Refusal::Gone)));
        let pod = note("GET", "/api/v1/pods");
        assert_eq!([(); 3].map(|()| refused(&mut plan, &pod)), [false, true, false]);
    }
}
