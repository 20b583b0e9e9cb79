//! One object: left alone, made, put right, or waited for.

use serde_json::{Value, json};

use super::Visit;
use crate::{
    api_error::{ApiError, Denial},
    apply::{ApplyError, drift, pass::Desired, path::FieldPath, standing::Standing, subset},
    kinds::{ChildId, Kind},
    names::RETAINED_LABEL,
    watching::seen::seen,
    world::{JobState, Seen, State},
    writer::Precisely,
};

impl Visit<'_> {
    /// Brings one object to what it shall be.
    pub(in crate::apply) async fn object(
        &mut self,
        id: ChildId,
        manifest: Value,
    ) -> Result<(), ApplyError> {
        let desired = Desired::new(id, manifest);
        if !self.pass.knows(&desired.id) {
            return self.make_first(&desired).await;
        }
        let Some(found) = self.pass.ours(&desired.id) else { return self.look(&desired).await };
        // What has run cannot be changed, and shall not run again.
        if self.is_known(&desired, found) || is_done(found) {
            self.skip(&desired, found);
            return Ok(());
        }
        if found.is_applied(&desired.hash) {
            return self.look(&desired).await;
        }
        self.keep_replicas(&desired).await?;
        self.write(&desired, Some(&found.uid.to_string())).await?;
        self.report.changed.push(desired.id);
        Ok(())
    }

    /// An autoscaler is to say how many pods there are, and has not said it yet: there shall not be one pod meanwhile.
    async fn keep_replicas(&mut self, desired: &Desired) -> Result<(), ApplyError> {
        let Desired { id, body, .. } = desired;
        if id.kind != Kind::Deployment || !body["spec"]["replicas"].is_null() {
            return Ok(());
        }
        let Some(live) = self.read(id).await? else { return Ok(()) };
        let replicas = FieldPath::default().field("spec").field("replicas");
        if !drift::is_ours(&replicas, &live) {
            return Ok(());
        }
        let namespace = &self.pass.owner.namespace;
        let kept = self.applier.writer.keep_replicas(id.kind, namespace, &id.name, &live).await;
        kept.map_err(|error| ApplyError::Write(id.clone(), error))
    }

    /// Makes an object that was never seen, in one call: if there is one of the name all the same, it stays as it is and is
    /// looked at.
    async fn make_first(&mut self, desired: &Desired) -> Result<(), ApplyError> {
        let Desired { id, .. } = desired;
        let namespace = &self.pass.owner.namespace;
        let body = desired.first();
        let answer = self.applier.writer.apply(id.kind, namespace, &id.name, &body).await;
        let error = match answer {
            Ok(live) => {
                self.wrote(desired, &live);
                self.made(id);
                return Ok(());
            }
            Err(error @ (ApiError::Conflict | ApiError::Refused { .. })) => error,
            Err(error) => return Err(ApplyError::Write(id.clone(), error)),
        };
        match (self.read(id).await?, error) {
            (Some(live), _) => self.judge(desired, &live).await,
            (None, ApiError::Conflict) => self.make(desired).await,
            (None, refused) => Err(ApplyError::Write(id.clone(), refused)),
        }
    }

    /// Reads an object that is not there, not ours, or not as it was when it was last compared.
    async fn look(&mut self, desired: &Desired) -> Result<(), ApplyError> {
        match self.read(&desired.id).await? {
            Some(live) => self.judge(desired, &live).await,
            None => self.make(desired).await,
        }
    }

    async fn judge(&mut self, desired: &Desired, live: &Value) -> Result<(), ApplyError> {
        match Standing::of(&self.pass, &desired.id, live) {
            Standing::Ours => self.compare(desired, live).await,
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
        if !found.is_applied(&desired.hash) {
            self.write(desired, Some(&found.uid.to_string())).await?;
            self.report.changed.push(desired.id.clone());
            return Ok(());
        }
        if !self.may_correct(&desired.id) {
            return Ok(());
        }
        let written = self.write(desired, Some(&found.uid.to_string())).await?;
        // The server may have thought that nothing differed: it knows more ways to write the same.
        if written.resource_version != found.resource_version {
            self.corrected_fields(&desired.id, &differences, live);
        }
        Ok(())
    }

    pub(super) async fn read(&self, id: &ChildId) -> Result<Option<Value>, ApplyError> {
        let namespace = &self.pass.owner.namespace;
        let live = self.applier.writer.get(id.kind, namespace, &id.name).await;
        live.map_err(|error| ApplyError::Read(id.clone(), error))
    }

    /// Applies an object: the one with this uid, or one that was there and is not any more.
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
    pub(super) async fn release(&mut self, id: &ChildId) -> Result<(), ApplyError> {
        let labels = json!({ RETAINED_LABEL: null });
        let body = json!({ "metadata": { "labels": labels } });
        let namespace = &self.pass.owner.namespace;
        let answer = self.applier.writer.merge(id.kind, namespace, &id.name, &body).await;
        let live = answer.map_err(|error| ApplyError::Write(id.clone(), error))?;
        self.report.seen.push((id.clone(), seen(id.kind, &live)));
        Ok(())
    }
}

fn is_done(found: &Seen) -> bool {
    found.state == State::Job(JobState::Complete)
}
