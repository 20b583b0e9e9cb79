//! What is told of the end of an object.

use kube::ResourceExt as _;

use crate::{
    apply::Kept,
    crd::{DatabaseMode, TodoChat},
    names::ObjectKey,
    status::{Notice, Severity},
};

pub(super) fn retained(key: &ObjectKey, mode: DatabaseMode, what: Kept) -> Notice {
    let kept = match what {
        Kept::Data => "The volume and the logins of the database were kept.",
        Kept::Backups => "The volume of the backups was kept, with a last one on it.",
    };
    let kinds = match mode {
        DatabaseMode::Cnpg => "clusters.postgresql.cnpg.io,secrets",
        DatabaseMode::Embedded | DatabaseMode::External => "persistentvolumeclaims,secrets",
    };
    let note = format!(
        "{kept} To remove what was kept: kubectl --namespace {} delete {kinds} --selector \
         todochat.dev/object={},todochat.dev/retained=true",
        key.namespace, key.name
    );
    let reason = match what {
        Kept::Data => "Retained",
        Kept::Backups => "SnapshotTaken",
    };
    Notice { severity: Severity::Normal, reason, action: "Deleting", note, related: None }
}

/// There is nothing of it in the cluster, and so nothing to remove here.
pub(super) fn in_a_bucket(object: &TodoChat) -> Option<Notice> {
    let s3 = object.spec.database.backup.as_ref()?.destination.s3.as_ref()?;
    Some(Notice {
        severity: Severity::Normal,
        reason: "SnapshotTaken",
        action: "Deleting",
        note: format!("A last backup was taken, into the bucket {}.", s3.bucket),
        related: None,
    })
}

pub(in crate::controller) fn not_taken(why: &str) -> Notice {
    let note = format!(
        "The last backup could not be taken ({why}): the volumes and the logins of the database are kept instead."
    );
    Notice {
        severity: Severity::Warning,
        reason: "SnapshotFailed",
        action: "Deleting",
        note,
        related: None,
    }
}

pub(super) fn blocked(object: &TodoChat) -> Notice {
    let policy = object.spec.deletion_policy;
    let note = format!(
        "The data could not be seen to as deletionPolicy {policy:?} asks for; the object is let go. Look for the volume \
         and the Secrets labelled todochat.dev/object={}.",
        object.name_any()
    );
    Notice {
        severity: Severity::Warning,
        reason: "FinalizerBlocked",
        action: "Deleting",
        note,
        related: None,
    }
}

/// The operator had to hold the object for its data, and holds it no longer.
pub(super) fn deleted() -> Notice {
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
