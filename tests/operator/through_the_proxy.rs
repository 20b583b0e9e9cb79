//! What passes the fault proxy unharmed, and each harm it can do, seen by a client of the real server.

use std::time::Duration;

use http::Request;
use k8s_openapi::api::{coordination::v1::Lease, core::v1::ConfigMap};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    client::Body,
    core::NamespaceResourceScope,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use todochat_tests::{
    cluster::{ApiServer, Namespace},
    fault_proxy::{Fault, FaultProxy, Moment, Refusal, Verb, When, tally},
};
use tokio::time::timeout;

/// A namespace, a proxy, and a client behind it.
struct Scene {
    namespace: Namespace,
    proxy: FaultProxy,
    client: Client,
}

impl Scene {
    async fn set() -> Self {
        let server = ApiServer::shared().await;
        let proxy = FaultProxy::start(server).await;
        let client = proxy.kubeconfig().client().await;
        Self { namespace: Namespace::fresh(server).await, proxy, client }
    }

    /// Through the proxy.
    fn maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.client.clone(), &self.namespace.name)
    }

    /// Applies one through the proxy.
    async fn apply(&self, name: &str) -> kube::Result<ConfigMap> {
        apply(&self.maps(), name).await
    }

    /// Whether it is there, asked directly.
    async fn is_there(&self, name: &str) -> bool {
        self.namespace.api::<ConfigMap>().get_opt(name).await.unwrap().is_some()
    }
}

async fn apply<K>(api: &Api<K>, name: &str) -> kube::Result<K>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    K: Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object = json!({
        "apiVersion": K::api_version(&()), "kind": K::kind(&()), "metadata": {"name": name},
    });
    api.patch(name, &PatchParams::apply("tests").force(), &Patch::Apply(&object)).await
}

#[tokio::test]
async fn what_meets_no_fault_passes_and_is_counted() {
    let scene = Scene::set().await;
    let maps = scene.maps();
    let one = scene.apply("one").await.unwrap();
    let tried = PostParams { dry_run: true, ..PostParams::default() };
    let mut two = one.clone();
    (two.metadata.name, two.metadata.resource_version) = (Some("two".to_owned()), None);
    (two.metadata.uid, two.metadata.managed_fields) = (None, None);
    maps.create(&tried, &two).await.unwrap();
    maps.create(&PostParams::default(), &two).await.unwrap();
    maps.replace("one", &PostParams::default(), &one).await.unwrap();
    let label = Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}}));
    maps.patch("two", &PatchParams::default(), &label).await.unwrap();
    assert_eq!(maps.list(&ListParams::default().labels("a=b")).await.unwrap().items.len(), 1);
    maps.list_metadata(&ListParams::default()).await.unwrap();
    maps.delete("two", &DeleteParams::default()).await.unwrap();
    let notes = scene.proxy.calls();
    let whats: Vec<_> = notes.iter().map(|note| note.call.what()).collect();
    let verbs =
        ["apply-patch", "create", "create", "update", "merge-patch", "list", "list", "delete"];
    assert_eq!(whats, verbs.map(|verb| format!("{verb} configmaps")));
    let writes = [Some(1), None, Some(2), Some(3), Some(4), None, None, Some(5)];
    assert_eq!(notes.iter().map(|note| note.write).collect::<Vec<_>>(), writes);
    assert!(notes[1].call.dry_run && notes[6].call.metadata_only && !notes[5].call.metadata_only);
    assert!(notes.iter().all(|note| note.call.namespace == scene.namespace.name));
    assert!(notes.iter().all(|note| matches!(note.status, Some(200 | 201)) && !note.faulty));
}

#[tokio::test]
async fn a_refusal_reads_like_the_servers_and_nothing_is_applied() {
    let scene = Scene::set().await;
    let refusals = [
        (Refusal::Conflict, 409, "Conflict"),
        (Refusal::AlreadyExists, 409, "AlreadyExists"),
        (Refusal::Gone, 410, "Expired"),
        (Refusal::TooManyRequests { retry_after: 2 }, 429, "TooManyRequests"),
        (Refusal::Internal, 500, "InternalError"),
        (Refusal::Unavailable, 503, "ServiceUnavailable"),
        (Refusal::Forbidden, 403, "Forbidden"),
    ];
    for (refusal, code, reason) in refusals {
        scene.proxy.inject(When::any().writes(), Fault::Refuse(refusal));
        let Err(kube::Error::Api(status)) = scene.apply("one").await else { panic!("{refusal:?}") };
        assert_eq!((status.code, status.reason.as_str()), (code, reason));
        assert!(!scene.is_there("one").await);
        assert_eq!(scene.proxy.calls().last().unwrap().status, Some(code));
        scene.proxy.clear();
    }
    scene.apply("one").await.unwrap();
}

