//! Watches through the fault proxy: cut, ended, silent, expired.

use std::{pin::Pin, time::Duration};

use futures_util::{Stream, StreamExt as _};
use http::Request;
use http_body_util::BodyExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ObjectMeta, PostParams, WatchEvent, WatchParams},
    client::Body,
};
use todochat_tests::{
    cluster::{ApiServer, Namespace, soon, until},
    fault_proxy::{Fault, FaultProxy, Refusal, Verb, When},
};
use tokio::{join, time::timeout};

use crate::scene::eventually;

type Events = Pin<Box<dyn Stream<Item = kube::Result<WatchEvent<ConfigMap>>> + Send>>;

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

    /// A watch through the proxy. The namespace's own first map is its first event, so that it is open.
    async fn watch(&self) -> Events {
        let maps = Api::<ConfigMap>::namespaced(self.client.clone(), &self.namespace.name);
        let params = WatchParams::default().fields("metadata.name!=kube-root-ca.crt");
        Box::pin(maps.watch(&params, "0").await.unwrap())
    }

    /// Makes one behind the proxy's back.
    async fn make(&self, name: &str) {
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
        let map = ConfigMap { metadata, ..ConfigMap::default() };
        self.namespace.api::<ConfigMap>().create(&PostParams::default(), &map).await.unwrap();
    }
}

async fn next(events: &mut Events) -> Option<kube::Result<WatchEvent<ConfigMap>>> {
    soon("an event or the end", events.next()).await
}

async fn added(events: &mut Events) -> String {
    loop {
        match next(events).await {
            Some(Ok(WatchEvent::Added(map))) => return map.name_any(),
            Some(Ok(WatchEvent::Bookmark(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_watch_passes_until_it_is_ended() {
    let scene = Scene::set().await;
    let mut events = scene.watch().await;
    scene.make("one").await;
    assert_eq!(added(&mut events).await, "one");
    assert_eq!(scene.proxy.watches()[0].what(), "watch configmaps");
    scene.proxy.end_watches(|call| call.resource == "secrets");
    scene.make("two").await;
    assert_eq!(added(&mut events).await, "two");
    scene.proxy.end_watches(|call| call.resource == "configmaps");
    assert!(next(&mut events).await.is_none());
}

#[tokio::test]
async fn a_cut_watch_breaks_and_an_ended_one_ends() {
    let scene = Scene::set().await;
    scene.make("one").await;
    let path = format!("/api/v1/namespaces/{}/configmaps?watch=true", scene.namespace.name);
    // kube's own stream of events ends alike for both.
    let open = async || {
        let request = Request::get(&path).body(Body::empty()).unwrap();
        let mut body = scene.client.send(request).await.unwrap().into_body();
        assert!(soon("an event", body.frame()).await.unwrap().is_ok());
        body
    };
    let mut cut = open().await;
    scene.proxy.cut_watches(|_| true);
    assert!(soon("the break", rest(&mut cut)).await.is_err());
    let mut ended = open().await;
    scene.proxy.end_watches(|_| true);
    assert!(soon("the end", rest(&mut ended)).await.is_ok());
}

async fn rest(body: &mut Body) -> kube::Result<()> {
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

#[tokio::test]
async fn a_silent_watch_stays_open_and_says_nothing() {
    let scene = Scene::set().await;
    let mut events = scene.watch().await;
    scene.make("one").await;
    added(&mut events).await;
    scene.proxy.silence_watches(|_| true);
    scene.proxy.inject(When::any().verb(Verb::Watch).nth(1), Fault::WatchSilent);
    let mut silent = scene.watch().await;
    let mut heard = scene.watch().await;
    scene.make("two").await;
    assert_eq!([added(&mut heard).await, added(&mut heard).await], ["one", "two"]);
    for events in [&mut events, &mut silent] {
        assert!(timeout(Duration::from_millis(200), events.next()).await.is_err());
    }
    assert_eq!(scene.proxy.watches().len(), 3);
    drop(events);
}

#[tokio::test]
async fn an_expired_watch_says_so_in_its_first_event() {
    let scene = Scene::set().await;
    scene.proxy.inject(When::any().verb(Verb::Watch).nth(1), Fault::WatchExpired);
    let mut events = scene.watch().await;
    let Some(Ok(WatchEvent::Error(status))) = next(&mut events).await else { panic!("no error") };
    assert_eq!((status.code, status.reason.as_str()), (410, "Expired"));
    assert!(next(&mut events).await.is_none());
}

#[tokio::test]
async fn who_waits_for_an_object_comes_again_when_the_server_puts_it_off() {
    let scene = Scene::set().await;
    let put_off = || scene.proxy.calls().iter().filter(|note| note.status == Some(429)).count();
    for (already, verb, name) in [(0, Verb::List, "one"), (1, Verb::Watch, "two")] {
        let refusal = Refusal::TooManyRequests { retry_after: 1 };
        scene.proxy.inject(When::any().verb(verb).nth(1), Fault::Refuse(refusal));
        let maps = Api::namespaced(scene.client.clone(), &scene.namespace.name);
        let is_there = |map: Option<&ConfigMap>| map.is_some();
        let comes = async {
            eventually("the answer", async || (put_off() > already).then_some(())).await;
            scene.make(name).await;
        };
        let (seen, ()) = join!(until("the map", maps, name, is_there), comes);
        assert_eq!(seen.unwrap().name_any(), name);
        scene.proxy.clear();
    }
}
