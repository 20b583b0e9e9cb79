//! A spec that the schema lets pass and that cannot work: said once, with what to do, while what ran before runs on.

use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, crd::ConditionStatus, kinds::Kind};

use crate::scene::{Scene, is, light, light_with};

fn with_image(registry: &str) -> Value {
    json!({"image": {"repository": format!("{registry}/chat"), "tag": "2"}})
}

#[tokio::test]
async fn an_image_of_another_registry_than_allowed_is_refused() {
    let launched = Scene::with(|launch| launch.flag("--allowed-registry=good.test/team"));
    let Some(scene) = launched.await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    let before = scene.get(Kind::Deployment, "team-chat").await;
    scene.edit("team", &json!({"chat": with_image("good.test.evil.test")})).await;
    let said = scene.says("team", ConditionType::Accepted, "PolicyDenied").await;
    assert!(said.message.contains("good.test/team"), "{}", said.message);
    scene.check().await;
    let now = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(now.metadata.generation, before.metadata.generation);
    assert_eq!(now.data["status"]["availableReplicas"], 1);
    scene.edit("team", &json!({"chat": with_image("good.test/team")})).await;
    scene.ready("team").await;
    scene.check().await;
    let now = scene.get(Kind::Deployment, "team-chat").await;
    assert!(now.data.to_string().contains("good.test/team/chat:2"));
}

#[tokio::test]
async fn what_cannot_work_is_refused_in_the_users_words_and_nothing_is_made() {
    let Some(scene) = Scene::set().await else { return };
    let pod = |pod: Value| light_with(&json!({"chat": {"pod": pod}}));
    let cases = [
        ("affinity", pod(json!({"affinity": {"nodeAfinity": {}}})), "nodeAfinity"),
        ("toleration", pod(json!({"tolerations": [{"operator": "Maybe"}]})), "tolerations"),
        (
            "peer",
            light_with(&json!({"network": {"ingressFrom": [{"ipBlock": {"cidr": "no"}}]}})),
            "ingressFrom",
        ),
        ("label", pod(json!({"labels": {"a": "not a value!"}})), "labels"),
    ];
    for (name, spec, _) in &cases {
        scene.make(name, spec).await;
    }
    for (name, _, word) in &cases {
        let refused = scene.until(name, "refused", |object| {
            is(object, ConditionType::Accepted, ConditionStatus::False)
        });
        let refused = refused.await;
        let said = crate::scene::condition(&refused, ConditionType::Accepted).unwrap();
        assert!(said.message.contains(word), "{name}: {}", said.message);
        assert_eq!(scene.children(&refused).await.len(), 0);
    }
    scene.check().await;
    for (name, ..) in &cases {
        scene.objects().delete(name, &kube::api::DeleteParams::default()).await.unwrap();
        scene.until_gone(name).await;
    }
}

#[tokio::test]
async fn a_refused_edit_can_be_taken_back() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &light()).await;
    scene.ready("team").await;
    scene.check().await;
    let mark = scene.mark();
    scene.edit("team", &json!({"chat": {"pod": {"affinity": {"wrong": 1}}}})).await;
    let refused = |team: &todochat_operator::crd::TodoChat| {
        is(team, ConditionType::Accepted, ConditionStatus::False)
    };
    scene.until("team", "refused", refused).await;
    scene.edit("team", &json!({"chat": {"pod": {"affinity": null}}})).await;
    scene.ready("team").await;
    scene.check().await;
    let written = scene.writes(mark);
    assert!(written.iter().all(|asked| asked.resource == "todochats"), "{written:?}");
}
