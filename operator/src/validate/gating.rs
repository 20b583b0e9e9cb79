//! What must have happened before the rest may exist: Secrets first, then a database that answers, then its schema.
//!
//! ```text
//! status: schemaVersion, loginsHash ─┐
//! world: the Job of this version ────┼▶ Current: new pods may start
//! own Secrets: the servers' login ───┘  Behind:  the Job runs first      Held: somebody must do something first
//! ```

mod version;

use std::time::Duration;

use self::version::{is_newer, relogin, slug};
use super::{Pass, digest::digest, images};
use crate::{
    crd::{DatabaseStatus, MigrationPolicy},
    kinds::{ChildId, Kind},
    names::{Part, login_secret, migrator_secret},
    validated::{Database, DatabaseRuns, Hold, Image, Migration, Schema, Stage},
    world::{JobState, State},
};

/// What has happened, and what is to happen next.
pub(super) struct Gate {
    pub(super) stage: Stage,
    pub(super) migration: Option<Migration>,
    /// How long a Job may work on the database as its admin.
    pub(super) timeout: Duration,
}

impl Gate {
    /// Another database takes the place of this one first.
    pub(super) fn wait(&mut self) {
        self.stage.schema = Schema::Behind;
        if let Some(migration) = &mut self.migration {
            migration.wanted = false;
        }
    }
}

/// Judges how far the object is.
pub(super) fn gate(
    pass: &mut Pass<'_>,
    recorded: Option<&DatabaseStatus>,
    database: &Database,
    image: &Image,
) -> Gate {
    let own_secrets = pass.fetched.own_secrets.clone();
    let timeout =
        pass.time("spec.database.migrations.timeout", &pass.spec.database.migrations.timeout);
    if pass.spec.database.migrations.policy == MigrationPolicy::Skip {
        let stage = Stage { own_secrets, schema: Schema::Current };
        return Gate { stage, migration: None, timeout };
    }
    let plan = Plan::new(pass, recorded, database);
    let schema = plan.schema();
    let wanted = schema == Schema::Behind
        && !pass.spec.suspended
        && plan.logins.is_some()
        && (is_ready(pass, database) || job(pass, &plan.version).is_some());
    let migration = Migration {
        version: plan.version,
        schema: plan.target,
        logins: plan.logins.unwrap_or_default(),
        hold: plan.hold,
        image: image.clone(),
        timeout,
        wanted,
    };
    Gate { stage: Stage { own_secrets, schema }, migration: Some(migration), timeout }
}

/// What the schema shall be, and what is known of how it is.
struct Plan {
    /// The release whose schema it shall be.
    target: String,
    /// What stands in the name of the Job that makes it so.
    version: String,
    /// A hash of where the database is and of the login that the Job makes; `None` while its Secret is not there.
    logins: Option<String>,
    /// Whether it is so already.
    is_current: bool,
    /// Why the Job may not run.
    hold: Option<Hold>,
}

impl Plan {
    fn new(pass: &Pass<'_>, recorded: Option<&DatabaseStatus>, database: &Database) -> Self {
        let target = target(pass);
        let base = base(&target, recorded);
        let logins = logins(pass, database);
        let done = recorded.and_then(|recorded| recorded.schema_version.as_deref());
        let known = recorded.and_then(|recorded| recorded.logins_hash.as_deref());
        let has_schema = done.is_some_and(|done| slug(done) == slug(&target));
        // One that has taken over was made and tried before.
        let login = pass.fetched.rotations.login.as_ref();
        let took_over = has_schema && login.is_some_and(|login| login.record.old.is_some());
        let version = match &logins {
            Some(logins)
                if has_schema && !took_over && known.is_some_and(|known| known != logins) =>
            {
                relogin(&base, logins)
            }
            _ => base,
        };
        let newer = !has_schema && done.is_some_and(|done| is_newer(done, &target));
        let recorded = has_schema && logins.is_some() && (took_over || known == logins.as_deref());
        let is_current = !newer && logins.is_some() && (recorded || is_complete(pass, &version));
        let hold = match () {
            () if is_current => None,
            () if newer => Some(Hold::SchemaNewer),
            // Telling the database the logins again changes no schema.
            () if has_schema || is_approved(pass, &target) => None,
            () => Some(Hold::ApprovalNeeded),
        };
        Self { target, version, logins, is_current, hold }
    }

