//! Objects that hold data: what happens to it when they go.
//!
//! Everything in the cluster that belongs to an object goes by itself, by its owner reference. Only data that is to be kept, or
//! saved first, needs the operator's hand, and then the object has a finalizer. It never keeps an object for longer than its
//! deadline: a namespace that cannot be deleted is worse than a volume that somebody has to look for.

mod notices;

use std::time::Duration;

use kube::ResourceExt as _;
use serde_json::json;
use todochat_service::chain;

pub(super) use self::notices::not_taken;
use self::notices::{blocked, deleted, in_a_bucket, retained};
use super::{Controller, look_error::LookError, looked::Looked, sooner, subject::Subject};
use crate::{
    api_error::{ApiError, Class},
    apply::Kept,
    crd::{DatabaseMode, DeletionPolicy, TodoChat},
    kinds::Kind,
    names::{FINALIZER, ObjectKey},
    queue::Ended,
    status::{Notice, why_backup_failed},
    world::{JobState, World},
};

/// How long keeping data may be tried.
const KEEPING: Duration = Duration::from_mins(5);
/// How long a last backup may take.
const SAVING: Duration = Duration::from_mins(30);
/// How soon an unfinished backup is looked at again; its Job's end wakes the object anyway.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

impl Controller {
    /// Gives the object the finalizer that its policy needs, or takes it away, before any child is made.
    pub(super) async fn protect(&self, subject: &Subject) -> Result<Option<Subject>, LookError> {
        let is_held = is_held(&subject.object);
        if is_held == needs_finalizer(&subject.object) {
            return Ok(None);
        }
        let mut finalizers = others(&subject.object);
        if !is_held {
            finalizers.push(FINALIZER.to_owned());
        }
        let mut object = subject.settled().await.clone();
        self.set_finalizers(&mut object, finalizers).await.map_err(LookError::Protect)?;
        Ok(Some(Subject::announced(object)))
    }

    /// Gives the object the finalizer that its policy needs where there is data already, whatever else is wrong with the spec: it
    /// may be deleted before it is put right, and while it is paused.
    pub(super) async fn protect_data(
        &self,
        key: &ObjectKey,
        subject: &Subject,
    ) -> Result<Option<Subject>, LookError> {
        let object = &subject.object;
        if is_held(object) || !needs_finalizer(object) || !has_data(&self.store.world(key)) {
            return Ok(None);
        }
        self.protect(subject).await
    }

    /// The object is being deleted. That one was let go which had to be held is told with the write that lets it go, however
    /// the rest of the look ends; one that is not held goes without a word, before it was heard of.
    pub(super) async fn finalize(
        &self,
        key: &ObjectKey,
        mut object: TodoChat,
    ) -> Result<Looked, LookError> {
        self.prober.forget(key);
        let others = others(&object);
        let is_held = is_held(&object);
        let told = if !others.is_empty() || (is_held && self.is_saved_first(&object)) {
            self.tell_that_it_goes(key, &mut object).await
        } else {
            // Of what goes in this very look nobody would see it.
            Ok(Ended::Well(None))
        };
        if !is_held {
            return told.map(Looked::from);
        }
        if let Some(wait) = self.wait_for_data(key, &mut object).await? {
            return told.map(|ended| sooner(ended, Some(wait)).into());
        }
        match self.set_finalizers(&mut object, others).await {
            Ok(()) => {
                self.tell_notice(key, &object, deleted());
                // That it could not be told that it goes is no reason to hold it.
                told.map(|ended| Looked { ended, wrote: true })
            }
            Err(ApiError::Missing) => Ok(Ended::Well(None).into()),
            Err(error) => Err(LookError::Protect(error)),
        }
    }

    /// Sees to the data, until that is done or has taken too long; `Some` while it is under way.
    async fn wait_for_data(
        &self,
        key: &ObjectKey,
        object: &mut TodoChat,
    ) -> Result<Option<Duration>, LookError> {
        match self.see_to_data(key, object).await {
            Ok(None) => Ok(None),
            Ok(Some(wait)) if !self.is_overdue(object) => Ok(Some(wait)),
            Err(error) if !self.is_overdue(object) => {
                // It does not go in this look after all.
                if !matches!(error.class(), Class::Conflict) {
                    self.tell_that_it_goes(key, object).await?;
                }
                Err(error)
            }
            Ok(Some(_)) | Err(_) => {
                self.keep_what_can_be_kept(key, object).await;
                self.tell_notice(key, object, blocked(object));
                Ok(None)
            }
        }
    }

    /// Whether a last backup is waited for.
    fn is_saved_first(&self, object: &TodoChat) -> bool {
        object.spec.deletion_policy == DeletionPolicy::Snapshot && !self.is_overdue(object)
    }