#[tokio::test]
async fn too_many_requests_says_when_to_come_again() {
    let scene = Scene::set().await;
    let refusal = Refusal::TooManyRequests { retry_after: 7 };
    scene.proxy.inject(When::call(1), Fault::Refuse(refusal));
    let request = Request::get("/api/v1/pods").body(Body::empty()).unwrap();
    let answer = scene.client.send(request).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
}

#[tokio::test]
async fn a_reset_before_leaves_no_trace_and_one_after_leaves_all() {
    let scene = Scene::set().await;
    scene.proxy.inject(When::write(1), Fault::Reset);
    scene.proxy.inject(When::write(2), Fault::ApplyAndReset);
    assert!(scene.apply("before").await.is_err());
    assert!(!scene.is_there("before").await);
    assert!(scene.apply("after").await.is_err());
    assert!(scene.is_there("after").await);
    scene.apply("third").await.unwrap();
    let writes = scene.proxy.calls().into_iter().map(|note| (note.write, note.status));
    let expected = [(Some(1), None), (Some(2), None), (Some(3), Some(201))];
    assert_eq!(writes.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn silence_after_it_was_applied_lasts() {
    let scene = Scene::set().await;
    scene.proxy.inject(When::any().named("one"), Fault::ApplyAndSilence);
    let maps = scene.maps();
    let asked = tokio::spawn(async move { apply(&maps, "one").await.is_ok() });
    while !scene.is_there("one").await {
        tokio::task::yield_now().await;
    }
    assert!(timeout(Duration::from_millis(300), asked).await.is_err());
    scene.apply("two").await.unwrap();
}

#[tokio::test]
async fn a_delay_delays_and_no_more() {
    let scene = Scene::set().await;
    let delay = Duration::from_millis(200);
    scene.proxy.inject(When::any().verb(Verb::ApplyPatch).nth(1), Fault::Delay(delay));
    let began = tokio::time::Instant::now();
    scene.apply("one").await.unwrap();
    assert!(began.elapsed() >= delay && scene.is_there("one").await);
}

#[tokio::test]
async fn a_call_held_before_or_after_is_lost_or_goes_on_as_the_test_says() {
    let scene = Scene::set().await;
    // (moment, lost, whether it is there while held, whether at the end)
    let cases = [
        (Moment::Before, true, false, false),
        (Moment::Before, false, false, true),
        (Moment::After, true, true, true),
        (Moment::After, false, true, true),
    ];
    for (number, (moment, lost, held, applied)) in cases.into_iter().enumerate() {
        let name = format!("map-{number}");
        let mut hold = scene.proxy.hold(When::write(number + 1), moment);
        let maps = scene.maps();
        let asked = tokio::spawn({
            let name = name.clone();
            async move { apply(&maps, &name).await.is_ok() }
        });
        assert_eq!(hold.reached().await.call.name, name);
        assert_eq!(scene.is_there(&name).await, held, "{moment:?}");
        if lost {
            hold.lose();
        } else {
            hold.release();
        }
        assert_eq!(asked.await.unwrap(), !lost);
        assert_eq!(scene.is_there(&name).await, applied, "{moment:?} {lost}");
    }
}

#[tokio::test]
async fn leases_are_counted_and_not_numbered() {
    let scene = Scene::set().await;
    let leases = Api::<Lease>::namespaced(scene.client.clone(), &scene.namespace.name);
    apply(&leases, "leader").await.unwrap();
    scene.apply("one").await.unwrap();
    let notes = scene.proxy.calls();
    let numbers: Vec<_> = notes.iter().map(|note| (note.number, note.write)).collect();
    assert_eq!(numbers, [(None, None), (Some(1), Some(1))]);
    assert_eq!(tally(&notes)["apply-patch leases"], 1);
}

#[tokio::test]
async fn somebody_else_is_judged_as_somebody_else() {
    let scene = Scene::set().await;
    let stranger = scene.proxy.kubeconfig().acting_as("stranger", &[]).client().await;
    let maps = Api::<ConfigMap>::namespaced(stranger, &scene.namespace.name);
    let Err(kube::Error::Api(status)) = maps.get("one").await else { panic!("it is refused") };
    assert!(status.message.contains("User \"stranger\" cannot get"), "{}", status.message);
}
