//! Each condition, with each of its reasons: what the world is like, and what is said about it.

mod chat;
mod course;
mod data;
mod outside;
mod overdue;
mod shared_database;
mod spec;
mod tool_servers;

use serde_json::json;

use super::scene::{Scene, Visit, refusal, running};
use crate::{
    conditions::ConditionType::{self, *},
    crd::ConditionStatus::{self, False, True, Unknown},
    fetched::Readiness,
    kinds::{ChildId, Kind},
    probing::ProbeError,
    status::{Failure, Fight},
    validated::{Hold, Runs, Schema},
    world::{JobState, PodSeen, State, Trouble},
};

/// What the world is like, what was done to it, and what is said.
type Row = (&'static str, fn(&mut Scene), ConditionStatus, &'static str);

/// Looks at every row before it complains, with the statement of each that is not so.
fn check(kind: ConditionType, rows: &[Row]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(statement, given, status, reason)| {
            let mut scene = Scene::serving().said();
            given(&mut scene);
            let condition = scene.condition(kind);
            let right = (condition.status, condition.reason.as_str()) == (*status, *reason);
            (!right).then(|| format!("{statement}: {condition:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}:\n{}", kind.as_str(), wrong.join("\n"));
}

fn image_pull() -> Trouble {
    Trouble::ImagePull { container: "main".into(), image: "no.such/image:1".into() }
}

fn crash(exit_code: i32) -> Trouble {
    Trouble::CrashLoop { container: "main".into(), exit_code }
}

fn out_of_memory() -> Trouble {
    Trouble::OutOfMemory { container: "main".into() }
}

fn unschedulable() -> Trouble {
    Trouble::Unschedulable { message: "0/3 nodes are available: 3 Insufficient cpu.".into() }
}

fn refused(condition: ConditionType, reason: &'static str) -> Visit {
    Visit::Refused(vec![refusal(condition, reason)])
}

fn backs_up(scene: &mut Scene) {
    scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
}

fn backup(scene: &mut Scene, minute: &str, state: JobState) {
    scene.have(Kind::Job, &format!("team-a-backup-{minute}"), State::Job(state));
}
