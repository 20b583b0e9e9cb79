//! One visit to one object's children.

mod corrections;
mod object;
mod prune;
mod secret;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Applier, ApplyError, Report,
    marks::Mark,
    pass::{Desired, Pass},
};
use crate::{
    children::{Children, Prepared},
    kinds::{ChildId, Kind},
    watching::seen::seen,
    world::Seen,
};

/// One visit to one object's children.
pub(super) struct Visit<'a> {
    applier: &'a Applier,
    pass: Pass<'a>,
    /// What was found equal before.
    known: Vec<Mark>,
    /// What is found equal now.
    marks: BTreeMap<ChildId, Mark>,
    /// What has to wait for something else.
    waiting: Vec<ApplyError>,
    report: Report,
}

impl<'a> Visit<'a> {
    pub(super) fn new(applier: &'a Applier, pass: Pass<'a>) -> Self {
        let known = applier.marks.of(pass.key, pass.inventory);
        let (marks, waiting, report) = (BTreeMap::new(), Vec::new(), Report::default());
        Self { applier, pass, known, marks, waiting, report }
    }

    /// Brings all of them to what they shall be.
    pub(super) async fn all(&mut self, children: &Children<Prepared>) -> Result<(), ApplyError> {
        for plan in &children.secrets {
            let outcome = self.secret(plan).await;
            self.unless_waiting(outcome)?;
        }
        for (id, manifest) in children.manifests() {
            if !runs_pods(id.kind) || self.pods_may_run() {
                let outcome = self.object(id, manifest).await;
                self.unless_waiting(outcome)?;
            }
        }
        self.prune(children).await?;
        self.pass_over(children);
        if let Some(first) = self.waiting.drain(..).next() {
            return Err(first);
        }
        self.known.clear();
        Ok(())
    }

    /// One that waits holds up no other.
    fn unless_waiting(&mut self, outcome: Result<(), ApplyError>) -> Result<(), ApplyError> {
        match outcome {
            Err(waiting @ ApplyError::Waiting { .. }) => self.waiting.push(waiting),
            other => return other,
        }
        Ok(())
    }

    /// Else they would run with an account, a configuration or credentials that are somebody else's, or about to go.
    fn pods_may_run(&self) -> bool {
        let waiting = self.waiting.iter().filter_map(ApplyError::child);
        let what_they_need = [Kind::Secret, Kind::ConfigMap, Kind::ServiceAccount];
        self.report.foreign.is_empty()
            && waiting.into_iter().all(|id| !what_they_need.contains(&id.kind))
    }

    /// What is held is as it was: it need not be looked at when it is let go.
    fn pass_over(&mut self, children: &Children<Prepared>) {
        let listed = self.pass.inventory.iter().filter_map(|item| {
            let id = ChildId::from_inventory(&item.id).filter(|id| children.held.contains(id))?;
            Some((id, Mark::from_hash(item.hash.as_deref()?)?))
        });
        self.marks.extend(listed);
    }

    /// What was done. What a visit that ended early did not come to is known as before.
    pub(super) fn end(mut self) -> Report {
        let Pass { key, .. } = self.pass;
        self.applier.marks.remember(key, self.known.iter().chain(self.marks.values()).copied());
        let verified = self.marks.iter().map(|(id, mark)| (id.clone(), mark.to_hash()));
        self.report.verified = verified.collect();
        self.report.fights = self.applier.fights.of(key);
        self.report
    }

    /// Takes an answer to a write over: what was asked for is there, in whatever words the server has put it.
    fn wrote(&mut self, desired: &Desired, live: &Value) -> Seen {
        let found = seen(desired.id.kind, live);
        self.mark(desired, &found);
        self.report.seen.push((desired.id.clone(), found.clone()));
        found
    }

    fn skip(&mut self, desired: &Desired, found: &Seen) {
        self.mark(desired, found);
        self.report.skipped.push(desired.id.kind);
    }

    fn mark(&mut self, desired: &Desired, found: &Seen) {
        let mark = Mark::new(&desired.id, &desired.hash, found.shape);
        self.marks.insert(desired.id.clone(), mark);
    }

    /// Whether neither what it shall be nor what it is has changed since the two were found equal.
    fn is_known(&self, desired: &Desired, found: &Seen) -> bool {
        found.is_applied(&desired.hash)
            && !found.retained
            && self.known.contains(&Mark::new(&desired.id, &desired.hash, found.shape))
    }
}

fn runs_pods(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StatefulSet | Kind::Job | Kind::CronJob | Kind::Deployment | Kind::CnpgCluster
    )
}
