//! `CredentialsReady`: whether the operator's own credentials are there.

use std::collections::BTreeSet;

use super::{Verdict, View, migration_exit::MigrationExit};
use crate::{
    kinds::{ChildId, Kind},
    names::{login_secret, signing_keys_secret},
};

pub(super) fn judge(view: &View<'_>) -> Verdict {
    if MigrationExit::of(view) == Some(MigrationExit::AdminDenied) {
        return Verdict::fails(
            "AdminDenied",
            "The admin login may not make the chat's login; grant it CREATEROLE, or give spec.database.external.credentials.",
        );
    }
    if view.expected(Kind::Secret).is_empty() {
        return Verdict::fails("Creating", "No credentials have been made yet.");
    }
    let missing = missing(view);
    if !missing.is_empty() {
        let names = missing.into_iter().collect::<Vec<_>>().join(", ");
        return Verdict::fails("Creating", format!("These Secrets are being made: {names}."));
    }
    Verdict::holds("Current", format!("All credentials are there.{}", not_replaced(view)))
}

/// The Secrets that are not there: of those that were built, or, where nothing could be built, of what every object has too.
fn missing(view: &View<'_>) -> BTreeSet<String> {
    let mut missing: BTreeSet<String> = view.missing(Kind::Secret).into_iter().collect();
    if view.applied().is_none() {
        let always = [signing_keys_secret(&view.name), login_secret(&view.name)];
        let there = &view.world().children;
        missing.extend(
            always
                .into_iter()
                .filter(|name| !there.contains_key(&ChildId::new(Kind::Secret, name))),
        );
    }
    missing
}

/// What is asked for and not done: the credentials are made once.
fn not_replaced(view: &View<'_>) -> String {
    let spec = view.spec();
    let asked = [
        ("spec.chat.auth.rotation", spec.chat.auth.rotation.is_some()),
        ("spec.database.rotation", spec.database.rotation.is_some()),
    ];
    let fields: Vec<&str> = asked.iter().filter(|(_, is)| *is).map(|(field, _)| *field).collect();
    match fields[..] {
        [] => String::new(),
        _ => format!(" They are made once: this release does nothing with {}.", fields.join(", ")),
    }
}