    /// Does what the policy asks for; `Some` while it is not done.
    async fn see_to_data(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
    ) -> Result<Option<Duration>, LookError> {
        match object.spec.deletion_policy {
            DeletionPolicy::Delete => Ok(None),
            DeletionPolicy::Retain => {
                self.keep(key, object, Kept::Data).await?;
                Ok(None)
            }
            DeletionPolicy::Snapshot => match Box::pin(self.take_snapshot(key, object)).await? {
                JobState::Running => Ok(Some(LOOK_AGAIN)),
                JobState::Complete => {
                    self.keep(key, object, Kept::Backups).await?;
                    Ok(None)
                }
                // Without a last backup the data itself is all there is.
                JobState::Failed(why) => {
                    self.tell_notice(key, object, not_taken(&why));
                    self.keep(key, object, Kept::Data).await?;
                    Ok(None)
                }
            },
        }
    }

    /// The object is let go without what its policy asks for: nothing is lost by that.
    async fn keep_what_can_be_kept(&self, key: &ObjectKey, object: &TodoChat) {
        if let Err(error) = self.keep(key, object, Kept::Data).await {
            tracing::error!(object = %key, error = chain(&error), "Could not keep the data of {key}");
        }
    }

    /// Takes the owner from what is kept, and says how it can be removed.
    async fn keep(&self, key: &ObjectKey, object: &TodoChat, what: Kept) -> Result<(), LookError> {
        let (world, uid) = (self.store.world(key), object.uid().unwrap_or_default());
        let kept =
            self.applier.retain(&world, key, &uid, what).await.map_err(LookError::Finalize)?;
        if !kept.is_empty() {
            let notice = retained(key, object.spec.database.mode, what);
            self.tell_notice(key, object, notice);
        } else if let (Kept::Backups, Some(notice)) = (what, in_a_bucket(object)) {
            self.tell_notice(key, object, notice);
        }
        Ok(())
    }

    /// Runs the Job of the last backup; says how far it is.
    async fn take_snapshot(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
    ) -> Result<JobState, LookError> {
        let fetched = self.dereference.fetch(key, object).await.map_err(LookError::Dereference)?;
        let Ok(validated) = crate::validate::validate(object, &fetched, &self.settings) else {
            return Ok(JobState::Running);
        };
        let Some(snapshot) = crate::build::snapshot(&validated) else {
            return Ok(JobState::Complete);
        };
        let job = snapshot.name_any();
        let running = self.applier.run_job(&fetched.world, &validated.owner, snapshot).await;
        let (seen, state) = running.map_err(LookError::Finalize)?;
        self.store.wrote(key, seen, &[], &[]);
        Ok(match state {
            JobState::Failed(why) => {
                JobState::Failed(why_backup_failed(&fetched.world, &job, &why).into())
            }
            state => state,
        })
    }

    fn is_overdue(&self, object: &TodoChat) -> bool {
        let Some(deleted) = &object.metadata.deletion_timestamp else { return false };
        let limit = match object.spec.deletion_policy {
            DeletionPolicy::Snapshot => SAVING,
            DeletionPolicy::Delete | DeletionPolicy::Retain => KEEPING,
        };
        let since = self.clock.now().timestamp() - deleted.0.as_second();
        u64::try_from(since).is_ok_and(|since| Duration::from_secs(since) > limit)
    }

    async fn set_finalizers(
        &self,
        object: &mut TodoChat,
        finalizers: Vec<String>,
    ) -> Result<(), ApiError> {
        let body = json!({ "metadata": {
            "uid": object.metadata.uid,
            "resourceVersion": object.metadata.resource_version,
            "finalizers": finalizers,
        } });
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let answer = self.api.merge_object(&namespace, &name, &body).await?;
        object.metadata.resource_version =
            answer["metadata"]["resourceVersion"].as_str().map(str::to_owned);
        object.metadata.finalizers = Some(finalizers);
        self.store.wrote_object(&answer);
        Ok(())
    }

    pub(super) fn tell_notice(&self, key: &ObjectKey, object: &TodoChat, notice: Notice) {
        self.announcer.tell(key, &object.uid().unwrap_or_default(), vec![notice]);
    }
}

/// Whether the object has the operator's finalizer.
pub(super) fn is_held(object: &TodoChat) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
}

/// The finalizers of others.
fn others(object: &TodoChat) -> Vec<String> {
    let finalizers = object.finalizers().iter();
    finalizers.filter(|finalizer| *finalizer != FINALIZER).cloned().collect()
}

/// Only where the cluster's own garbage collection would do the wrong thing.
fn needs_finalizer(object: &TodoChat) -> bool {
    let database = &object.spec.database;
    let ours = match database.mode {
        DatabaseMode::Embedded => true,
        DatabaseMode::Cnpg => database.cnpg.as_ref().is_some_and(|cnpg| cnpg.create.is_some()),
        DatabaseMode::External => false,
    };
    ours && object.spec.deletion_policy != DeletionPolicy::Delete
}

fn has_data(world: &World) -> bool {
    let mut kinds = world.children.keys().map(|id| id.kind);
    kinds.any(|kind| matches!(kind, Kind::PersistentVolumeClaim | Kind::CnpgCluster))
}
