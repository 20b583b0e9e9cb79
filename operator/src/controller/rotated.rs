//! What is counted and told of credentials that were replaced.

use kube::ResourceExt as _;

use super::Controller;
use crate::{
    crd::TodoChat,
    fetched::Fetched,
    kinds::{ChildId, Kind},
    names::{ObjectKey, signing_keys_secret},
    rotating::KeyStep,
    status::{Notice, Severity},
    validated::Validated,
};

impl Controller {
    /// A turn takes its step in one write, so that each is counted and told once.
    pub(super) fn tell_rotations(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        fetched: &Fetched,
        validated: &Validated,
    ) {
        let seen = fetched.rotations.login.as_ref().and_then(|login| login.record.again);
        let login = validated.rotation.login.as_ref();
        let took_over = login.is_some_and(|login| login.takes_over);
        let again = login.and_then(|login| login.record.again);
        let signs = validated.rotation.keys.step == Some(KeyStep::Sign);
        for (credential, result, counts) in [
            ("login", "done", took_over),
            ("login", "failed", again.is_some() && again != seen),
            ("key", "done", signs),
        ] {
            if counts {
                self.metrics.rotations.with_label_values(&[credential, result]).inc();
            }
        }
        if signs {
            let uid = object.uid().unwrap_or_default();
            self.announcer.tell(key, &uid, vec![signing_key_rotated(&key.name)]);
        }
    }
}

/// The pods see the Secret a little later, each in its time.
fn signing_key_rotated(object: &str) -> Notice {
    Notice {
        severity: Severity::Normal,
        reason: "SigningKeyRotated",
        action: "Rotate",
        note: "The next signing key has taken over; what the one before has signed is good until \
               the overlap is over"
            .to_owned(),
        related: Some(ChildId::new(Kind::Secret, &signing_keys_secret(object))),
    }
}
