//! What the kinds tell about themselves.

use serde_json::Value;

use super::{condition, count, holds, items, text, why};
use crate::{
    kinds::Kind,
    names::MADE_OF_ANNOTATION,
    world::{JobState, State, Workload},
};

/// What a live object of `kind` tells.
pub(super) fn state(kind: Kind, live: &Value) -> State {
    match kind {
        Kind::Deployment | Kind::StatefulSet => State::Workload(Box::new(workload(live))),
        Kind::Job => State::Job(job(live)),
        Kind::Ingress => ingress(live),
        Kind::HttpRoute => route(live),
        Kind::Certificate | Kind::CnpgCluster => dependency(live),
        Kind::PersistentVolumeClaim => claim(live),
        _ => State::Plain,
    }
}

fn workload(live: &Value) -> Workload {
    let (spec, status) = (&live["spec"], &live["status"]);
    let conditions = &status["conditions"];
    Workload {
        generation: live["metadata"]["generation"].as_i64().unwrap_or_default(),
        observed_generation: status["observedGeneration"].as_i64().unwrap_or_default(),
        wanted: if spec["replicas"].is_null() { 1 } else { count(&spec["replicas"]) },
        replicas: count(&status["replicas"]),
        updated: count(&status["updatedReplicas"]),
        ready: count(&status["readyReplicas"]),
        available: count(&status["availableReplicas"]),
        complete: condition(conditions, "Progressing")
            .is_some_and(|progress| progress["reason"] == "NewReplicaSetAvailable"),
        failure: holds(conditions, "ReplicaFailure").map(why),
        stuck: condition(conditions, "Progressing")
            .is_some_and(|progress| progress["reason"] == "ProgressDeadlineExceeded"),
        made_of: live["metadata"]["annotations"][MADE_OF_ANNOTATION]
            .as_str()
            .and_then(|text| text.parse().ok()),
    }
}

fn job(live: &Value) -> JobState {
    let conditions = &live["status"]["conditions"];
    match holds(conditions, "Failed") {
        Some(failed) => JobState::Failed(why(failed)),
        None if holds(conditions, "Complete").is_some() => JobState::Complete,
        None => JobState::Running,
    }
}

fn ingress(live: &Value) -> State {
    let accepted = !items(&live["status"]["loadBalancer"]["ingress"]).is_empty();
    State::Route { accepted, why: if accepted { "" } else { "it has no address yet" }.into() }
}

/// A route is in use when every gateway that it names has accepted it, and found all that it points at.
fn route(live: &Value) -> State {
    let generation = live["metadata"]["generation"].as_i64().unwrap_or_default();
    let (asked, answers) = (&live["spec"]["parentRefs"], items(&live["status"]["parents"]));
    let refused = answers.iter().find_map(|parent| refusal(&parent["conditions"], generation));
    let why = match refused {
        Some(why) => why,
        None if answers.is_empty() || answers.len() < items(asked).len() => {
            "no gateway has answered for it yet".into()
        }
        None => return State::Route { accepted: true, why: "".into() },
    };
    State::Route { accepted: false, why }
}

fn refusal(conditions: &Value, generation: i64) -> Option<Box<str>> {
    let Some(accepted) = condition(conditions, "Accepted") else {
        return Some("a gateway has not judged it yet".into());
    };
    if accepted["observedGeneration"].as_i64().is_some_and(|judged| judged < generation) {
        return Some("a gateway has not judged its last change yet".into());
    }
    let resolved = condition(conditions, "ResolvedRefs");
    let bad = [Some(accepted), resolved].into_iter().flatten().find(|one| one["status"] != "True");
    bad.map(why)
}

fn dependency(live: &Value) -> State {
    let status = &live["status"];
    let generation = live["metadata"]["generation"].as_i64().unwrap_or_default();
    let ready = condition(&status["conditions"], "Ready");
    let current = |ready: &&Value| {
        ready["observedGeneration"].as_i64().is_none_or(|judged| judged >= generation)
    };
    let why = match ready.filter(current) {
        Some(ready) if ready["status"] == "True" => {
            return State::Dependency { ready: true, why: "".into() };
        }
        Some(ready) => why(ready),
        None => "its controller has not judged it yet".into(),
    };
    // CloudNativePG says more in its phase than in its condition.
    let phase = text(&status["phase"]);
    State::Dependency { ready: false, why: if phase.is_empty() { why } else { phase } }
}

fn claim(live: &Value) -> State {
    let status = &live["status"];
    State::Claim {
        capacity: text(&status["capacity"]["storage"]),
        bound: status["phase"] == "Bound",
    }
}
