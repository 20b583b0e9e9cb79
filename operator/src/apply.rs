//! Step four of a reconcile: the objects of a `TodoChat` are brought to what they shall be, and only what differs is written.
//!
//! ```text
//! Children<Prepared> ─▶ Secrets ─▶ manifests, one after the other ─▶ what is not wanted any more ─▶ Children<Applied>
//!                         │              │
//!                         │              └ ours, same hash, same shape as when last compared   nothing is asked (`marks`)
//!                         │                ours, other hash                                    server-side apply
//!                         │                else it is read: compared (`subset`), judged (`standing`), then perhaps applied
//!                         └ by their content, which is made once, read when its version moves, and kept (`secrets`)
//! ```
//!
//! Every write names the uid of the object that it means, so that another object of the same name is never touched.

pub mod canonical;
mod drift;
mod failed;
mod fights;
mod lag;
mod marks;
mod pass;
mod path;
mod report;
mod retain;
pub mod secrets;
pub mod shape;
mod standing;
mod subset;
mod visit;

use std::sync::Arc;

use k8s_openapi::api::batch::v1::Job;

pub use self::{
    failed::ApplyError,
    lag::lags,
    pass::as_sent,
    report::Report,
    retain::{Kept, is_data},
    secrets::SecretReader,
};
use self::{fights::Fights, marks::Marks, pass::Pass, visit::Visit};
use crate::{
    children::{Applied, Children, Prepared},
    crd::InventoryItem,
    kinds::ChildId,
    names::ObjectKey,
    validated::Owner,
    world::{JobState, Seen, State, World},
    writer::Writer,
};

/// Brings objects to what they shall be. Clones share what they know.
#[derive(Clone)]
pub struct Applier {
    writer: Writer,
    secrets: SecretReader,
    marks: Arc<Marks>,
    fights: Arc<Fights>,
}

impl Applier {
    /// Writes with `writer`, and knows nothing yet.
    pub fn new(writer: Writer) -> Self {
        let secrets = SecretReader::new(writer.clone());
        Self { writer, secrets, marks: Arc::default(), fights: Arc::default() }
    }

    /// What reads Secrets; it knows those that were written here.
    pub fn secrets(&self) -> SecretReader {
        self.secrets.clone()
    }

    /// Forgets the object: it is gone.
    pub fn forget(&self, key: &ObjectKey) {
        self.marks.forget(key);
        self.fights.forget(key);
        self.secrets.forget(key);
    }

    /// Brings all children to what they shall be, in their order. Ends at the first error; the report tells what was done
    /// until then.
    pub async fn apply(
        &self,
        world: &World,
        owner: &Owner,
        children: Children<Prepared>,
        inventory: &[InventoryItem],
    ) -> (Report, Result<Children<Applied>, ApplyError>) {
        let key = ObjectKey::new(&owner.namespace, &owner.name);
        let pass = Pass { key: &key, owner, world, inventory };
        let mut visit = Visit::new(self, pass);
        let outcome = visit.all(&children).await;
        (visit.end(), outcome.map(|()| children.applied()))
    }

    /// Brings one Job to what it shall be, of an object whose other children are not to be touched. Says whether it is done.
    pub async fn run_job(
        &self,
        world: &World,
        owner: &Owner,
        job: Job,
    ) -> Result<(Vec<(ChildId, Seen)>, JobState), ApplyError> {
        let key = ObjectKey::new(&owner.namespace, &owner.name);
        let pass = Pass { key: &key, owner, world, inventory: &[] };
        let mut visit = Visit::new(self, pass);
        let mut children = Children::default();
        children.jobs = vec![job];
        let ids = children.ids();
        for (id, manifest) in children.manifests() {
            visit.object(id, manifest).await?;
        }
        let seen = visit.end().seen;
        let known = seen.iter().map(|(id, seen)| (id, seen)).chain(&world.children);
        let mut states = known.filter(|(id, _)| ids.contains(id)).map(|(_, seen)| &seen.state);
        let state = match states.next() {
            Some(State::Job(state)) => state.clone(),
            _ => JobState::Running,
        };
        Ok((seen, state))
    }
}
