//! What a look says: to the store what it wrote, in the status what it found, in events what has changed, in the log what failed.

use std::collections::BTreeMap;

use kube::ResourceExt as _;
use todochat_service::chain;

use super::{Controller, look_error::LookError, subject::Subject};
use crate::{
    api_error::Class,
    apply::Report,
    crd::{TodoChat, TodoChatStatus},
    fetched::Fetched,
    names::ObjectKey,
    pacing::Standing,
    queue::Ended,
    status::{self, Done, Notice, Outcome, StatusInput},
    validated::Validated,
    watching::Stored,
    world::World,
};

impl Controller {
    /// What was written is known at once, whatever came after.
    pub(super) fn take_over(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        report: &Report,
        rollouts: Vec<Notice>,
    ) {
        self.store.wrote(key, report.seen.clone(), &report.pruned, &report.gone);
        for kind in &report.skipped {
            self.metrics.skips.with_label_values(&[kind.as_str()]).inc();
        }
        for correction in &report.corrected {
            self.metrics.corrections.with_label_values(&[correction.child.kind.as_str()]).inc();
        }
        let uid = object.uid().unwrap_or_default();
        self.announcer.tell(key, &uid, status::corrections(&report.corrected));
        let is_changed = |notice: &Notice| {
            notice.related.as_ref().is_some_and(|related| report.changed.contains(related))
        };
        self.announcer.tell(key, &uid, rollouts.into_iter().filter(is_changed).collect());
    }

    /// Judges the world, and writes and announces what has changed. Says when the clock alone may change it.
    pub(super) async fn tell(
        &self,
        key: &ObjectKey,
        subject: &Subject,
        fetched: Option<&Fetched>,
        outcome: &Outcome<'_>,
    ) -> Result<Ended, LookError> {
        let object = subject.settled().await;
        let world = self.store.world(key);
        let after = self.judge(key, object, fetched, outcome, &world);
        if matches!(outcome, Outcome::Applied { .. }) {
            self.wake(self.pacing.judged(key, Standing::of(&after, &world)));
        }
        let overdue = status::until_backup_is_overdue(object, &after, self.clock.now());
        match self.say(key, object, after).await? {
            (Ended::Well(None), _) => Ok(Ended::Well(overdue.filter(|wait| *wait < self.resync))),
            (ended, _) => Ok(ended),
        }
    }

    /// Says that the object is being deleted; `object` is then as it was written, for the next write of it.
    pub(super) async fn tell_that_it_goes(
        &self,
        key: &ObjectKey,
        object: &mut TodoChat,
    ) -> Result<Ended, LookError> {
        let world = self.store.world(key);
        let after = self.judge(key, object, None, &Outcome::Deleting, &world);
        let (ended, written) = self.say(key, object, after).await?;
        if let Some(written) = written {
            *object = written;
        }
        Ok(ended)
    }

    fn judge(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        fetched: Option<&Fetched>,
        outcome: &Outcome<'_>,
        world: &World,
    ) -> TodoChatStatus {
        let probes: BTreeMap<_, _> = self.prober.results(key);
        let settings = &self.settings;
        let input = StatusInput { object, outcome, fetched, world, probes: &probes, settings };
        status::compute(&input, self.clock.now())
    }

    /// Writes and announces what has changed; with it the object as it was written, if it was.
    async fn say(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        after: TodoChatStatus,
    ) -> Result<(Ended, Option<TodoChat>), LookError> {
        let before = object.status.as_ref();
        if before == Some(&after) {
            return Ok((Ended::Well(None), None));
        }
        if let Some(wait) = self.status.may_wait(key, before, &after) {
            return Ok((Ended::Well(Some(wait)), None));
        }
        let notices = status::transitions(object, before, &after);
        let written = self.status.write(object, after).await.map_err(LookError::Status)?;
        for _ in notices.iter().filter(|notice| notice.reason == "ToolsChanged") {
            self.metrics.tools_changed.inc();
        }
        self.announcer.tell(key, &object.uid().unwrap_or_default(), notices);
        Ok((Ended::Well(None), Some(written)))
    }

    pub(super) async fn tell_failure(
        &self,
        key: &ObjectKey,
        subject: &Subject,
        fetched: Option<&Fetched>,
        validated: Option<&Validated>,
        error: LookError,
    ) -> Result<Ended, LookError> {
        // Others were faster: the next look sees what they did, and there is nothing to tell.
        if !matches!(error.class(), Class::Conflict) {
            let outcome = Outcome::Failed { validated, failure: error.failure() };
            self.tell(key, subject, fetched, &outcome).await?;
        }
        Err(error)
    }

    pub(super) fn failed(&self, key: &ObjectKey, error: &LookError) -> Ended {
        let class = error.class();
        self.metrics.errors.with_label_values(&[class.label(), error.step()]).inc();
        match class {
            Class::Conflict => {
                tracing::debug!(object = %key, error = chain(error), "{key} has changed meanwhile");
            }
            _ => {
                tracing::warn!(object = %key, error = chain(error), class = class.label(), "Could not bring {key} about");
            }
        }
        Ended::Badly(match class {
            Class::Throttled(after) => Some(after),
            _ => None,
        })
    }

    /// An object that is stored but cannot be read: its own trouble, and no other's.
    pub(super) async fn malformed(
        &self,
        stored: &Stored,
        problem: &serde_json::Error,
    ) -> Result<Ended, LookError> {
        let writing = self.status.write_malformed(stored, problem, self.clock.now());
        writing.await.map(|()| Ended::Well(None)).map_err(LookError::Status)
    }
}

/// What of it the status tells.
pub(super) fn done(report: &Report) -> Done {
    Done {
        foreign: report.foreign.clone(),
        fights: report.fights.clone(),
        verified: report.verified.clone(),
    }
}
