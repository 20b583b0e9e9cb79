//! Which credentials are replaced on this look, and how far that is.

use std::time::Duration;

use serde_json::json;

use super::{Pass, gating};
use crate::{
    apply::canonical,
    crd::DatabaseStatus,
    names::Part,
    rotating::{self, Login, LoginJob, Names, Progress, Ran},
    validated::{Database, DatabaseRuns, Rotation, Schema},
    world::{JobState, State},
};

/// The login that the servers use.
const LOGIN: &str = "todochat_app";
/// How long the sessions of a login may go on that another has taken the place of, where nothing is said.
const GRACE: Duration = Duration::from_mins(10);

/// What becomes of the login and of the signing keys.
pub(super) fn rotation(
    pass: &mut Pass<'_>,
    recorded: Option<&DatabaseStatus>,
    database: &Database,
    gate: &gating::Gate,
) -> Rotation {
    let wishes = &pass.fetched.wishes;
    let keys = rotating::keys(pass.fetched.rotations.keys.as_ref(), &wishes.keys, wishes.overlap);
    let login = names(pass, database).map(|names| login(pass, recorded, database, gate, &names));
    let grace = pass.spec.database.rotation.as_ref().map(|rotation| &rotation.grace);
    let grace = grace.map_or(GRACE, |grace| pass.time("spec.database.rotation.grace", grace));
    Rotation { login, keys, grace, timeout: gate.timeout }
}

fn login(
    pass: &Pass<'_>,
    recorded: Option<&DatabaseStatus>,
    database: &Database,
    gate: &gating::Gate,
    names: &Names,
) -> Login {
    let known = recorded.and_then(|recorded| recorded.logins_hash.as_deref());
    let migration = gate.migration.as_ref();
    let progress = Progress {
        recorded: recorded.and_then(|recorded| recorded.active_role.as_deref()),
        is_open: gate.stage.schema == Schema::Current
            && !pass.spec.suspended
            && gating::is_ready(pass, database),
        // Where others migrate nothing is recorded, and no migration asks for it.
        is_settled: migration.is_none_or(|migration| known == Some(migration.logins.as_str())),
    };
    let ran = |job: &LoginJob| match gating::job(pass, &part_of(job)) {
        Some(State::Job(JobState::Complete)) => Ran::Done,
        Some(State::Job(JobState::Failed(_))) => Ran::Failed,
        _ => Ran::NotYet,
    };
    let (seen, wish) = (pass.fetched.rotations.login.as_ref(), &pass.fetched.wishes.login);
    rotating::login(names, seen, wish, progress, ran)
}

fn part_of(job: &LoginJob) -> String {
    match job.part() {
        Part::Migration(version) => version,
        part => part.suffix(),
    }
}

/// The logins that take turns; none where the login is somebody else's.
fn names(pass: &Pass<'_>, database: &Database) -> Option<Names> {
    match &database.runs {
        DatabaseRuns::Embedded(_) => Some(Names::of(LOGIN.to_owned())),
        // A role is the whole server's, and the server may have the databases of many objects.
        DatabaseRuns::External(external) if external.is_admin => {
            let whose = json!([pass.owner.namespace, pass.owner.name, external.database]);
            Some(Names::of(format!("{LOGIN}_{}", &canonical::hash(&whose)[..8])))
        }
        DatabaseRuns::External(_) | DatabaseRuns::Cnpg { .. } => None,
    }
}
