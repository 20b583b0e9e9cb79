//! Generations: what is said first, what stays, and when it was said.

use chrono::TimeDelta;

use super::scene::{Scene, Visit, find, object, said};
use crate::{
    conditions::ConditionType::{self, Accepted, ChatAvailable, Progressing, Ready},
    crd::{
        Condition,
        ConditionStatus::{False, True, Unknown},
        TodoChatStatus,
    },
    probing::ProbeError,
    status::{Urgency, announce, malformed, needs_announcing, transitions, urgency},
    world::World,
};
use serde_json::json;

#[test]
fn a_new_object_is_told_of_in_all_its_conditions() {
    let object = object(&json!({}));
    assert!(needs_announcing(&object));
    let status = announce(&object, Scene::serving().now);
    let kinds: Vec<&str> = status.conditions.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ConditionType::ALL.map(ConditionType::as_str));
    assert_eq!(status.observed_generation, Some(3));
    for condition in &status.conditions {
        let expected = if condition.kind == "Progressing" { True } else { Unknown };
        assert_eq!(said(condition), (expected, "Reconciling".to_owned()), "{condition:?}");
        assert_eq!(condition.observed_generation, Some(3));
        assert_eq!(condition.last_transition_time, "1970-01-01T00:00:00Z");
    }
}

#[test]
fn a_new_generation_is_not_ready_before_it_was_judged() {
    let mut scene = Scene::serving().said();
    assert!(!needs_announcing(&scene.object));
    scene.object.metadata.generation = Some(4);
    assert!(needs_announcing(&scene.object));

    let status = announce(&scene.object, scene.now);
    assert_eq!(status.observed_generation, Some(4));
    let ready = find(&status, Ready);
    assert_eq!(said(&ready), (Unknown, "Reconciling".to_owned()));
    assert_eq!(ready.observed_generation, Some(4));
    assert_eq!(ready.last_transition_time, "1970-01-01T00:01:00Z");
    assert_eq!(said(&find(&status, Progressing)), (True, "Reconciling".to_owned()));
    // What was not judged anew is still said, of the generation that it is about.
    assert_eq!(find(&status, ChatAvailable).observed_generation, Some(3));
    assert_eq!(status.tool_servers, scene.object.status.unwrap().tool_servers);
}

#[test]
fn an_object_that_was_not_ready_stays_so() {
    let mut scene = Scene::serving();
    scene.probe_fails("todo", ProbeError::TimedOut);
    let mut scene = scene.said();
    scene.object.metadata.generation = Some(4);
    let ready = find(&announce(&scene.object, scene.now), Ready);
    assert_eq!(said(&ready), (False, "Reconciling".to_owned()));
    assert_eq!(ready.last_transition_time, "1970-01-01T00:00:00Z");
}

#[test]
fn every_condition_is_of_the_generation_that_was_judged() {
    let mut scene = Scene::serving().said();
    scene.object.metadata.generation = Some(4);
    scene.object.status = Some(announce(&scene.object, scene.now));
    let status = scene.status();
    assert_eq!(status.observed_generation, Some(4));
    assert!(status.conditions.iter().all(|it| it.observed_generation == Some(4)), "{status:?}");
    assert_eq!(said(&find(&status, Ready)), (True, "Serving".to_owned()));
}

#[test]
fn the_time_of_a_condition_moves_only_with_its_status() {
    let mut scene = Scene::serving().said();
    assert_eq!(scene.condition(Ready).last_transition_time, "1970-01-01T00:00:00Z");
    scene.probe_fails("todo", ProbeError::TimedOut);
    assert_eq!(scene.condition(Ready).last_transition_time, "1970-01-01T00:01:00Z");
    let mut scene = scene.said();
    scene.probe_fails("todo", ProbeError::Unauthorized);
    let ready = scene.condition(Ready);
    assert_eq!(ready.last_transition_time, "1970-01-01T00:01:00Z");
    assert_eq!(ready.reason, "AuthFailed");
}

#[test]
fn the_same_world_gives_the_same_bytes_at_any_time() {
    let mut scene = Scene::serving().said();
    let first = serde_json::to_vec(scene.object.status.as_ref().unwrap()).unwrap();
    for _ in 0..3 {
        scene.now += TimeDelta::days(1);
        let again = scene.status();
        assert_eq!(serde_json::to_vec(&again).unwrap(), first);
        scene.object.status = Some(again);
    }
}

#[test]
fn pods_in_another_order_give_the_same_bytes() {
    let mut scene = Scene::serving();
    scene.chat().available = 0;
    for code in [1, 2] {
        let crash = crate::world::Trouble::CrashLoop { container: "chat".into(), exit_code: code };
        scene.pod("chat", None, crash);
    }
    let first = scene.status();
    scene.world.pods.reverse();
    assert_eq!(scene.status(), first);
}

