//! The operator dies at every write of a life, before the API server has it and after, and the next one goes on.
//!
//! ```text
//! score: the writes of a life ─ deal ─▶ lives: each is held at one of its writes ─ all are: the operator is killed ─┐
//!                                        └──────────── the next operator goes on, to the next write ◀──────────────┘
//! ```

use futures_util::{
    FutureExt as _,
    future::{join_all, select_all},
};
use todochat_tests::{
    cluster::Operator,
    fault_proxy::{Held, Moment},
};

use super::{
    life::{Kind, Step},
    score::{Asked, Led, Score, deal},
    stage::{Stage, tell},
};

const MOMENTS: [Moment; 2] = [Moment::Before, Moment::After];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_be_killed_before_and_after_each_write() {
    let stage = Stage::set().await;
    let mut operator = stage.operator().await;
    let scores =
        [Score::record(&stage, Kind::Minimal).await, Score::record(&stage, Kind::Full).await];
    let mut lives = begin(&stage, &scores[0], 8).await;
    lives.extend(begin(&stage, &scores[1], 16).await);
    let (mut kills, mut met, mut planned) = (0, 0, 0);
    for step in 0..Step::ALL.len() {
        planned += lives.iter_mut().map(|life| life.arm(&stage, step)).sum::<usize>();
        join_all(lives.iter_mut().map(|life| life.take(step))).await;
        loop {
            let held = join_all(lives.iter_mut().map(Life::until_held)).await;
            let held: Vec<Held> = held.into_iter().flatten().collect();
            if held.is_empty() {
                break;
            }
            (kills, met) = (kills + 1, met + held.len());
            // What was held before it was applied is lost with this.
            operator = replace(&stage, operator, held).await;
        }
        let ends = join_all(lives.iter().map(|life| life.come_to_rest(step))).await;
        let failed: Vec<_> = ends.into_iter().filter_map(Result::err).collect();
        let told: Vec<_> = failed.iter().take(5).map(String::as_str).collect();
        assert!(
            failed.is_empty(),
            "{} of {} lives:\n{}",
            failed.len(),
            lives.len(),
            told.join("\n")
        );
    }
    tell(&format!("{} lives, {kills} kills, at {met} of {planned} writes", lives.len()));
    assert!(met * 100 >= planned * 95, "killed at {met} of {planned} writes");
    drop(operator);
}

async fn replace(stage: &Stage, operator: Operator, held: Vec<Held>) -> Operator {
    operator.kill().await;
    drop(held);
    stage.operator().await
}

/// A life that is held again and again.
struct Life<'a> {
    led: Led,
    score: &'a Score,
    /// What it meets, by step.
    meetings: Vec<Vec<(usize, usize)>>,
    step: usize,
    generation: i64,
    armed: Vec<Held>,
}

async fn begin<'a>(stage: &Stage, score: &'a Score, lives: usize) -> Vec<Life<'a>> {
    let writes = |step: usize| score.parts[step].calls.iter().filter(|call| call.is_write).count();
    let dealt = (0..Step::ALL.len()).map(|step| deal(writes(step), MOMENTS.len(), lives));
    let dealt: Vec<_> = dealt.collect();
    let begin = async |number: usize| {
        let namespace = format!("{:?}-{number:04}", score.kind).to_lowercase();
        let meetings = dealt.iter().map(|lives| lives[number].clone()).collect();
        let led = Led::begin(stage, namespace, score.kind).await;
        Life { led, score, meetings, step: 0, generation: 0, armed: Vec::new() }
    };
    join_all((0..lives).map(begin)).await
}

impl Life<'_> {
    /// Prepares to be held at each of its writes of a step; tells how many these are.
    fn arm(&mut self, stage: &Stage, step: usize) -> usize {
        let calls = &self.score.parts[step].calls;
        let writes: Vec<&Asked> = calls.iter().filter(|call| call.is_write).collect();
        let arm = |(write, moment): &(usize, usize)| {
            stage.proxy.hold(writes[*write].of(&self.led.life), MOMENTS[*moment])
        };
        self.armed = self.meetings[step].iter().map(arm).collect();
        self.armed.len()
    }

    async fn take(&mut self, step: usize) {
        self.step = step;
        self.generation = self.led.life.take(Step::ALL[step]).await;
    }

    /// Waits until it is held, or at rest.
    async fn until_held(&mut self) -> Option<Held> {
        if self.armed.is_empty() {
            _ = self.come_to_rest(self.step).await;
            return None;
        }
        let Self { led, armed, step, generation, .. } = self;
        let resting = led.come_to_rest(Step::ALL[*step], *generation, None);
        let which = {
            let held = select_all(armed.iter_mut().map(|held| held.reached().boxed()));
            tokio::select! {
                (_, which, _) = held => Some(which),
                _ = resting => None,
            }
        };
        if let Some(which) = which {
            return Some(armed.swap_remove(which));
        }
        armed.clear();
        None
    }

    async fn come_to_rest(&self, step: usize) -> Result<(), String> {
        let end = Some(&self.score.parts[step].end);
        let came = self.led.come_to_rest(Step::ALL[step], self.generation, end).await;
        came.map_err(|why| {
            let writes = self.score.parts[step].calls.iter().filter(|call| call.is_write);
            let writes: Vec<_> = writes.collect();
            let met = self.meetings[step]
                .iter()
                .map(|(write, moment)| (MOMENTS[*moment], writes[*write]));
            format!("{why}\nkilled at {:?}", met.collect::<Vec<_>>())
        })
    }
}
