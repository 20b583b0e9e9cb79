//! Several objects in one namespace have nothing to do with each other.

use kube::ResourceExt as _;
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, crd::TodoChat, kinds::Kind};

use crate::scene::{Scene, light, light_with};

#[tokio::test]
async fn what_happens_to_one_object_does_not_touch_the_other() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("one", &light()).await;
    scene.make("other", &light_with(&json!({"deletionPolicy": "Delete"}))).await;
    let one = scene.ready("one").await;
    scene.ready("other").await;
    scene.check().await;
    let before = versions(&scene, &one).await;
    let mark = scene.mark();
    scene.edit("other", &json!({"chat": {"replicas": 2}})).await;
    scene.ready("other").await;
    let missing =
        json!({"chat": {"model": {"name": "gpt", "apiKey": {"name": "none", "key": "k"}}}});
    scene.edit("other", &missing).await;
    scene.says("other", ConditionType::ReferencesResolved, "SecretNotFound").await;
    scene
        .harm("vandal", (Kind::Service, "other-chat"), &json!({"metadata": {"labels": null}}))
        .await;
    scene.delete_object("other").await;
    scene.check().await;
    let touched = scene.asked(mark).into_iter().filter(|asked| asked.name.starts_with("one"));
    assert_eq!(touched.collect::<Vec<_>>(), []);
    assert_eq!(versions(&scene, &one).await, before);
    assert_eq!(scene.objects().get("one").await.unwrap().status, one.status);
}

/// What each child of an object was made as, and how often its spec was changed.
async fn versions(
    scene: &Scene<'_>,
    object: &TodoChat,
) -> Vec<(String, Option<String>, Option<i64>)> {
    let children = scene.children(object).await.into_iter();
    children.map(|(id, child)| (id, child.uid(), child.metadata.generation)).collect()
}

/// A tool server whose objects are called like those of another object's chat.
fn ambiguous() -> Value {
    let mut spec = light();
    let source =
        json!({"type": "Image", "image": {"image": {"repository": "good.test/s", "tag": "1"}}});
    spec["toolServers"] = json!([{"name": "a-chat", "source": source}]);
    spec
}

#[tokio::test]
async fn of_two_objects_that_want_the_same_name_the_first_has_it() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &ambiguous()).await;
    let first = scene.ready("team").await;
    scene.check().await;
    let before = versions(&scene, &first).await;
    scene.make("team-tool-a", &light()).await;
    let said = scene.says("team-tool-a", ConditionType::Accepted, "ForeignObject").await;
    assert!(said.message.contains("/team-tool-a-chat"), "{}", said.message);
    scene.check().await;
    // What is called alike and is of a kind that only one of them has is each one's own.
    let team = scene.ready("team").await;
    assert_eq!(versions(&scene, &team).await, before);
    assert_eq!(team.status, first.status);
    scene.delete_object("team-tool-a").await;
    scene.check().await;
}
