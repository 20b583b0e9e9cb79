//! Secrets and ConfigMaps of other people: missing, not to be used, incomplete, late, replaced, gone again.
//!
//! Whatever is wrong with them, the pods that run go on.

use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, crd::ConditionStatus, kinds::Kind};

use crate::scene::{Scene, is};

/// A spec's part that reads a Secret `llm` and a ConfigMap `prompt`.
fn model() -> Value {
    json!({"model": {
        "name": "gpt", "apiKey": {"name": "llm", "key": "token"},
        "systemPrompt": {"configMapKeyRef": {"name": "prompt", "key": "text"}},
    }})
}

fn key_only() -> Value {
    json!({"model": {"name": "gpt", "apiKey": {"name": "llm", "key": "token"}}})
}

fn variable() -> Value {
    json!({"env": [{"name": "EXTRA", "valueFrom": {"secretKeyRef": {"name": "extra", "key": "value"}}}]})
}

async fn prompt(scene: &Scene<'_>, text: &str) {
    let map = json!({"metadata": {"name": "prompt"}, "data": {"text": text}});
    scene.create(Kind::ConfigMap, &map).await;
}

/// One that is Ready; and the generation of its chat, which nothing below may change.
async fn running() -> Option<(Scene<'static>, Option<i64>)> {
    let scene = Scene::set().await?;
    scene.make_light("team").await;
    scene.ready("team").await;
    let generation = generation(&scene).await;
    Some((scene, generation))
}

async fn generation(scene: &Scene<'_>) -> Option<i64> {
    scene.get(Kind::Deployment, "team-chat").await.metadata.generation
}

/// The last good pods serve on, whatever the status says.
async fn serves_on(scene: &Scene<'_>, before: Option<i64>) {
    let chat = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(chat.metadata.generation, before);
    assert_eq!(chat.data["status"]["availableReplicas"], 1);
}

#[tokio::test]
async fn a_missing_secret_is_named_and_waited_for_while_the_old_pods_serve() {
    let Some((scene, before)) = running().await else { return };
    scene.edit("team", &json!({ "chat": key_only() })).await;
    let said = scene.says("team", ConditionType::ReferencesResolved, "SecretNotFound").await;
    assert_eq!(said.status, ConditionStatus::False);
    for word in ["spec.chat.model.apiKey", "`llm`", "`token`", "todochat.dev/allow=team"] {
        assert!(said.message.contains(word), "{}", said.message);
    }
    assert_eq!(scene.tells("team", "ReferenceMissing").await.0, "Warning");
    scene.check().await;
    serves_on(&scene, before).await;
    scene.secret("llm", "team", &json!({"token": "sk-first-value"})).await;
    scene.ready("team").await;
    scene.check().await;
    assert_ne!(generation(&scene).await, before);
}

