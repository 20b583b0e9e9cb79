//! The end of an object that the operator holds until its data was seen to.

use kube::ResourceExt as _;

use super::{Controller, look_error::LookError, looked::Looked};
use crate::{
    crd::TodoChat,
    names::{FINALIZER, ObjectKey},
    queue::Ended,
    status::{Notice, Severity},
};

impl Controller {
    /// Sees to an object that is being deleted, and tells when it was let go: that is when nothing is left to be done of one
    /// that was held. One that is not held goes without a word, before it was heard of.
    pub(super) async fn let_go(
        &self,
        key: &ObjectKey,
        object: TodoChat,
    ) -> Result<Looked, LookError> {
        let uid = object.uid().unwrap_or_default();
        let was_held = object.finalizers().iter().any(|finalizer| finalizer == FINALIZER);
        let ended = self.finalize(key, object).await?;
        let is_free = was_held && ended == Ended::Well(None);
        if is_free {
            self.announcer.tell(key, &uid, vec![deleted()]);
        }
        Ok(Looked { ended, wrote: is_free })
    }
}

fn deleted() -> Notice {
    Notice {
        severity: Severity::Normal,
        reason: "Deleted",
        action: "Deleting",
        note: "The operator has let it go: the cluster removes it with all that belongs to it, \
               but for what was kept"
            .to_owned(),
        related: None,
    }
}
