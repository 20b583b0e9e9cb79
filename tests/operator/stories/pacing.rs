//! After a change of the operator a few objects at a time have their pods replaced; while those fail the rest stays as it is, and
//! what people ask for waits for nothing.

use serde_json::json;
use todochat_operator::{
    conditions::ConditionType,
    crd::{ConditionStatus, TodoChat},
    kinds::Kind,
};
use todochat_tests::cluster::Launch;

use crate::scene::{Scene, condition, eventually, is};

const OBJECTS: [&str; 3] = ["one", "two", "three"];

fn chat_image(launch: Launch, image: &str) -> Launch {
    launch.variable("TODOCHAT_CHAT_SERVER_IMAGE", image)
}

async fn image_of(scene: &Scene<'_>, object: &str) -> String {
    let chat = scene.get(Kind::Deployment, &format!("{object}-chat")).await;
    let image = &chat.data["spec"]["template"]["spec"]["containers"][0]["image"];
    image.as_str().unwrap().to_owned()
}

async fn has_image(scene: &Scene<'_>, object: &str, image: &str) {
    eventually(image, async || (image_of(scene, object).await == image).then_some(())).await;
}

fn waits(object: &TodoChat) -> bool {
    let progressing = condition(object, ConditionType::Progressing);
    progressing.is_some_and(|progressing| progressing.message.contains("wait for their turn"))
}

#[tokio::test]
async fn a_release_that_breaks_its_first_object_breaks_no_other() {
    let old = |launch| chat_image(launch, "good.test/chat:1").variable("TODOCHAT_MAX_ROLLING", "1");
    let Some(mut scene) = Scene::with(old).await else { return };
    for object in OBJECTS {
        scene.make_light(object).await;
    }
    for object in OBJECTS {
        scene.ready(object).await;
    }
    scene.check().await;

    scene.stop().await;
    scene.start_with(|launch| chat_image(launch, "missing.test/chat:2")).await;
    let broken = eventually("the first that fails", async || {
        for object in OBJECTS {
            let seen = scene.objects().get(object).await.unwrap();
            let chat = condition(&seen, ConditionType::ChatAvailable);
            if chat.is_some_and(|chat| chat.reason == "ImagePullFailed") {
                return Some(object);
            }
        }
        None
    })
    .await;
    let others: Vec<_> = OBJECTS.into_iter().filter(|object| *object != broken).collect();
    for object in &others {
        let seen = scene.until(object, "its turn", waits).await;
        assert!(is(&seen, ConditionType::Ready, ConditionStatus::True), "{object} serves on");
        assert_eq!(image_of(&scene, object).await, "good.test/chat:1");
    }
    assert!(scene.tells(broken, "PodsReplaced").await.1.ends_with("because of the image"));

    let mine = json!({"chat": {"image": {"repository": "good.test/chat", "tag": "mine"}}});
    scene.edit(others[0], &mine).await;
    has_image(&scene, others[0], "good.test/chat:mine").await;
    scene.ready(others[0]).await;
    assert_eq!(image_of(&scene, others[1]).await, "good.test/chat:1", "it waits on");

    scene.stop().await;
    scene.start_with(|launch| chat_image(launch, "good.test/chat:3")).await;
    for object in [broken, others[1]] {
        has_image(&scene, object, "good.test/chat:3").await;
        scene.ready(object).await;
    }
    assert_eq!(image_of(&scene, others[0]).await, "good.test/chat:mine");
    scene.check().await;
}
