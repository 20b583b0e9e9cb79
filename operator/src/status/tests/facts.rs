//! What stands beside the conditions.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use serde_json::json;

use super::scene::{Scene, Visit, offers, refusal, running};
use crate::{
    conditions::ConditionType::Accepted,
    crd::{DatabaseStatus, InventoryItem, TodoChatStatus},
    kinds::{ChildId, Kind},
    probing::ProbeError,
    rotating::{Login, Record},
    status::Failure,
    validated::Schema,
    world::{JobState, State},
};

fn inventory(status: &TodoChatStatus) -> Vec<&str> {
    status.inventory.iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn a_serving_object_tells_all_about_itself() {
    let mut scene = Scene::serving();
    *scene.chat() = running(2);
    scene.probes.insert("todo".to_owned(), offers(&["add_task", "list_tasks"]));
    let status = scene.status();
    assert_eq!((status.replicas, status.ready_replicas), (2, 2));
    assert_eq!(
        status.selector.as_deref(),
        Some(
            "app.kubernetes.io/component=chat,app.kubernetes.io/instance=team-a,todochat.dev/object=team-a"
        )
    );
    let endpoints = status.endpoints.unwrap();
    assert_eq!(endpoints.chat, "http://team-a-chat.people.svc:8080");
    assert_eq!(endpoints.metrics, "http://team-a-chat.people.svc:9090/metrics");
    assert_eq!(status.tools_ready.as_deref(), Some("2/2"));
    assert_eq!(status.config_hash.as_deref(), Some("1a2b"));
    assert_eq!(status.operator_version.as_deref(), Some("2.0.0"));
    let todo = &status.tool_servers[0];
    assert_eq!(todo.name, "todo");
    assert!(todo.ready);
    assert_eq!(todo.url, "http://team-a-tool-todo.people.svc:8081/mcp");
    assert_eq!(todo.protocol_version.as_deref(), Some("2026-07-28"));
    assert_eq!(todo.server_version.as_deref(), Some("2.0.0"));
    assert_eq!((todo.tool_count, todo.tools.len()), (Some(2), 2));
    assert_eq!(todo.tools_hash.as_deref(), Some("add_task+list_tasks"));
}

#[test]
fn a_tool_server_that_never_spoke_offers_nothing() {
    let mut scene = Scene::serving();
    scene.probe_fails("search", ProbeError::Unreachable);
    let status = scene.status();
    assert_eq!(status.tools_ready.as_deref(), Some("1/2"));
    let search = &status.tool_servers[1];
    assert!(!search.ready && search.tools.is_empty() && search.tool_count.is_none());
}

#[test]
fn of_a_tool_server_that_is_away_it_is_kept_what_it_offered() {
    let mut scene = Scene::serving().said();
    scene.probe_fails("search", ProbeError::Unreachable);
    let search = scene.status().tool_servers.remove(1);
    assert!(!search.ready);
    assert_eq!((search.tool_count, search.tools.len()), (Some(1), 1));
    scene.validated.tool_servers[1].url = "https://elsewhere.example.org/mcp".to_owned();
    let moved = scene.status().tool_servers.remove(1);
    assert!(moved.tools.is_empty() && moved.tools_hash.is_none());
}

#[test]
fn a_new_process_takes_over_what_was_verified_for_the_same_spec() {
    let mut scene = Scene::serving().said();
    scene.probes.clear();
    let before = scene.object.status.clone().unwrap();
    assert_eq!(scene.status(), before);
    scene.object.metadata.generation = Some(4);
    assert!(scene.status().tool_servers.iter().all(|server| !server.ready));
}

#[test]
fn the_address_stands_there_only_while_it_leads_to_the_chat() {
    let mut scene = Scene::serving();
    assert_eq!(scene.status().url, None);
    scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org"}}));
    assert_eq!(scene.status().url, None);
    scene.have(Kind::Ingress, "team-a-chat", State::Route { accepted: true, why: "".into() });
    assert_eq!(scene.status().url.as_deref(), Some("https://chat.example.org"));

    let mut scene = scene.said();
    scene.visit = Visit::Refused(vec![refusal(Accepted, "PolicyDenied")]);
    assert_eq!(scene.status().url.as_deref(), Some("https://chat.example.org"));
    scene.lose(Kind::Ingress, "team-a-chat");
    assert_eq!(scene.status().url, None);
}

#[test]
fn the_schema_is_recorded_when_its_migration_is_done_and_stays_so() {
    let mut scene = Scene::serving();
    scene.behind(Some(JobState::Running));
    let running = DatabaseStatus {
        host: Some("team-a-db.people.svc".to_owned()),
        version: Some("18".to_owned()),
        target_schema_version: Some("2.0.0".to_owned()),
        ..DatabaseStatus::default()
    };
    assert_eq!(scene.status().database, Some(running.clone()));

    scene.behind(Some(JobState::Complete));
    let done = DatabaseStatus {
        schema_version: Some("2.0.0".to_owned()),
        logins_hash: Some("cafe".to_owned()),
        ..running
    };
    assert_eq!(scene.status().database, Some(done.clone()));

    // The Job may go; a later release does not undo what is recorded before its own migration is done.
    let mut scene = scene.said();
    scene.lose(Kind::Job, "team-a-migrate-2-0-0");
    scene.validated.migration.as_mut().unwrap().schema = "3.0.0".to_owned();
    let target = Some("3.0.0".to_owned());
    let behind = DatabaseStatus { target_schema_version: target, ..done.clone() };
    assert_eq!(scene.status().database, Some(behind));
    scene.visit = Visit::Refused(vec![refusal(Accepted, "PolicyDenied")]);
    assert_eq!(scene.status().database, Some(done));
}

#[test]
fn the_version_of_the_files_is_recorded_once_a_database_of_it_runs() {
    let version = |scene: &Scene| scene.status().database.and_then(|database| database.version);
    let mut scene = Scene::serving();
    scene.workload(Kind::StatefulSet, "team-a-db").updated = 0;
    assert_eq!(version(&scene), None);
    let mut scene = Scene::serving().said();
    scene.lose(Kind::StatefulSet, "team-a-db");
    assert_eq!(version(&scene).as_deref(), Some("18"), "it is known from before");
}

#[test]
fn logins_that_nobody_knows_yet_are_not_recorded() {
    let mut scene = Scene::serving();
    scene.validated.stage.schema = Schema::Current;
    scene.validated.migration.as_mut().unwrap().logins.clear();
    assert_eq!(scene.status().database.unwrap().logins_hash, None);
}

/// The database as the status tells of it.
fn database(scene: &Scene) -> DatabaseStatus {
    scene.status().database.unwrap()
}

/// The login of this name came into use after so many hours.
fn login(username: &str, hours: i64) -> Login {
    let since = Some(DateTime::UNIX_EPOCH + TimeDelta::hours(hours));
    let record = Record { since, ..Record::default() };
    Login { username: username.to_owned(), record, ..Login::default() }
}

#[test]
fn a_login_that_takes_over_is_recorded_once_its_secret_is_written() {
    let mut scene = Scene::serving();
    scene.validated.rotation.login = Some(login("app", 1));
    let mut scene = scene.said();
    let before = database(&scene);
    assert_eq!(before.active_role.as_deref(), Some("app"));
    assert_eq!(before.last_rotation.as_deref(), Some("1970-01-01T01:00:00Z"));

    scene.validated.rotation.login = Some(Login { takes_over: true, ..login("app_b", 25) });
    scene.visit = Visit::Paused;
    assert_eq!(database(&scene), before);
    scene.visit = Visit::Failed(Failure::Transient("a write".to_owned()));
    assert_eq!(database(&scene), before);
    scene.visit = Visit::Applied;
    let after = database(&scene);
    assert_eq!(after.active_role.as_deref(), Some("app_b"));
    assert_eq!(after.last_rotation.as_deref(), Some("1970-01-02T01:00:00Z"));
}

#[test]
fn the_next_rotation_moves_with_a_rotation_or_an_edit_alone() {
    let next = |scene: &Scene| database(scene).next_rotation;
    let mut scene = Scene::serving();
    scene.validated.rotation.login = Some(login("app", 1));
    assert_eq!(next(&scene), None, "the spec does not say how often");
    scene.fetched.wishes.login.interval = Some(Duration::from_hours(24));
    let mut scene = scene.said();
    for _ in 0..3 {
        scene.now += TimeDelta::days(1);
        assert_eq!(next(&scene).as_deref(), Some("1970-01-02T01:00:00Z"), "due or overdue");
    }
    scene.validated.rotation.login = Some(Login { takes_over: true, ..login("app_b", 75) });
    assert_eq!(next(&scene).as_deref(), Some("1970-01-05T03:00:00Z"));
    scene.visit = Visit::Paused;
    assert_eq!(next(&scene).as_deref(), Some("1970-01-02T01:00:00Z"), "it is not written yet");
    scene.visit = Visit::Applied;
    scene.fetched.wishes.login.interval = Some(Duration::from_hours(1));
    assert_eq!(next(&scene).as_deref(), Some("1970-01-04T04:00:00Z"));
    scene.validated.rotation.login = None;
    assert_eq!(next(&scene), None, "the login is somebody else's");
}

#[test]
fn a_login_that_was_never_replaced_is_as_old_as_its_object() {
    let mut scene = Scene::serving();
    scene.validated.rotation.login = Some(Login::default());
    let wish = &mut scene.fetched.wishes.login;
    wish.born = DateTime::UNIX_EPOCH + TimeDelta::hours(2);
    wish.interval = Some(Duration::from_hours(1));
    let told = database(&scene);
    assert_eq!(
        (told.last_rotation, told.next_rotation.as_deref()),
        (None, Some("1970-01-01T03:00:00Z"))
    );
}

#[test]
fn the_last_good_backup_is_recorded_and_stays_so_when_its_job_goes() {
    let last = |scene: &Scene| database(scene).last_backup;
    let run = |scene: &mut Scene, minute: &str, state| {
        scene.have(Kind::Job, &format!("team-a-backup-{minute}"), State::Job(state));
    };
    let mut scene = Scene::serving();
    run(&mut scene, "29000000", JobState::Complete);
    assert_eq!(last(&scene), None, "there shall be none");
    scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
    assert_eq!(last(&scene).as_deref(), Some("2025-02-19T21:20:00Z"));

    let mut scene = scene.said();
    scene.lose(Kind::Job, "team-a-backup-29000000");
    run(&mut scene, "29001440", JobState::Failed("x".into()));
    assert_eq!(last(&scene).as_deref(), Some("2025-02-19T21:20:00Z"));
    // By hand, later on the same day, and whatever becomes of this look.
    run(&mut scene, "29001500-07", JobState::Complete);
    scene.visit = Visit::Refused(vec![refusal(Accepted, "PolicyDenied")]);
    assert_eq!(last(&scene).as_deref(), Some("2025-02-20T22:20:00Z"));
}

#[test]
fn the_inventory_lists_what_is_there_and_its_own() {
    let mut scene = Scene::serving();
    scene.lose(Kind::Service, "team-a-chat");
    scene.have(Kind::PersistentVolumeClaim, "team-a-backup", State::Plain);
    let chat = ChildId::new(Kind::Deployment, "team-a-chat");
    scene.done.verified.insert(chat, "f00d".to_owned());
    scene.hold(Kind::Deployment, "team-a-tool-todo");
    scene.hold(Kind::Job, "team-a-migrate-2-0-0");
    let status = scene.status();
    assert_eq!(
        inventory(&status),
        [
            "Secret/team-a-db",
            "Secret/team-a-db-login",
            "Secret/team-a-signing-keys",
            "PersistentVolumeClaim/team-a-backup",
            "networking.k8s.io/NetworkPolicy/team-a-chat",
            "apps/Deployment/team-a-chat",
            "apps/Deployment/team-a-tool-search",
            "apps/Deployment/team-a-tool-todo",
            "apps/StatefulSet/team-a-db",
        ]
    );
    let chat = InventoryItem {
        id: "apps/Deployment/team-a-chat".to_owned(),
        hash: Some("f00d".to_owned()),
    };
    assert!(status.inventory.contains(&chat));
}

#[test]
fn a_visit_that_was_cut_short_forgets_nothing_and_adds_what_has_come() {
    let mut scene = Scene::serving().said();
    let known = scene.status().inventory;
    scene.have(Kind::ConfigMap, "team-a-chat", State::Plain);
    scene.lose(Kind::Secret, "team-a-db");
    scene.visit = Visit::Failed(Failure::Transient("a write".to_owned()));
    let status = scene.status();
    assert_eq!(status.inventory.len(), known.len() + 1);
    assert!(known.iter().all(|item| status.inventory.contains(item)));
    assert!(inventory(&status).contains(&"ConfigMap/team-a-chat"));
}

#[test]
fn while_the_chat_is_held_its_hash_is_that_of_the_pods_that_run() {
    let mut scene = Scene::serving().said();
    scene.behind(None);
    scene.hold(Kind::Deployment, "team-a-chat");
    assert_eq!(scene.status().config_hash.as_deref(), Some("1a2b"));
}

#[test]
fn what_lost_its_owner_since_the_visit_is_listed_still() {
    let mut scene = Scene::serving();
    let login = ChildId::new(Kind::Secret, "team-a-db-login");
    scene.done.verified.insert(login.clone(), "f00d".to_owned());
    scene.world.children.get_mut(&login).unwrap().controller = None;
    let listed = scene.status().inventory;
    let item = listed.iter().find(|item| item.id == login.to_inventory()).unwrap();
    assert_eq!(item.hash.as_deref(), Some("f00d"));
}
