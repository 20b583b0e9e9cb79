//! How people reach the chat: the status says so only while they can.

use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, crd::TodoChat, kinds::Kind};

use crate::scene::{Scene, condition, light_with};

fn exposed(by: &Value) -> Value {
    let mut spec = light_with(&json!({ "exposure": by, "chat": {"auth": {"signup": "Open"}} }));
    spec["exposure"]["host"] = "team.example.test".into();
    spec
}

fn url(object: &TodoChat) -> Option<&str> {
    object.status.as_ref()?.url.as_deref()
}

async fn give_address(scene: &Scene<'_>) {
    scene.see((Kind::Ingress, "team-chat"), "there", |ingress| ingress.is_some()).await;
    let address = json!({"loadBalancer": {"ingress": [{"hostname": "edge.example.test"}]}});
    scene.set_status(Kind::Ingress, "team-chat", &address).await;
}

#[tokio::test]
async fn an_ingress_counts_once_it_has_an_address() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &exposed(&json!({"type": "Ingress"}))).await;
    scene.says("team", ConditionType::Exposed, "RouteNotAccepted").await;
    scene.says("team", ConditionType::ChatAvailable, "MinimumAvailable").await;
    scene.says("team", ConditionType::Ready, "RouteNotAccepted").await;
    scene.check().await;
    give_address(&scene).await;
    let team = scene.ready("team").await;
    assert_eq!(url(&team), Some("http://team.example.test"));
    assert_eq!(scene.tells("team", "Exposed").await.0, "Normal");
    // It does not say which controller, so what that needs cannot be known.
    assert_eq!(scene.tells("team", "StreamsAtRisk").await.0, "Warning");
    scene.check().await;
    scene.set_status(Kind::Ingress, "team-chat", &json!({"loadBalancer": {"ingress": null}})).await;
    scene.says("team", ConditionType::Ready, "RouteNotAccepted").await;
    scene.check().await;
}

#[tokio::test]
async fn what_is_no_longer_exposed_has_no_route_and_no_url() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &exposed(&json!({"type": "Ingress"}))).await;
    give_address(&scene).await;
    scene.ready("team").await;
    scene.edit("team", &json!({"exposure": {"type": "None", "host": null}})).await;
    let team = scene.ready("team").await;
    assert_eq!(url(&team), None);
    scene.says("team", ConditionType::Exposed, "NotRequested").await;
    assert!(scene.find(Kind::Ingress, "team-chat").await.is_none());
    scene.check().await;
}

#[tokio::test]
async fn a_certificate_of_ones_own_makes_it_https() {
    let Some(scene) = Scene::set().await else { return };
    let tls = json!({"type": "Ingress", "tls": {"secretRef": {"name": "cert"}}});
    scene.make("team", &exposed(&tls)).await;
    scene.says("team", ConditionType::ReferencesResolved, "SecretNotFound").await;
    let pair = json!({"tls.crt": "a-certificate", "tls.key": "the-private-key"});
    scene.secret("cert", "team", &pair).await;
    give_address(&scene).await;
    let team = scene.ready("team").await;
    assert_eq!(url(&team), Some("https://team.example.test"));
    scene.check().await;
}

#[tokio::test]
async fn a_certificate_of_cert_managers_is_waited_for() {
    let Some(scene) = Scene::set().await else { return };
    let tls = json!({"type": "Ingress", "tls": {"certManager": {"issuerRef": {"name": "acme"}}}});
    scene.make("team", &exposed(&tls)).await;
    give_address(&scene).await;
    scene.says("team", ConditionType::Exposed, "CertificatePending").await;
    scene.check().await;
    let issued = |status: &str| {
        json!({"conditions": [{"type": "Ready", "status": status, "reason": "Issued", "message": "because",
            "lastTransitionTime": "2026-01-01T00:00:00Z"}]})
    };
    scene.set_status(Kind::Certificate, "team-chat", &issued("False")).await;
    let because = |team: &TodoChat| {
        condition(team, ConditionType::Exposed).is_some_and(|said| said.message.contains("because"))
    };
    scene.until("team", "the reason", because).await;
    scene.set_status(Kind::Certificate, "team-chat", &issued("True")).await;
    let team = scene.ready("team").await;
    assert_eq!(url(&team), Some("https://team.example.test"));
    scene.check().await;
}

/// What a gateway's controller answers.
fn parent(accepted: &str, reason: &str, message: &str) -> Value {
    let condition = |kind: &str, status: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"})
    };
    json!({"parents": [{
        "parentRef": {"name": "edge"}, "controllerName": "example.test/gateway",
        "conditions": [condition("Accepted", accepted), condition("ResolvedRefs", "True")],
    }]})
}

#[tokio::test]
async fn a_route_counts_once_its_gateway_accepts_it() {
    let Some(scene) = Scene::set().await else { return };
    let route = json!({"type": "HTTPRoute", "httpRoute": {"parentRefs": [{"name": "edge"}]}});
    scene.make("team", &exposed(&route)).await;
    let said = scene.says("team", ConditionType::Exposed, "RouteNotAccepted").await;
    assert!(!said.message.is_empty());
    scene.see((Kind::HttpRoute, "team-chat"), "there", |route| route.is_some()).await;
    let refused = parent("False", "NoMatchingListenerHostname", "no listener has this host");
    scene.set_status(Kind::HttpRoute, "team-chat", &refused).await;
    let told = |team: &TodoChat| {
        let said = condition(team, ConditionType::Exposed);
        said.is_some_and(|said| said.message.contains("no listener has this host"))
    };
    scene.until("team", "the gateway's words", told).await;
    assert_eq!(scene.tells("team", "RouteNotAccepted").await.0, "Warning");
    scene.check().await;
    scene.set_status(Kind::HttpRoute, "team-chat", &parent("True", "Accepted", "")).await;
    let team = scene.ready("team").await;
    assert_eq!(url(&team), Some("http://team.example.test"));
    scene.check().await;
}

#[tokio::test]
async fn a_host_that_others_have_is_a_conflict() {
    let Some(scene) = Scene::set().await else { return };
    let route = json!({"type": "HTTPRoute", "httpRoute": {"parentRefs": [{"name": "edge"}]}});
    scene.make("team", &exposed(&route)).await;
    scene.see((Kind::HttpRoute, "team-chat"), "there", |route| route.is_some()).await;
    let taken = parent("False", "HostConflict", "the host is already taken");
    scene.set_status(Kind::HttpRoute, "team-chat", &taken).await;
    scene.says("team", ConditionType::Exposed, "HostConflict").await;
    scene.check().await;
}

#[tokio::test]
async fn one_kind_of_route_replaces_the_other() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &exposed(&json!({"type": "Ingress"}))).await;
    give_address(&scene).await;
    scene.ready("team").await;
    let route = json!({"type": "HTTPRoute", "httpRoute": {"parentRefs": [{"name": "edge"}]}});
    scene.make("team", &exposed(&route)).await;
    scene.see((Kind::HttpRoute, "team-chat"), "there", |route| route.is_some()).await;
    scene.see((Kind::Ingress, "team-chat"), "gone", |ingress| ingress.is_none()).await;
    scene.set_status(Kind::HttpRoute, "team-chat", &parent("True", "Accepted", "")).await;
    scene.ready("team").await;
    scene.check().await;
}