#[test]
fn an_object_that_goes_says_so_and_nothing_that_goes_with_it_is_told() {
    let mut scene = Scene::serving().said();
    let before = scene.object.status.clone().unwrap();
    scene.object.metadata.generation = Some(4);
    scene.visit = Visit::Deleting;
    scene.probes.clear();
    let status = scene.status();
    assert_eq!(status.observed_generation, Some(4));
    for (kind, expected) in [(Progressing, True), (Ready, False)] {
        let condition = find(&status, kind);
        assert_eq!(said(&condition), (expected, "Deleting".to_owned()));
        assert_eq!(condition.observed_generation, Some(4));
    }
    assert_eq!(find(&status, ChatAvailable), find(&before, ChatAvailable));
    assert_eq!(status.tool_servers, before.tool_servers);

    scene.object.status = Some(status.clone());
    scene.world = World::default();
    assert_eq!(scene.status(), status, "there is nothing more to write");
    assert!(transitions(&scene.object, Some(&before), &status).is_empty());
}

#[test]
fn an_object_that_cannot_be_read_says_so_and_keeps_the_rest() {
    let scene = Scene::serving().said();
    let status = malformed(
        scene.object.status.as_ref(),
        Some(9),
        "missing field `name` at toolServers[0]\n",
        scene.now,
    );
    assert_eq!(status.observed_generation, Some(9));
    let accepted = find(&status, Accepted);
    assert_eq!(said(&accepted), (False, "Malformed".to_owned()));
    assert_eq!(
        accepted.message,
        "The object cannot be read: missing field `name` at toolServers[0]"
    );
    assert_eq!(said(&find(&status, Ready)), (False, "Malformed".to_owned()));
    assert_eq!(said(&find(&status, ChatAvailable)), (True, "MinimumAvailable".to_owned()));
    assert_eq!(malformed(None, Some(1), "x", scene.now).conditions.len(), 14);
}

/// A condition of another controller.
fn theirs() -> Condition {
    Condition {
        kind: "audit.test/Reviewed".to_owned(),
        status: True,
        observed_generation: None,
        last_transition_time: "2026-01-01T00:00:00Z".to_owned(),
        reason: "Seen".to_owned(),
        message: "It was looked at.".to_owned(),
    }
}

#[test]
fn a_condition_of_somebody_else_stays_as_and_where_it_is() {
    for place in [0, 5, 14] {
        let mut scene = Scene::serving().said();
        scene.object.status.as_mut().unwrap().conditions.insert(place, theirs());
        let before = scene.object.status.clone().unwrap();
        assert_eq!(scene.status(), before, "there is nothing to write");
        assert_eq!(urgency(&before, &scene.status()), Urgency::Later);

        scene.object.metadata.generation = Some(4);
        let announced = announce(&scene.object, scene.now);
        let unread = malformed(Some(&before), Some(4), "x", scene.now);
        for status in [announced, unread, scene.status()] {
            assert_eq!(status.conditions[place], theirs());
            assert_eq!(status.conditions.len(), 15);
        }
    }
}

#[test]
fn where_nothing_else_was_said_the_conditions_of_others_stay() {
    let mut scene = Scene::serving();
    let only_theirs = TodoChatStatus { conditions: vec![theirs()], ..TodoChatStatus::default() };
    scene.object.status = Some(only_theirs);
    assert_eq!(announce(&scene.object, scene.now).conditions[0], theirs());
    assert_eq!(scene.status().conditions.len(), 15);
}

#[test]
fn counts_and_steps_can_wait_but_no_news_that_somebody_waits_for() {
    let scene = Scene::serving();
    let before = scene.status();
    let changed = |change: fn(&mut Scene)| {
        let mut scene = Scene::serving();
        change(&mut scene);
        urgency(&before, &scene.status())
    };
    assert_eq!(changed(|scene| scene.chat().ready = 0), Urgency::Later, "a pod was counted anew");
    assert_eq!(changed(|scene| scene.chat().available = 0), Urgency::Now, "it is no longer ready");
    assert_eq!(
        changed(|scene| scene.object.metadata.generation = Some(4)),
        Urgency::Now,
        "a new generation"
    );
    assert_eq!(
        changed(|scene| scene.probe_fails("search", ProbeError::TimedOut)),
        Urgency::Now,
        "something failed, if only something optional"
    );
    assert_eq!(changed(|scene| scene.visit = Visit::Deleting), Urgency::Now, "it goes");

    let starting = |change: fn(&mut Scene)| {
        let mut scene = Scene::serving();
        scene.chat().available = 0;
        let before = scene.status();
        change(&mut scene);
        urgency(&before, &scene.status())
    };
    assert_eq!(
        starting(|scene| scene.probes.clear()),
        Urgency::Soon,
        "one more thing is under way"
    );
    assert_eq!(starting(|scene| scene.chat().available = 1), Urgency::Now, "it is ready");
}
