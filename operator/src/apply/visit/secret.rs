//! One of the operator's own Secrets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Visit;
use crate::{
    api_error::ApiError,
    apply::{
        ApplyError,
        pass::Desired,
        path::FieldPath,
        secrets::{Content, Lacking, Own, Sources, fill},
        shape,
        standing::Standing,
        subset,
    },
    children::{Entry, SecretPlan, Source},
    kinds::{ChildId, Kind},
    watching::seen::seen,
};

/// A Secret to be brought to what it shall be.
struct Wanted<'a> {
    plan: &'a SecretPlan,
    /// All but the content.
    desired: Desired,
    /// A hash of the plan and of what others have in the Secrets that it is made from.
    recipe: u64,
}

impl Visit<'_> {
    /// Brings one Secret to what it shall be.
    pub(super) async fn secret(&mut self, plan: &SecretPlan) -> Result<(), ApplyError> {
        let desired = desired(plan);
        let recipe = self.recipe(&desired.id, plan).await?;
        let wanted = Wanted { plan, desired, recipe };
        if let Some(found) = self.pass.ours(&wanted.desired.id)
            && self.is_known(&wanted.desired, found)
            && self.agrees(&wanted, &found.resource_version.to_string()).await?
        {
            self.skip(&wanted.desired, found);
            return Ok(());
        }
        if self.pass.knows(&wanted.desired.id) {
            return self.look_into(&wanted).await;
        }
        match self.make_secret(&wanted).await {
            Err(ApplyError::Write(_, ApiError::Conflict)) => self.look_into(&wanted).await,
            outcome => outcome,
        }
    }

    async fn recipe(&self, id: &ChildId, plan: &SecretPlan) -> Result<u64, ApplyError> {
        let others = others(plan);
        let others: Vec<&str> = others.iter().copied().collect();
        let hashes = self.applier.secrets.hashes(self.pass.key, &others).await;
        let hashes = hashes.map_err(|error| ApplyError::Read(id.clone(), error))?;
        Ok(shape::shape(&json!({ "plan": format!("{:?}", plan.entries), "others": hashes })))
    }

    /// Whether the content, which is read only if it has moved, is as the recipe says.
    async fn agrees(&self, wanted: &Wanted<'_>, version: &str) -> Result<bool, ApplyError> {
        let Wanted { plan, desired, recipe } = wanted;
        let (secrets, key, name) = (&self.applier.secrets, self.pass.key, &*desired.id.name);
        let own = secrets.own_at(key, name, Some(version)).await;
        let own = own.map_err(|error| ApplyError::Read(desired.id.clone(), error))?;
        let Some(own) = own.filter(|own| !own.is_drifted()) else { return Ok(false) };
        if own.agrees(*recipe) {
            return Ok(true);
        }
        // A new process has just read it all for the digest: no need to read it again.
        let Some(there) = own.whole() else { return Ok(false) };
        let sources = self.sources(&desired.id, plan).await?;
        let agrees =
            fill(plan, &there, &sources).is_ok_and(|full| full.missing_in(&there).next().is_none());
        if agrees {
            secrets.remember(key, name, own.agreed(plan, *recipe));
        }
        Ok(agrees)
    }

    async fn sources(&self, id: &ChildId, plan: &SecretPlan) -> Result<Sources, ApplyError> {
        let mut sources = Sources::new();
        for secret in others(plan) {
            let content = self.applier.secrets.look(self.pass.key, secret).await;
            let content = content.map_err(|error| ApplyError::Read(id.clone(), error))?;
            sources.extend(content.map(|content| (secret.to_owned(), content)));
        }
        Ok(sources)
    }

    async fn look_into(&mut self, wanted: &Wanted<'_>) -> Result<(), ApplyError> {
        let id = &wanted.desired.id;
        let Some(live) = self.read(id).await? else { return self.make_secret(wanted).await };
        match Standing::of(&self.pass, id, &live) {
            Standing::Ours | Standing::LeftBehind => self.mend_secret(wanted, &live).await,
            Standing::Going(why) => Err(ApplyError::Waiting { child: id.clone(), why }),
            Standing::Foreign => {
                self.report.foreign.push(id.clone());
                Ok(())
            }
        }
    }

    /// Makes a Secret that is not there: with what it held, if that is known. Of several who try at once one succeeds, so that
    /// there is never a second value.
    async fn make_secret(&mut self, wanted: &Wanted<'_>) -> Result<(), ApplyError> {
        let Wanted { desired, .. } = wanted;
        let was = self.applier.secrets.remembered(self.pass.key, &desired.id.name);
        let was = was.map(|own| own.content(&Content::default())).unwrap_or_default();
        let Some(content) = self.filled(wanted, &was).await? else { return Ok(()) };
        let namespace = &self.pass.owner.namespace;
        let body = with_content(desired.body.clone(), &content);
        let live = self.applier.writer.create(Kind::Secret, namespace, &body).await;
        let live = live.map_err(|error| ApplyError::Write(desired.id.clone(), error))?;
        self.made(&desired.id);
        self.report.secrets_made.push(desired.id.clone());
        self.settle(wanted, &live);
        Ok(())
    }

    async fn mend_secret(&mut self, wanted: &Wanted<'_>, live: &Value) -> Result<(), ApplyError> {
        let Wanted { desired, .. } = wanted;
        let (secrets, key, id) = (&self.applier.secrets, self.pass.key, &desired.id);
        let own = secrets.take_in(key, &id.name, live);
        let there = Content::of(live);
        let Some(content) = self.filled(wanted, &own.content(&there)).await? else { return Ok(()) };
        let wrong: Vec<FieldPath> = content.missing_in(&there).map(data).collect();
        let mut fields = subset::differences(Kind::Secret, &desired.body, live);
        let found = seen(Kind::Secret, live);
        let same_hash = found.is_applied(&desired.hash);
        let is_drift = own.is_drifted() || (same_hash && !fields.is_empty());
        fields.extend(wrong.iter().cloned());
        if fields.is_empty() {
            self.report.seen.push((id.clone(), found.clone()));
            self.skip(desired, &found);
            secrets.remember(key, &id.name, own.agreed(wanted.plan, wanted.recipe));
        } else if !is_drift || self.may_correct(id) {
            self.write_secret(wanted, &found.uid.to_string(), &content).await?;
            if is_drift {
                self.corrected_fields(id, &fields, live);
            } else {
                self.report.changed.push(id.clone());
            }
            self.report.secrets_made.extend((!wrong.is_empty()).then(|| id.clone()));
        }
        if found.retained { self.release(id).await } else { Ok(()) }
    }

    async fn write_secret(
        &mut self,
        wanted: &Wanted<'_>,
        uid: &str,
        content: &Content,
    ) -> Result<(), ApplyError> {
        let id = &wanted.desired.id;
        let body = with_content(wanted.desired.for_uid(uid), content);
        let namespace = &self.pass.owner.namespace;
        let live = self.applier.writer.apply(Kind::Secret, namespace, &id.name, &body).await;
        let live = live.map_err(|error| ApplyError::Write(id.clone(), error))?;
        self.settle(wanted, &live);
        Ok(())
    }

    /// The content by the recipe; `None` if something that it needs is not there, which the report tells.
    async fn filled(
        &mut self,
        wanted: &Wanted<'_>,
        there: &Content,
    ) -> Result<Option<Content>, ApplyError> {
        let Wanted { plan, desired, .. } = wanted;
        let sources = self.sources(&desired.id, plan).await?;
        match fill(plan, there, &sources) {
            Ok(content) => Ok(Some(content)),
            Err(Lacking::Randomness) => Err(ApplyError::NoRandomness),
            Err(lacking @ Lacking::Entry { .. }) => {
                self.report.lacking.push((desired.id.clone(), lacking.to_string()));
                Ok(None)
            }
        }
    }

    /// Takes over the answer to a write.
    fn settle(&mut self, wanted: &Wanted<'_>, live: &Value) {
        let Wanted { plan, desired, recipe } = wanted;
        let own = Own::agreeing(live, plan, *recipe);
        self.applier.secrets.remember(self.pass.key, &desired.id.name, own);
        self.wrote(desired, live);
    }
}

/// All but the content; that there are these entries is part of it, what is in them is not.
fn desired(plan: &SecretPlan) -> Desired {
    let name = plan.metadata.name.as_deref().unwrap_or_default();
    let manifest = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": plan.metadata,
        "type": "Opaque",
    });
    Desired::new(ChildId::new(Kind::Secret, name), manifest)
}

fn with_content(mut body: Value, content: &Content) -> Value {
    body["data"] = content.to_data();
    body
}

fn data(key: &str) -> FieldPath {
    FieldPath::default().field("data").field(key)
}

/// Other people's Secrets that it is made from.
fn others(plan: &SecretPlan) -> BTreeSet<&str> {
    let urls = plan.entries.values().filter_map(|entry| match entry {
        Entry::DatabaseUrl(parts) => Some([&parts.user, &parts.password]),
        _ => None,
    });
    let secrets = urls.flatten().filter_map(|source| match source {
        Source::Other { secret, .. } => Some(secret.as_str()),
        Source::Own(_) => None,
    });
    secrets.collect()
}
