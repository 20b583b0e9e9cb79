//! `SchemaReady`: whether the database has the schema of the release.

use super::{Verdict, View, backup, credentials, migration_exit::MigrationExit, pods, restoring};
use crate::{
    crd::{DatabaseStatus, MigrationPolicy},
    kinds::{ChildId, Kind},
    names::Part,
    validated::{DatabaseRuns, Hold, Migration, Schema, Validated},
    world::{JobState, State},
};

/// How far the schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Another database is brought back first.
    Restoring,
    /// It is that of the release.
    UpToDate,
    /// Others see to it.
    Skipped,
    /// Somebody must agree to this version.
    ApprovalNeeded(String),
    /// The migration waits for something.
    Pending,
    /// It runs.
    Running,
    /// It has given up.
    Failed {
        /// The Job.
        job: String,
        /// Why, in the words of the Job's controller.
        why: String,
    },
    /// The database is ahead of the release.
    Newer,
}

impl Progress {
    /// Whether pods of this release may run on it.
    pub(super) fn is_current(&self) -> bool {
        matches!(self, Self::UpToDate | Self::Skipped)
    }
}

pub(super) fn progress(view: &View<'_>) -> Progress {
    if restoring::restore(view).is_some() {
        return Progress::Restoring;
    }
    if view.spec().database.migrations.policy == MigrationPolicy::Skip {
        return Progress::Skipped;
    }
    let Some(validated) = view.validated() else {
        return without_a_plan(view);
    };
    match (&validated.stage.schema, &validated.migration) {
        (Schema::Current, _) | (_, None) => Progress::UpToDate,
        (Schema::Held, Some(migration)) => match migration.hold {
            Some(Hold::SchemaNewer) => Progress::Newer,
            Some(Hold::ApprovalNeeded) | None => Progress::ApprovalNeeded(migration.schema.clone()),
        },
        (Schema::Behind, Some(migration)) => {
            let job = Part::Migration(migration.version.clone()).name(&view.name);
            by_job(view, &ChildId::new(Kind::Job, &job))
        }
    }
}

/// Where the spec cannot be built, nobody knows what it asks for: what was said before, and the Jobs there are.
fn without_a_plan(view: &View<'_>) -> Progress {
    let known = view.previous().and_then(|status| status.database.as_ref());
    let current = known.is_some_and(|known| {
        known.schema_version.is_some() && known.schema_version == known.target_schema_version
    });
    if current {
        return Progress::UpToDate;
    }
    let prefix = Part::Migration(String::new()).name(&view.name);
    let mut jobs = view.world().children.keys();
    let newest = jobs.rfind(|id| id.kind == Kind::Job && id.name.starts_with(&prefix));
    newest.map_or(Progress::Pending, |id| by_job(view, id))
}

fn by_job(view: &View<'_>, id: &ChildId) -> Progress {
    match view.world().children.get(id).map(|job| &job.state) {
        Some(State::Job(JobState::Complete)) => Progress::UpToDate,
        // Its status does not say so: another operator has been at the same database.
        Some(_) if MigrationExit::seen(view) == Some(MigrationExit::SchemaNewer) => Progress::Newer,
        Some(State::Job(JobState::Failed(why))) => {
            Progress::Failed { job: id.name.to_string(), why: pods::shortened(why) }
        }
        Some(_) => Progress::Running,
        None => Progress::Pending,
    }
}

pub(super) fn judge(view: &View<'_>) -> Verdict {
    let View { namespace, name, .. } = view;
    match progress(view) {
        Progress::Restoring => restoring::judge(view),
        Progress::UpToDate => {
            Verdict::holds("UpToDate", "The database has the schema of the release.")
        }
        Progress::Skipped => Verdict::holds(
            "UpToDate",
            "The schema is not looked after: spec.database.migrations.policy is Skip.",
        ),
        Progress::ApprovalNeeded(version) => Verdict::fails(
            "ApprovalNeeded",
            format!(
                "The migration to {version} waits for approval: `kubectl patch todochat -n {namespace} {name} --type=merge -p '{{\"spec\":{{\"database\":{{\"migrations\":{{\"approvedVersion\":\"{version}\"}}}}}}}}'`."
            ),
        ),
        Progress::Pending => {
            Verdict::fails("MigrationPending", "The migration waits for the database.")
        }
        Progress::Running => Verdict::fails("MigrationRunning", "The migration runs."),
        Progress::Failed { job, why } => Verdict::fails(
            "MigrationFailed",
            format!(
                "The migration failed ({why}); what ran before runs on. See `kubectl logs -n {namespace} job/{job}`; delete the Job to try again."
            ),
        ),
        Progress::Newer => Verdict::fails(
            "SchemaNewerThanOperator",
            "The database has the schema of a later release; run that release, or restore a backup from before it.",
        ),
    }
}

/// The version of the Embedded database's files, once a database of that version runs on them.
fn files_version(view: &View<'_>, validated: &Validated) -> Option<String> {
    let DatabaseRuns::Embedded(embedded) = &validated.database.runs else { return None };
    let runs = view.workload(Kind::StatefulSet, &Part::Database)?;
    embedded.version.clone().filter(|_| runs.wanted >= 1 && runs.settled())
}

/// What is recorded of the database. The schema and the logins are recorded once their migration is done, and stay so
/// whatever becomes of its Job.
pub(super) fn facts(view: &View<'_>) -> Option<DatabaseStatus> {
    let known = view.previous().and_then(|status| status.database.clone()).unwrap_or_default();
    let known = DatabaseStatus { last_backup: backup::recorded(view), ..known };
    let Some(validated) = view.validated() else {
        return Some(known).filter(|known| *known != DatabaseStatus::default());
    };
    if let Some(restored) = restoring::done(view) {
        // What is there now is another database: nothing of the one before is known of it.
        let restored = Some(restored.to_owned());
        return Some(DatabaseStatus { restored, schema_version: None, logins_hash: None, ..known });
    }
    let migration = validated.migration.as_ref();
    let done = migration.filter(|_| progress(view) == Progress::UpToDate);
    let recorded = |what: fn(&Migration) -> &String, known: Option<String>| {
        done.map(|done| what(done).clone()).filter(|what| !what.is_empty()).or(known)
    };
    let known = credentials::recorded(view, known);
    Some(DatabaseStatus {
        host: Some(validated.database.host.clone()),
        version: files_version(view, validated).or(known.version),
        schema_version: recorded(|done| &done.schema, known.schema_version),
        target_schema_version: migration
            .map(|migration| migration.schema.clone())
            .or(known.target_schema_version),
        logins_hash: recorded(|done| &done.logins, known.logins_hash),
        ..known
    })
}
