//! `CredentialsReady`: whether the operator's own credentials are there.

use super::{Verdict, View, migration_exit::MigrationExit};
use crate::kinds::Kind;

pub(super) fn judge(view: &View<'_>) -> Verdict {
    if MigrationExit::of(view) == Some(MigrationExit::AdminDenied) {
        return Verdict::fails(
            "AdminDenied",
            "The admin login may not make the chat's login; grant it CREATEROLE, or give spec.database.external.credentials.",
        );
    }
    let missing = view.missing(Kind::Secret);
    if !missing.is_empty() {
        let names = missing.join(", ");
        return Verdict::fails("Creating", format!("These Secrets are being made: {names}."));
    }
    if view.expected(Kind::Secret).is_empty() {
        return Verdict::fails("Creating", "No credentials have been made yet.");
    }
    Verdict::holds("Current", format!("All credentials are there.{}", not_replaced(view)))
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
