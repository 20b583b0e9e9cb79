//! Credentials are replaced: on request, with time, and by an operator that is ended in the middle of it. The pods go on.

use kube::{
    ResourceExt as _,
    api::{DynamicObject, Patch, PatchParams},
};
use serde_json::{Value, json};
use todochat_auth::KeyRing;
use todochat_operator::{conditions::ConditionType, crd::TodoChat, kinds::Kind};

use crate::{election::skewed, scene::Scene};

/// An object whose login and keys the operator makes.
fn spec() -> Value {
    json!({"toolServers": []})
}

async fn ask(scene: &Scene<'_>, what: &str) {
    let patch = Patch::Merge(json!({"metadata": {"annotations": {"todochat.dev/rotate": what}}}));
    scene.objects().patch("team", &PatchParams::default(), &patch).await.unwrap();
}

/// What an entry of one of the object's Secrets says.
fn entry(secret: &DynamicObject, key: &str) -> Option<String> {
    let data: k8s_openapi::ByteString =
        serde_json::from_value(secret.data["data"].get(key)?.clone()).unwrap();
    Some(String::from_utf8(data.0).unwrap())
}

async fn login(scene: &Scene<'_>) -> DynamicObject {
    scene.get(Kind::Secret, "team-db-login").await
}

async fn ring(scene: &Scene<'_>) -> KeyRing {
    let secret = scene.get(Kind::Secret, "team-signing-keys").await;
    KeyRing::from_json(&entry(&secret, "keys.json").unwrap()).unwrap()
}

async fn generation(scene: &Scene<'_>) -> Option<i64> {
    scene.get(Kind::Deployment, "team-chat").await.metadata.generation
}

/// Waits until this login is in use, and the one before is locked.
async fn turned(scene: &Scene<'_>, role: &str) -> DynamicObject {
    let done = |secret: Option<&DynamicObject>| {
        secret.is_some_and(|secret| {
            let record = entry(secret, "rotation").unwrap_or_default();
            entry(secret, "username").as_deref() == Some(role)
                && !record.contains("old")
                && entry(secret, "next-url").is_none()
        })
    };
    scene.see((Kind::Secret, "team-db-login"), "another login", done).await.unwrap()
}

fn is_consistent(secret: &DynamicObject) {
    let [user, password, url] =
        ["username", "password", "url"].map(|key| entry(secret, key).unwrap());
    assert!(url.starts_with(&format!("postgres://{user}:{password}@")), "the parts fit together");
}

fn active(object: &TodoChat) -> Option<&str> {
    object.status.as_ref()?.database.as_ref()?.active_role.as_deref()
}

#[tokio::test]
async fn a_login_is_replaced_when_somebody_asks_and_the_pods_stay() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &spec()).await;
    scene.ready("team").await;
    let (before, pods) = (login(&scene).await, generation(&scene).await);
    assert_eq!(entry(&before, "username").as_deref(), Some("todochat_app"));
    ask(&scene, "one").await;
    scene.tells("team", "RotationStarted").await;
    let after = turned(&scene, "todochat_app_b").await;
    is_consistent(&after);
    assert_ne!(entry(&before, "password"), entry(&after, "password"));
    let team = scene.until("team", "the request seen to", |team| {
        team.status.as_ref().is_some_and(|status| status.rotated.as_deref() == Some("one"))
            && active(team) == Some("todochat_app_b")
    });
    let team = team.await;
    assert!(team.status.unwrap().database.unwrap().last_rotation.is_some());
    // The Jobs are gone with the turn, and nobody was restarted.
    for job in scene.children(&scene.objects().get("team").await.unwrap()).await.keys() {
        assert!(!job.contains("migrate-login"), "{job}");
    }
    assert_eq!(generation(&scene).await, pods);
    // Again, and the first login comes back with another password.
    ask(&scene, "two").await;
    let again = turned(&scene, "todochat_app").await;
    is_consistent(&again);
    assert_ne!(entry(&before, "password"), entry(&again, "password"));
}

#[tokio::test]
async fn a_login_is_replaced_where_others_migrate() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    ask(&scene, "one").await;
    is_consistent(&turned(&scene, "todochat_app_b").await);
    let done = |team: &TodoChat| {
        team.status.as_ref().is_some_and(|status| status.rotated.as_deref() == Some("one"))
    };
    scene.until("team", "the request seen to", done).await;
}