#[tokio::test]
async fn a_secret_that_is_not_labelled_for_the_object_is_not_used() {
    let Some((scene, before)) = running().await else { return };
    scene.secret("llm", "somebody-else", &json!({"token": "sk-first-value"})).await;
    scene.edit("team", &json!({ "chat": key_only() })).await;
    let said = scene.says("team", ConditionType::ReferencesResolved, "Forbidden").await;
    assert!(said.message.contains("todochat.dev/allow=team"), "{}", said.message);
    assert_eq!(scene.tells("team", "ReferenceForbidden").await.0, "Warning");
    scene.check().await;
    serves_on(&scene, before).await;
    let label = json!({"metadata": {"labels": {"todochat.dev/allow": "any"}}});
    scene.harm("person", (Kind::Secret, "llm"), &label).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_secret_without_any_label_is_seen_once_it_has_one() {
    let Some((scene, before)) = running().await else { return };
    let secret = json!({"metadata": {"name": "llm"}, "stringData": {"token": "sk-first-value"}});
    scene.create(Kind::Secret, &secret).await;
    scene.edit("team", &json!({ "chat": key_only() })).await;
    scene.says("team", ConditionType::ReferencesResolved, "Forbidden").await;
    scene.check().await;
    serves_on(&scene, before).await;
    let label = json!({"metadata": {"labels": {"todochat.dev/allow": "team"}}});
    scene.harm("person", (Kind::Secret, "llm"), &label).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_secret_without_the_entry_is_told_with_the_entrys_name() {
    let Some((scene, before)) = running().await else { return };
    scene.secret("llm", "team", &json!({"another": "sk-first-value"})).await;
    scene.edit("team", &json!({ "chat": key_only() })).await;
    let said = scene.says("team", ConditionType::ReferencesResolved, "SecretKeyMissing").await;
    assert!(said.message.contains("`llm`") && said.message.contains("`token`"), "{}", said.message);
    scene.check().await;
    serves_on(&scene, before).await;
    let token = json!({"stringData": {"token": "sk-second-value"}});
    scene.harm("person", (Kind::Secret, "llm"), &token).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_missing_prompt_is_named_and_waited_for() {
    let Some((scene, before)) = running().await else { return };
    scene.secret("llm", "any", &json!({"token": "sk-first-value"})).await;
    scene.edit("team", &json!({ "chat": model() })).await;
    let said = scene.says("team", ConditionType::ReferencesResolved, "ConfigMapNotFound").await;
    assert!(said.message.contains("`prompt`"), "{}", said.message);
    scene.check().await;
    serves_on(&scene, before).await;
    let empty = json!({"metadata": {"name": "prompt"}, "data": {"other": "text"}});
    scene.create(Kind::ConfigMap, &empty).await;
    scene.says("team", ConditionType::ReferencesResolved, "InvalidContent").await;
    scene.check().await;
    serves_on(&scene, before).await;
    let text = json!({"data": {"text": "Be brief."}});
    scene.harm("person", (Kind::ConfigMap, "prompt"), &text).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn pods_are_replaced_when_what_they_read_at_start_has_changed() {
    let Some((scene, _)) = running().await else { return };
    scene.secret("llm", "team", &json!({"token": "sk-first-value"})).await;
    scene.secret("extra", "team", &json!({"value": "first-extra-value"})).await;
    prompt(&scene, "Be brief.").await;
    let mut chat = model();
    chat["env"] = variable()["env"].clone();
    scene.edit("team", &json!({ "chat": chat })).await;
    scene.ready("team").await;
    scene.check().await;
    let changes = [
        (Kind::Secret, "extra", json!({"stringData": {"value": "second-extra-value"}})),
        (Kind::ConfigMap, "prompt", json!({"data": {"text": "Be very brief."}})),
    ];
    for (kind, name, change) in changes {
        let before = generation(&scene).await;
        scene.harm("person", (kind, name), &change).await;
        let rolled = |chat: Option<&kube::api::DynamicObject>| {
            chat.is_some_and(|chat| chat.metadata.generation != before)
        };
        scene.see((Kind::Deployment, "team-chat"), "changed", rolled).await;
        scene.ready("team").await;
        scene.check().await;
        assert_eq!(generation(&scene).await, before.map(|before| before + 1), "once");
    }
}

#[tokio::test]
async fn pods_that_read_a_secret_again_and_again_are_not_replaced() {
    let Some((scene, _)) = running().await else { return };
    scene.secret("llm", "team", &json!({"token": "sk-first-value"})).await;
    scene.edit("team", &json!({ "chat": key_only() })).await;
    scene.ready("team").await;
    scene.check().await;
    let before = generation(&scene).await;
    let mark = scene.mark();
    let rotated = json!({"stringData": {"token": "sk-second-value"}});
    scene.harm("person", (Kind::Secret, "llm"), &rotated).await;
    scene.check().await;
    assert_eq!(generation(&scene).await, before);
    assert_eq!(scene.writes(mark), []);
}

#[tokio::test]
async fn a_secret_that_goes_is_told_and_its_return_too() {
    let Some((scene, _)) = running().await else { return };
    scene.secret("llm", "team", &json!({"token": "sk-first-value"})).await;
    scene.edit("team", &json!({ "chat": key_only() })).await;
    scene.ready("team").await;
    let before = generation(&scene).await;
    scene.delete(Kind::Secret, "llm").await;
    scene.says("team", ConditionType::ReferencesResolved, "SecretNotFound").await;
    scene.check().await;
    serves_on(&scene, before).await;
    scene.secret("llm", "team", &json!({"token": "sk-first-value"})).await;
    let team = scene.ready("team").await;
    assert!(is(&team, ConditionType::ReferencesResolved, ConditionStatus::True));
    scene.check().await;
    serves_on(&scene, before).await;
}