    fn schema(&self) -> Schema {
        match self.hold {
            _ if self.is_current => Schema::Current,
            Some(_) => Schema::Held,
            None => Schema::Behind,
        }
    }
}

/// What stands in the Job's name. A database that was restored is another one, and migrated by a Job of its own.
fn base(target: &str, recorded: Option<&DatabaseStatus>) -> String {
    match recorded.and_then(|recorded| recorded.restored.as_deref()) {
        Some(restored) => relogin(&slug(target), restored),
        None => slug(target),
    }
}

/// The release, or what an image of one's own says about itself.
fn target(pass: &Pass<'_>) -> String {
    let image = pass.spec.chat.image.as_ref();
    image.map_or(pass.settings.release.as_str(), images::version).to_owned()
}

fn is_approved(pass: &Pass<'_>, target: &str) -> bool {
    let migrations = &pass.spec.database.migrations;
    let approved = migrations.approved_version.as_deref();
    migrations.policy != MigrationPolicy::Manual
        || approved.is_some_and(|approved| slug(approved) == slug(target))
}

/// The database moves, or a login is lost and made anew: either way the one that is there does not know the login.
fn logins(pass: &Pass<'_>, database: &Database) -> Option<String> {
    let (name, has_own) = match &database.runs {
        DatabaseRuns::Embedded(_) => ("todochat", true),
        DatabaseRuns::Cnpg { .. } => ("app", false),
        DatabaseRuns::External(external) => (external.database.as_str(), external.is_admin),
    };
    let place = format!("{}:{}/{name}", database.host, database.port);
    if !has_own {
        return Some(digest([place.as_str(), ""]));
    }
    let object = &pass.owner.name;
    let [login, migrator] = [login_secret(object), migrator_secret(object)]
        .map(|secret| pass.fetched.own_secrets.get(&secret));
    Some(digest([place.as_str(), login?, migrator?]))
}

/// Whether the database takes connections.
pub(super) fn is_ready(pass: &Pass<'_>, database: &Database) -> bool {
    let own = Part::Database.name(&pass.owner.name);
    match &database.runs {
        DatabaseRuns::Embedded(_) => match own_child(pass, Kind::StatefulSet, &own) {
            Some(State::Workload(workload)) => workload.ready > 0,
            _ => false,
        },
        DatabaseRuns::Cnpg { create: None, .. } => {
            pass.fetched.cnpg_cluster.as_ref().is_some_and(|cluster| cluster.ready)
        }
        DatabaseRuns::Cnpg { cluster, create: Some(_) } => {
            let state = own_child(pass, Kind::CnpgCluster, cluster);
            matches!(state, Some(State::Dependency { ready: true, .. }))
        }
        DatabaseRuns::External(_) => true,
    }
}

fn is_complete(pass: &Pass<'_>, version: &str) -> bool {
    job(pass, version) == Some(&State::Job(JobState::Complete))
}

pub(super) fn job<'a>(pass: &Pass<'a>, version: &str) -> Option<&'a State> {
    let name = Part::Migration(version.to_owned()).name(&pass.owner.name);
    own_child(pass, Kind::Job, &name)
}

/// What is known of an object of ours. One of an earlier object of the same name says nothing about this one.
pub(super) fn own_child<'a>(pass: &Pass<'a>, kind: Kind, name: &str) -> Option<&'a State> {
    let seen = pass.fetched.world.children.get(&ChildId::new(kind, name))?;
    seen.is_controlled_by(&pass.owner.uid).then_some(&seen.state)
}