#[tokio::test]
async fn the_chat_stays_ready_and_says_what_is_under_way() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &spec()).await;
    scene.ready("team").await;
    ask(&scene, "one").await;
    let said = scene.says("team", ConditionType::CredentialsReady, "Rotating").await;
    assert!(!said.message.is_empty());
    turned(&scene, "todochat_app_b").await;
    // The next key is published for some minutes before it signs.
    let published = scene.until("team", "a published key", |team| {
        let status = team.status.as_ref();
        let conditions = status.into_iter().flat_map(|status| &status.conditions);
        conditions.into_iter().any(|one| one.message.contains("signing key"))
    });
    let team = published.await;
    let conditions = &team.status.as_ref().unwrap().conditions;
    let ready = conditions.iter().find(|one| one.kind == "Ready").unwrap();
    assert_eq!(ready.reason, "Serving");
    let ring = ring(&scene).await;
    // It is under way for minutes yet: those who check what is at rest come to the end of it elsewhere.
    assert!(ring.has_next() && !ring.has_retired());
}

#[tokio::test]
async fn keys_sign_after_minutes_and_go_after_the_overlap() {
    let Some(mut scene) = Scene::set().await else { return };
    let mut spec = spec();
    spec["chat"] = json!({"auth": {"rotation": {"interval": "720h", "overlap": "24h"}}});
    scene.make("team", &spec).await;
    scene.ready("team").await;
    let pods = generation(&scene).await;
    ask(&scene, "one").await;
    let keys = (Kind::Secret, "team-signing-keys");
    let is = |test: fn(&KeyRing) -> bool| {
        move |secret: Option<&DynamicObject>| {
            let text = secret.and_then(|secret| entry(secret, "keys.json"));
            text.is_some_and(|text| test(&KeyRing::from_json(&text).unwrap()))
        }
    };
    scene.see(keys, "a next key", is(KeyRing::has_next)).await;
    for (later, what, test) in [
        (
            "+4m",
            "the next key signs",
            (|ring| ring.has_retired() && !ring.has_next()) as fn(&KeyRing) -> bool,
        ),
        ("+25h", "one key", |ring| !ring.has_retired() && !ring.has_next()),
    ] {
        scene.stop().await;
        scene.start_with(|launch| skewed(launch, later)).await;
        let secret = scene.see(keys, what, is(test)).await.unwrap();
        let ring = KeyRing::from_json(&entry(&secret, "keys.json").unwrap()).unwrap();
        let published: Value = serde_json::from_str(&entry(&secret, "jwks.json").unwrap()).unwrap();
        assert_eq!(published, ring.jwks(), "what is published follows in the same write");
        assert_eq!(scene.tells("team", "SigningKeyRotated").await.0, "Normal");
    }
    assert_eq!(generation(&scene).await, pods);
}

#[tokio::test]
async fn a_login_is_replaced_with_time() {
    let Some(mut scene) = Scene::set().await else { return };
    let mut spec = spec();
    spec["database"] = json!({"rotation": {"interval": "1h", "grace": "1m"}});
    scene.make("team", &spec).await;
    scene.ready("team").await;
    assert_eq!(entry(&login(&scene).await, "username").as_deref(), Some("todochat_app"));
    scene.stop().await;
    scene.start_with(|launch| skewed(launch, "+61m")).await;
    is_consistent(&turned(&scene, "todochat_app_b").await);
    scene.ready("team").await;
}

#[tokio::test]
async fn an_operator_that_dies_in_the_middle_is_followed_by_one_that_ends_the_turn() {
    let Some(mut scene) = Scene::set().await else { return };
    scene.make("team", &spec()).await;
    scene.ready("team").await;
    for (number, role) in ["todochat_app_b", "todochat_app", "todochat_app_b"].iter().enumerate() {
        ask(&scene, &format!("request {number}")).await;
        // Each time at another point of the turn.
        let here = |secret: Option<&DynamicObject>| {
            let secret = secret.expect("it is never away");
            is_consistent(secret);
            match number {
                0 => entry(secret, "next-url").is_some(),
                1 => entry(secret, "rotation").is_some_and(|record| record.contains("old")),
                _ => entry(secret, "username").as_deref() == Some(*role),
            }
        };
        scene.see((Kind::Secret, "team-db-login"), "a point of the turn", here).await;
        scene.kill().await;
        scene.start().await;
        is_consistent(&turned(&scene, role).await);
    }
    assert!(scene.objects().get("team").await.unwrap().uid().is_some());
}
