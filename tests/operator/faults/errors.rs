//! Every call of a life meets every error, and it makes no difference.
//!
//! ```text
//! score: the calls of a life ─ deal ─▶ lives: each meets several errors at each of its steps, no call twice
//! ```

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use todochat_tests::fault_proxy::{Fault, Refusal};
use tokio::time::Instant;

use super::{
    life::{Kind, Step},
    score::{Led, Score, deal},
    stage::{Stage, tell},
};

/// What can happen to a call, but for [`BUSY`].
const ERRORS: [(&str, Fault); 6] = [
    ("409", Fault::Refuse(Refusal::Conflict)),
    ("410", Fault::Refuse(Refusal::Gone)),
    ("500", Fault::Refuse(Refusal::Internal)),
    ("403", Fault::Refuse(Refusal::Forbidden)),
    ("applied and not answered", Fault::ApplyAndSilence),
    ("reset before it was applied", Fault::Reset),
];

/// Tried alone, since it makes the operator hold the writes of all.
const BUSY: [(&str, Fault); 1] =
    [("429", Fault::Refuse(Refusal::TooManyRequests { retry_after: 1 }))];

/// How many lives are led at once.
const AT_ONCE: usize = 48;

/// How many more calls one error may cost: what was asked is asked again, and the status tells of it.
const COST: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_of_a_minimal_object_may_meet_each_error() {
    sweep(Kind::Minimal, &ERRORS, 36).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_of_a_full_object_may_meet_each_error() {
    sweep(Kind::Full, &ERRORS, 72).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_may_be_asked_to_come_again() {
    sweep(Kind::Full, &BUSY, 18).await;
}

/// The calls that a life meets something at, and what.
type Meetings = Vec<(usize, usize)>;

struct Sweep<'a> {
    stage: &'a Stage,
    errors: &'a [(&'static str, Fault)],
    score: Score,
    /// By step and life.
    meetings: Vec<Vec<Meetings>>,
}

async fn sweep(kind: Kind, errors: &[(&'static str, Fault)], lives: usize) {
    let stage = Stage::set().await;
    let _operator = stage.operator().await;
    let score = Score::record(&stage, kind).await;
    let parts = score.parts.iter();
    let meetings = parts.map(|part| deal(part.calls.len(), errors.len(), lives)).collect();
    let sweep = Sweep { stage: &stage, errors, score, meetings };
    sweep.run(lives).await;
}

impl Sweep<'_> {
    async fn run(&self, lives: usize) {
        let (before, began) = (self.stage.proxy.count(), Instant::now());
        let led = stream::iter(0..lives).map(|life| self.live(life)).buffer_unordered(AT_ONCE);
        let (led, mut failed) =
            (led.collect::<Vec<_>>().await).into_iter().partition::<Vec<_>, _>(Result::is_ok);
        let rest = self.stage.calls_at_rest(Duration::from_secs(3)).await;
        let led = led.into_iter().filter_map(Result::ok);
        let ended = stream::iter(led).map(|(life, led)| self.end(life, led));
        failed.extend(ended.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        let failed: Vec<_> = failed.into_iter().filter_map(Result::err).collect();
        let told: Vec<_> = failed.iter().take(5).map(String::as_str).collect();
        assert!(failed.is_empty(), "{} of {lives} lives:\n{}", failed.len(), told.join("\n"));
        assert!(rest.is_empty(), "objects at rest ask: {rest:?}");
        let met = self.judge_the_calls(before);
        tell(&format!("{lives} lives met {met} errors in {:?}", began.elapsed()));
    }

    /// All steps but the last.
    async fn live(&self, life: usize) -> Result<(usize, Led), String> {
        let namespace = format!("life-{life:04}");
        let led = Led::begin(self.stage, namespace, self.score.kind).await;
        for step in 0..Step::ALL.len() - 1 {
            self.take(life, &led, step).await?;
        }
        Ok((life, led))
    }

    async fn end(&self, life: usize, led: Led) -> Result<(usize, Led), String> {
        self.take(life, &led, Step::ALL.len() - 1).await?;
        Ok((life, led))
    }

    async fn take(&self, life: usize, led: &Led, step: usize) -> Result<(), String> {
        let (part, meetings) = (&self.score.parts[step], &self.meetings[step][life]);
        for (call, error) in meetings {
            self.stage.proxy.inject(part.calls[*call].of(&led.life), self.errors[*error].1.clone());
        }
        let taken = led.take(Step::ALL[step], Some(&part.end)).await;
        taken.map_err(|why| {
            let met =
                meetings.iter().map(|(call, error)| (self.errors[*error].0, &part.calls[*call]));
            format!("{why}\nafter {:?}", met.collect::<Vec<_>>())
        })
    }

    /// Nearly every error was met, and each kind of call met all; no life asks much more than one without errors.
    fn judge_the_calls(&self, before: usize) -> usize {
        let mut asked = HashMap::<String, usize>::new();
        let mut met = BTreeMap::<String, usize>::new();
        let notes = self.stage.proxy.since(before);
        for note in notes.iter().filter(|note| note.number.is_some()) {
            *asked.entry(note.call.namespace.clone()).or_default() += 1;
            *met.entry(note.call.what()).or_default() += usize::from(note.faulty);
        }
        let all: usize = met.values().sum();
        for (namespace, asked) in asked {
            let faulty =
                notes.iter().filter(|note| note.faulty && note.call.namespace == namespace);
            let most = self.score.calls() + COST * faulty.count() + 5;
            assert!(asked <= most, "{namespace}: {asked} calls, {most} would be enough");
        }
        let planned: usize = self.meetings.iter().flatten().map(Vec::len).sum();
        assert!(all * 100 >= planned * 95, "{all} of {planned} errors were met: {met:?}");
        let calls = self.score.parts.iter().flat_map(|part| &part.calls);
        let missed: Vec<_> = calls.filter(|call| met[&call.what] < self.errors.len()).collect();
        assert!(missed.is_empty(), "not every error was met by {missed:?}");
        all
    }
}
