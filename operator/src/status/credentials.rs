//! `CredentialsReady`: whether the operator's own credentials are there, and none is being replaced.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use todochat_service::exit;

use super::{Verdict, View, migration_exit::MigrationExit};
use crate::{
    crd::DatabaseStatus,
    kinds::{ChildId, Kind},
    names::{Part, login_secret, signing_keys_secret},
    rotating::Login,
    world::{JobState, State, Trouble},
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
    let current = || Verdict::holds("Current", "All credentials are there.");
    turning(view).or_else(|| managed_elsewhere(view)).unwrap_or_else(current)
}

/// Where the database's login is somebody else's to replace: one is all that there is then.
fn managed_elsewhere(view: &View<'_>) -> Option<Verdict> {
    let database = &view.spec().database;
    let login = database.external.as_ref().and_then(|external| external.credentials.as_ref());
    let cluster = database.cnpg.as_ref().and_then(|cnpg| cnpg.cluster_ref.as_ref());
    let (secret, whose) = match (login, cluster) {
        (Some(login), _) => (
            login.name.clone(),
            "yours to replace. With spec.database.external.admin each would have one of its own.",
        ),
        (None, Some(cluster)) => (format!("{}-app", cluster.name), "its cluster's to replace."),
        (None, None) => return None,
    };
    let message = format!(
        "All credentials are there. The login of the Secret {secret} does everything: it owns the tables, migrates and serves, and is {whose}"
    );
    Some(Verdict::fails("ManagedElsewhere", message))
}

/// What is being replaced. What is in use goes on working all the while.
fn turning(view: &View<'_>) -> Option<Verdict> {
    let rotation = &view.validated()?.rotation;
    let login = rotation.login.as_ref().and_then(|login| turning_login(view, login));
    login.or_else(|| {
        rotation.keys.is_published_only.then(|| {
            Verdict::fails(
                "Rotating",
                "The next signing key is published, and signs in a few minutes.",
            )
        })
    })
}

fn turning_login(view: &View<'_>, login: &Login) -> Option<Verdict> {
    if login.waits {
        let message =
            "The database login is due to be replaced, and waits for the database and its schema.";
        return Some(Verdict::fails("RotationOverdue", message));
    }
    let Some(job) = &login.job else {
        let begins = login.next.is_some() || login.takes_over;
        return begins.then(|| rotating("is made ready"));
    };
    let name = job.part().name(&view.name);
    let state = view.world().children.get(&ChildId::new(Kind::Job, &name)).map(|job| &job.state);
    let failed = matches!(state, Some(State::Job(JobState::Failed(_)))) || login.record.tries > 0;
    let see =
        format!("it is tried again and again; see `kubectl logs -n {} job/{name}`", view.namespace);
    Some(match &job.retires {
        None if failed => Verdict::fails(
            "RotationOverdue",
            format!("The next database login could not be made; the one in use stays: {see}."),
        ),
        None => rotating("is made ready"),
        Some(role) if failed || is_in_use(view) => Verdict::fails(
            "OldRoleInUse",
            format!(
                "Somebody still uses the database login {role}, which another has taken the place of: {see}."
            ),
        ),
        Some(_) => rotating("is in use; the sessions of the one before end"),
    })
}

fn rotating(what: &str) -> Verdict {
    Verdict::fails("Rotating", format!("The next database login {what}."))
}

/// Whether a Job has waited for the old login in vain.
fn is_in_use(view: &View<'_>) -> bool {
    let exited = view.trouble(&Part::Migration(String::new()));
    matches!(exited, Some(Trouble::CrashLoop { exit_code, .. }) if *exit_code == i32::from(exit::STILL_IN_USE))
}

/// Whether nothing is in the way of people: the old credentials are good while they are replaced, and those that others look
/// after are in use.
pub(super) fn is_harmless(reason: &str) -> bool {
    matches!(reason, "Rotating" | "RotationOverdue" | "OldRoleInUse" | "ManagedElsewhere")
}

/// The request that was seen to: by all credentials that it is for.
pub(super) fn rotated(view: &View<'_>) -> Option<String> {
    let known = view.previous().and_then(|status| status.rotated.clone());
    let Some(validated) = view.validated() else { return known };
    let asked = validated.rotation.keys.record.asked.clone();
    let login = validated.rotation.login.as_ref();
    let agree = login.is_none_or(|login| login.record.asked == asked && login.next.is_none());
    asked.filter(|_| agree && view.applied().is_some()).or(known)
}

/// What is recorded of the servers' login. One that takes over does so with the write of its Secret: where nothing is written,
/// or not all, the one before is in use.
pub(super) fn recorded(view: &View<'_>, known: DatabaseStatus) -> DatabaseStatus {
    let Some(validated) = view.validated() else { return known };
    let Some(login) = &validated.rotation.login else {
        return DatabaseStatus { next_rotation: None, ..known };
    };
    if login.takes_over && view.applied().is_none() {
        return known;
    }
    let next = view.input.fetched.and_then(|fetched| fetched.wishes.login.next(&login.record));
    let told = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    DatabaseStatus {
        active_role: Some(login.username.clone()),
        last_rotation: login.record.since.map(told).or(known.last_rotation),
        next_rotation: next.map(told),
        ..known
    }
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
