//! Tool servers are spoken to before anybody is told that they are there.

use http::StatusCode;
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, crd::ConditionStatus, kinds::Kind};
use todochat_tests::cluster::Outage;

use crate::scene::{Scene, is, light};

/// Looks at the servers every second, so that the tests need not wait for a minute.
async fn quick() -> Option<Scene<'static>> {
    Scene::with(|launch| launch.flag("--probe-interval=1s")).await
}

fn spec(servers: Value) -> Value {
    let mut spec = light();
    spec["toolServers"] = servers;
    spec
}

fn host(scene: &Scene<'_>, server: &str) -> String {
    format!("team-tool-{server}.{}.svc", scene.namespace.name)
}

/// Breaks the one server of an object, sees the reason, and mends it.
async fn breaks_and_mends(outage: Outage, reason: &str) {
    let Some(scene) = quick().await else { return };
    let host = host(&scene, "todo");
    scene.tools.break_down(&host, outage);
    scene.make("team", &spec(json!([{"name": "todo"}]))).await;
    let said = scene.says("team", ConditionType::ToolServersVerified, reason).await;
    assert!(said.message.starts_with("todo: "), "{}", said.message);
    scene.says("team", ConditionType::Ready, reason).await;
    scene.check().await;
    scene.tools.mend(&host);
    scene.ready("team").await;
    scene.tools.break_down(&host, outage);
    scene.says("team", ConditionType::Ready, reason).await;
    scene.tools.mend(&host);
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_server_that_answers_with_an_error_is_not_verified() {
    breaks_and_mends(Outage::Status(StatusCode::INTERNAL_SERVER_ERROR), "HandshakeFailed").await;
}

#[tokio::test]
async fn a_server_that_answers_with_a_page_is_not_verified() {
    breaks_and_mends(Outage::NotMcp, "HandshakeFailed").await;
}

#[tokio::test]
async fn a_server_that_does_not_accept_the_credential_is_told_apart() {
    breaks_and_mends(Outage::Status(StatusCode::UNAUTHORIZED), "AuthFailed").await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_and_tried_again() {
    let Some(scene) = quick().await else { return };
    let host = host(&scene, "todo");
    scene.tools.break_down(&host, Outage::Silent);
    scene.make("team", &spec(json!([{"name": "todo"}]))).await;
    let said = scene.says("team", ConditionType::ToolServersVerified, "HandshakeFailed").await;
    assert!(said.message.contains("in time"), "{}", said.message);
    scene.tools.mend(&host);
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_tool_that_is_allowed_must_be_offered() {
    let Some(scene) = quick().await else { return };
    let servers = json!([{"name": "todo", "tools": {"allow": ["add_task", "fly"]}}]);
    scene.make("team", &spec(servers)).await;
    let said = scene.says("team", ConditionType::ToolServersVerified, "ToolMissing").await;
    assert!(said.message.contains("fly") && !said.message.contains("add_task"), "{}", said.message);
    assert_eq!(scene.tells("team", "ToolMissing").await.0, "Warning");
    scene.check().await;
    scene.tools.offer(&["add_task", "fly"]);
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn an_optional_server_that_is_down_degrades_and_no_more() {
    let Some(scene) = quick().await else { return };
    let image =
        json!({"type": "Image", "image": {"image": {"repository": "good.test/s", "tag": "1"}}});
    let servers = json!([{"name": "todo"}, {"name": "search", "required": false, "source": image}]);
    let host = host(&scene, "search");
    scene.tools.break_down(&host, Outage::Status(StatusCode::BAD_GATEWAY));
    scene.make("team", &spec(servers)).await;
    scene.ready("team").await;
    let said = scene.says("team", ConditionType::Degraded, "OptionalToolServerDown").await;
    assert!(said.message.contains("search"), "{}", said.message);
    scene.says("team", ConditionType::ToolServersVerified, "OptionalUnavailable").await;
    scene.check().await;
    let team = scene.objects().get("team").await.unwrap();
    assert!(is(&team, ConditionType::Ready, ConditionStatus::True));
    assert_eq!(team.status.unwrap().tools_ready.as_deref(), Some("1/2"));
    scene.tools.mend(&host);
    scene.says("team", ConditionType::Degraded, "AsExpected").await;
    scene.check().await;
}

#[tokio::test]
async fn other_tools_are_told_by_their_names() {
    let Some(scene) = quick().await else { return };
    scene.make("team", &spec(json!([{"name": "todo"}]))).await;
    let before = scene.ready("team").await.status.unwrap().tool_servers;
    scene.tools.offer(&["add_task", "sing"]);
    let (severity, note) = scene.tells("team", "ToolsChanged").await;
    assert_eq!(severity, "Normal");
    assert!(note.contains("sing") && note.contains("list_tasks"), "{note}");
    let after = scene.ready("team").await.status.unwrap().tool_servers;
    assert_eq!(after[0].tools, ["add_task", "sing"]);
    assert_ne!(after[0].tools_hash, before[0].tools_hash);
    scene.check().await;
}

#[tokio::test]
async fn a_shared_token_is_shown_to_its_server() {
    let Some(scene) = quick().await else { return };
    scene.tools.demand("nobody-has-this-token");
    let image =
        json!({"type": "Image", "image": {"image": {"repository": "good.test/s", "tag": "1"}}});
    let servers = json!([{"name": "search", "auth": {"type": "SharedToken"}, "source": image}]);
    scene.make("team", &spec(servers)).await;
    scene.says("team", ConditionType::ToolServersVerified, "AuthFailed").await;
    let secret: k8s_openapi::api::core::v1::Secret =
        scene.namespace.api().get("team-tool-search").await.unwrap();
    let token = secret.data.unwrap()["token"].0.clone();
    scene.tools.demand(&String::from_utf8(token).unwrap());
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_server_on_an_address_that_is_not_public_is_not_spoken_to() {
    let Some(scene) = quick().await else { return };
    let remote = json!({"type": "Remote", "remote": {"url": "https://169.254.169.254/mcp"}});
    let servers = json!([{"name": "sly", "required": false, "source": remote}]);
    scene.make("team", &spec(servers)).await;
    let said = scene.says("team", ConditionType::ToolServersVerified, "OptionalUnavailable").await;
    assert!(said.message.contains("--outgoing-allow"), "{}", said.message);
    assert!(!scene.tools.asked().contains_key("169.254.169.254"));
    scene.check().await;
    assert!(scene.find(Kind::Deployment, "team-tool-sly").await.is_none());
}
