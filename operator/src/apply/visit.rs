//! One visit to one object's children.

mod prune;
mod secret;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Applier, ApplyError, Report, drift,
    marks::Mark,
    pass::{Desired, Pass},
    path::FieldPath,
    standing::Standing,
    subset,
};
use crate::{
    api_error::{ApiError, Denial},
    children::{Children, Prepared},
    kinds::{ChildId, Kind},
    names::RETAINED_LABEL,
    status::Correction,
    watching::seen::seen,
    world::{JobState, Seen, State},
    writer::Precisely,
};

/// What stands as the field when all of an object had been deleted.
const WHOLE: &str = "the object";

/// One visit to one object's children.
pub(super) struct Visit<'a> {
    applier: &'a Applier,
    pass: Pass<'a>,
    /// What was found equal before.
    known: Vec<Mark>,
    /// What is found equal now.
    marks: BTreeMap<ChildId, Mark>,
    report: Report,
}

impl<'a> Visit<'a> {
    pub(super) fn new(applier: &'a Applier, pass: Pass<'a>) -> Self {
        let known = applier.marks.of(pass.key, pass.inventory);
        Self { applier, pass, known, marks: BTreeMap::new(), report: Report::default() }
    }

    /// Brings all of them to what they shall be.
    pub(super) async fn all(&mut self, children: &Children<Prepared>) -> Result<(), ApplyError> {
        for plan in &children.secrets {
            self.secret(plan).await?;
        }
        for (id, manifest) in children.manifests() {
            // Pods would run with somebody else's account, configuration or credentials.
            if self.report.foreign.is_empty() || !runs_pods(id.kind) {
                self.object(id, manifest).await?;
            }
        }
        self.prune(children).await?;
        self.known.clear();
        self.pass_over(children);
        Ok(())
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

    /// Brings one object to what it shall be.
    pub(super) async fn object(&mut self, id: ChildId, manifest: Value) -> Result<(), ApplyError> {
        let desired = Desired::new(id, manifest);
        let Some(found) = self.pass.ours(&desired.id) else { return self.look(&desired).await };
        // What has run cannot be changed, and shall not run again.
        if self.is_known(&desired, found) || is_done(found) {
            self.skip(&desired, found);
            return Ok(());
        }
        if found.applied.as_deref() == Some(&*desired.hash) {
            return self.look(&desired).await;
        }
        self.write(&desired, Some(&found.uid)).await?;
        self.report.changed.push(desired.id);
        Ok(())
    }

    /// Reads an object that is not there, not ours, or not as it was when it was last compared.
    async fn look(&mut self, desired: &Desired) -> Result<(), ApplyError> {
        let Some(live) = self.read(&desired.id).await? else { return self.make(desired).await };
        match Standing::of(&self.pass, &desired.id, &live) {
            Standing::Ours => self.compare(desired, &live).await,
            Standing::LeftBehind => {
                self.write(desired, live["metadata"]["uid"].as_str()).await?;
                self.report.changed.push(desired.id.clone());
                self.release(&desired.id).await
            }
            Standing::Going(why) => Err(ApplyError::Waiting { child: desired.id.clone(), why }),
            Standing::Foreign => {
                self.report.foreign.push(desired.id.clone());
                Ok(())
            }
        }
    }

    async fn make(&mut self, desired: &Desired) -> Result<(), ApplyError> {
        if self.pass.listed(&desired.id) && !self.may_correct(&desired.id) {
            return Ok(());
        }
        self.write(desired, None).await?;
        self.made(&desired.id);
        Ok(())
    }

    /// Something that had been there before was deleted by somebody.
    fn made(&mut self, id: &ChildId) {
        if self.pass.listed(id) {
            self.corrected(id, WHOLE.to_owned(), String::new());
        } else {
            self.report.created.push(id.clone());
        }
    }

    async fn compare(&mut self, desired: &Desired, live: &Value) -> Result<(), ApplyError> {
        let found = seen(desired.id.kind, live);
        let differences = subset::differences(desired.id.kind, &desired.body, live);
        if differences.is_empty() {
            self.report.seen.push((desired.id.clone(), found.clone()));
            self.skip(desired, &found);
            if found.retained {
                self.release(&desired.id).await?;
            }
            return Ok(());
        }
        if found.applied.as_deref() != Some(&*desired.hash) {
            self.write(desired, Some(&found.uid)).await?;
            self.report.changed.push(desired.id.clone());
            return Ok(());
        }
        if !self.may_correct(&desired.id) {
            return Ok(());
        }
        let written = self.write(desired, Some(&found.uid)).await?;
        // The server may have thought that nothing differed: it knows more ways to write the same.
        if written.resource_version != found.resource_version {
            self.corrected_fields(&desired.id, &differences, live);
        }
        Ok(())
    }

    fn corrected_fields(&mut self, id: &ChildId, fields: &[FieldPath], live: &Value) {
        let managers: Vec<String> = drift::others(fields, live).into_iter().collect();
        let fields: Vec<String> = fields.iter().take(3).map(ToString::to_string).collect();
        self.corrected(id, fields.join(", "), managers.join(", "));
    }

    fn corrected(&mut self, id: &ChildId, field: String, manager: String) {
        self.applier.fights.corrected(self.pass.key, id, &manager);
        self.report.corrected.push(Correction { child: id.clone(), field, manager });
    }

    /// Whether the object may be put right now; if not, the report says when.
    fn may_correct(&mut self, id: &ChildId) -> bool {
        let wait = self.applier.fights.wait(self.pass.key, id);
        if wait.is_zero() {
            return true;
        }
        let sooner = self.report.again_after.map_or(wait, |again| again.min(wait));
        self.report.again_after = Some(sooner);
        false
    }

    async fn read(&self, id: &ChildId) -> Result<Option<Value>, ApplyError> {
        let namespace = &self.pass.owner.namespace;
        let live = self.applier.writer.get(id.kind, namespace, &id.name).await;
        live.map_err(|error| ApplyError::Read(id.clone(), error))
    }

    /// Applies an object: the one with this uid, or one that is not there yet.
    async fn write(&mut self, desired: &Desired, uid: Option<&str>) -> Result<Seen, ApplyError> {
        let Desired { id, body, .. } = desired;
        let body = uid.map_or_else(|| body.clone(), |uid| desired.for_uid(uid));
        let namespace = &self.pass.owner.namespace;
        let answer = self.applier.writer.apply(id.kind, namespace, &id.name, &body).await;
        match (answer, uid) {
            (Ok(live), _) => Ok(self.wrote(desired, &live)),
            (Err(ApiError::Refused { by: Denial::Invalid, .. }), Some(uid))
                if id.kind == Kind::Job =>
            {
                self.replace(id, uid).await
            }
            (Err(error), _) => Err(ApplyError::Write(id.clone(), error)),
        }
    }

    /// What a Job runs cannot be changed: it goes, and another one of that name is made once it is gone.
    async fn replace(&mut self, id: &ChildId, uid: &str) -> Result<Seen, ApplyError> {
        let precisely = Precisely { uid, resource_version: None };
        let namespace = &self.pass.owner.namespace;
        let deleted = self.applier.writer.delete(id.kind, namespace, &id.name, precisely).await;
        deleted.map_err(|error| ApplyError::Delete(id.clone(), error))?;
        self.report.pruned.push(id.clone());
        let why = "is made anew, because what it runs has changed";
        Err(ApplyError::Waiting { child: id.clone(), why })
    }

    /// It was left behind and belongs to somebody again.
    async fn release(&mut self, id: &ChildId) -> Result<(), ApplyError> {
        let labels = json!({ RETAINED_LABEL: null });
        let body = json!({ "metadata": { "labels": labels } });
        let namespace = &self.pass.owner.namespace;
        let answer = self.applier.writer.merge(id.kind, namespace, &id.name, &body).await;
        let live = answer.map_err(|error| ApplyError::Write(id.clone(), error))?;
        self.report.seen.push((id.clone(), seen(id.kind, &live)));
        Ok(())
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
        found.applied.as_deref() == Some(&*desired.hash)
            && !found.retained
            && self.known.contains(&Mark::new(&desired.id, &desired.hash, found.shape))
    }
}

fn is_done(found: &Seen) -> bool {
    found.state == State::Job(JobState::Complete)
}

fn runs_pods(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StatefulSet | Kind::Job | Kind::CronJob | Kind::Deployment | Kind::CnpgCluster
    )
}
