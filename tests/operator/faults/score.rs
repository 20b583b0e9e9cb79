//! How a life goes without faults: its calls, its writes, and what is there after each step.

use std::{sync::Arc, time::Duration};

use todochat_tests::fault_proxy::{Call, Note, When};
use tokio::time::sleep;

use super::{
    life::{Kind, Life, Step},
    mirror::Place,
    picture::{Picture, difference, orphans, picture},
    stage::Stage,
};

/// After so long without a call, nothing more comes.
const QUIET: Duration = Duration::from_secs(1);

/// One kind of life.
pub(super) struct Score {
    pub(super) kind: Kind,
    /// As [`Step::ALL`].
    pub(super) parts: Vec<Part>,
}

/// One step of it.
pub(super) struct Part {
    /// What is asked, one after the other.
    pub(super) calls: Vec<Asked>,
    /// What is there in the end.
    pub(super) end: Picture,
}

/// A call, found again in any life: the nth of its kind for the object of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) what: String,
    name: String,
    nth: usize,
    pub(super) is_write: bool,
}

impl Asked {
    /// Its place in a life that begins its step now.
    pub(super) fn of(&self, life: &Life) -> When {
        let (namespace, what, name) =
            (life.namespace.clone(), self.what.clone(), self.name.clone());
        let same = move |call: &Call| {
            call.namespace == namespace && call.name == name && call.what() == what
        };
        When::any().is(same).nth(self.nth)
    }
}

/// Deals calls with what shall happen to them out to lives, no call twice to one of them: gives for each life the calls and
/// what happens, by their indices.
pub(super) fn deal(calls: usize, happenings: usize, lives: usize) -> Vec<Vec<(usize, usize)>> {
    assert!(happenings <= lives);
    let mut dealt = vec![Vec::new(); lives];
    for call in 0..calls {
        for happening in 0..happenings {
            dealt[(call + happening * (lives / happenings)) % lives].push((call, happening));
        }
    }
    dealt
}

/// A life that is being led.
pub(super) struct Led {
    pub(super) life: Life,
    pub(super) place: Arc<Place>,
}

impl Led {
    pub(super) async fn begin(stage: &Stage, namespace: String, kind: Kind) -> Self {
        let remote = format!("http://{}/mcp", stage.tools.address);
        let place = stage.mirror.place(&namespace);
        Self { life: Life::begin(&stage.client, namespace, kind, remote).await, place }
    }

    /// The same life as a stage sees it that has begun to look anew.
    pub(super) fn beside(self, stage: &Stage) -> Self {
        Self { place: stage.mirror.place(&self.life.namespace), ..self }
    }

    /// Takes the step and waits until it is at its end, with just these objects if that is said.
    pub(super) async fn take(&self, step: Step, end: Option<&Picture>) -> Result<(), String> {
        let generation = self.life.take(step).await;
        self.come_to_rest(step, generation, end).await
    }

    pub(super) async fn come_to_rest(
        &self,
        step: Step,
        generation: i64,
        end: Option<&Picture>,
    ) -> Result<(), String> {
        let namespace = &self.life.namespace;
        let came = self.place.until(|seen| {
            if step == Step::Delete { seen.is_gone() } else { seen.rests(generation) }?;
            let (Some(end), found) = (end, picture(namespace, seen)) else { return Ok(()) };
            if found == *end { Ok(()) } else { Err(difference(end, &found)) }
        });
        came.await.map_err(|why| format!("{namespace}, {step:?}: {why}"))?;
        self.nothing_is_amiss(step).map_err(|why| format!("{namespace}, {step:?}: {why}"))
    }

    fn nothing_is_amiss(&self, step: Step) -> Result<(), String> {
        let seen = self.place.seen();
        if !seen.changed_values.is_empty() {
            return Err(format!("second values: {:?}", seen.changed_values));
        }
        let orphans = if step == Step::Delete { orphans(&seen) } else { Vec::new() };
        if orphans.is_empty() { Ok(()) } else { Err(format!("orphans: {orphans:?}")) }
    }
}

impl Score {
    /// Leads two lives, one after the other: they must end alike.
    pub(super) async fn record(stage: &Stage, kind: Kind) -> Self {
        let first = record(stage, kind, "first").await;
        let second = record(stage, kind, "second").await;
        let both = first.into_iter().zip(second).zip(Step::ALL);
        let parts = both.map(|((one, other), step)| {
            let difference = difference(&one.end, &other.end);
            assert!(difference.is_empty(), "two lives without faults, {step:?}:\n{difference}");
            if one.calls.len() < other.calls.len() { other } else { one }
        });
        Self { kind, parts: parts.collect() }
    }

    /// How many calls it takes.
    pub(super) fn calls(&self) -> usize {
        self.parts.iter().map(|part| part.calls.len()).sum()
    }
}

async fn record(stage: &Stage, kind: Kind, name: &str) -> Vec<Part> {
    let namespace = format!("{name}-{kind:?}").to_lowercase();
    let led = Led::begin(stage, namespace.clone(), kind).await;
    let mut parts = Vec::new();
    for step in Step::ALL {
        let before = stage.proxy.count();
        led.take(step, None).await.unwrap_or_else(|why| panic!("without faults: {why}"));
        quiet(stage).await;
        let end = picture(&namespace, &led.place.seen());
        parts.push(Part { calls: asked(&namespace, &stage.proxy.since(before)), end });
    }
    parts
}

fn asked(namespace: &str, notes: &[Note]) -> Vec<Asked> {
    let mut asked = Vec::<Asked>::new();
    let ours =
        notes.iter().filter(|note| note.number.is_some() && note.call.namespace == namespace);
    for note in ours {
        let (what, name) = (note.call.what(), note.call.name.clone());
        let nth = asked.iter().filter(|one| one.what == what && one.name == name).count() + 1;
        asked.push(Asked { what, name, nth, is_write: note.write.is_some() });
    }
    asked
}

async fn quiet(stage: &Stage) {
    loop {
        let before = stage.proxy.count();
        sleep(QUIET).await; // only time can show that nothing comes
        if stage.proxy.since(before).iter().all(|note| note.number.is_none()) {
            return;
        }
    }
}
