//! What the server has, by namespace, as its watches tell: the `TodoChat`, its children, and each value that a Secret
//! has ever had.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::StreamExt as _;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ApiResource, DynamicObject},
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};
use serde_json::Value;
use todochat_operator::{crd::TodoChat, kinds};
use todochat_tests::cluster::PATIENCE;
use tokio::{sync::Notify, task::JoinSet, time::timeout};

use super::{life::NAME, picture::normal};

/// The whole server.
pub(super) struct Mirror {
    places: Arc<Places>,
    _watches: JoinSet<()>,
}

type Places = Mutex<HashMap<String, Arc<Place>>>;

/// One namespace.
#[derive(Default)]
pub(super) struct Place {
    seen: Mutex<Seen>,
    changed: Notify,
}

/// What is in it.
#[derive(Default)]
pub(super) struct Seen {
    /// The `TodoChat` as it is.
    pub(super) chat: Option<DynamicObject>,
    /// It and its children, each by `Kind/name`, without what differs from run to run.
    pub(super) objects: BTreeMap<String, String>,
    /// The uid of the `TodoChat` that is, or was.
    pub(super) uid: String,
    values: HashMap<(String, String), u64>,
    /// Entries of Secrets that have had a second value.
    pub(super) changed_values: Vec<String>,
}

impl Mirror {
    pub(super) fn start(client: &Client) -> Self {
        let places = Arc::<Places>::default();
        let mut watches = JoinSet::new();
        watches.spawn(follow(
            client.clone(),
            places.clone(),
            ApiResource::erase::<TodoChat>(&()),
            "",
        ));
        let kinds =
            kinds::Kind::all().filter(|kind| !kind.is_optional() && *kind != kinds::Kind::Pod);
        for kind in kinds {
            let ours = "app.kubernetes.io/managed-by=todochat-operator";
            watches.spawn(follow(client.clone(), places.clone(), kind.resource(), ours));
        }
        Self { places, _watches: watches }
    }

    pub(super) fn place(&self, namespace: &str) -> Arc<Place> {
        place(&self.places, namespace)
    }
}

fn place(places: &Places, namespace: &str) -> Arc<Place> {
    let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
    places.entry(namespace.to_owned()).or_default().clone()
}

async fn follow(client: Client, places: Arc<Places>, kind: ApiResource, labels: &'static str) {
    let api = Api::<DynamicObject>::all_with(client, &kind);
    let config = watcher::Config::default().labels(labels);
    let mut events = watcher(api, config).default_backoff().boxed();
    while let Some(event) = events.next().await {
        let (object, there) = match event {
            Ok(Event::Apply(object) | Event::InitApply(object)) => (object, true),
            Ok(Event::Delete(object)) => (object, false),
            _ => continue,
        };
        let place = place(&places, &object.namespace().unwrap_or_default());
        place.seen().take_in(&kind.kind, object, there);
        place.changed.notify_waiters();
    }
}

impl Place {
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `test` says yes; if it never does, tells what it said last.
    pub(super) async fn until(
        &self,
        test: impl Fn(&Seen) -> Result<(), String>,
    ) -> Result<(), String> {
        let agrees = async {
            loop {
                // Listens before it looks, so that nothing is missed between the two.
                let changed = self.changed.notified();
                if test(&self.seen()).is_ok() {
                    return;
                }
                // What was seen may have been judged before this was told.
                _ = timeout(Duration::from_secs(1), changed).await;
            }
        };
        match timeout(PATIENCE, agrees).await {
            Ok(()) => Ok(()),
            Err(_) => test(&self.seen()),
        }
    }
}

impl Seen {
    fn take_in(&mut self, kind: &str, object: DynamicObject, there: bool) {
        let id = format!("{kind}/{}", object.name_any());
        if kind == "Secret" && there {
            self.note_values(&id, &object.data["data"]);
        }
        if there {
            self.objects.insert(id, normal(kind, &object));
        } else {
            self.objects.remove(&id);
        }
        if kind == "TodoChat" && object.name_any() == NAME {
            self.uid = object.uid().unwrap_or_default();
            self.chat = there.then_some(object);
        }
    }

    fn note_values(&mut self, id: &str, data: &Value) {
        for (key, value) in data.as_object().into_iter().flatten() {
            let mut hasher = DefaultHasher::new();
            value.as_str().hash(&mut hasher);
            let (entry, hash) = ((id.to_owned(), key.clone()), hasher.finish());
            if *self.values.entry(entry).or_insert(hash) != hash {
                self.changed_values.push(format!("{id}: {key}"));
            }
        }
    }

    /// The object has come to rest in this generation: Ready, and nothing under way.
    pub(super) fn rests(&self, generation: i64) -> Result<(), String> {
        let Some(chat) = &self.chat else { return Err("it is not there".to_owned()) };
        let status = &chat.data["status"];
        let says = |kind: &str, wanted: &str| {
            let conditions = status["conditions"].as_array().into_iter().flatten();
            let mut of_kind = conditions.filter(|one| one["type"] == kind);
            of_kind.any(|one| one["status"] == wanted)
        };
        let judged = status["observedGeneration"].as_i64() >= Some(generation);
        if judged && says("Ready", "True") && says("Progressing", "False") {
            return Ok(());
        }
        Err(format!("generation {generation} does not come to rest: {status}"))
    }

    /// The object is gone.
    pub(super) fn is_gone(&self) -> Result<(), String> {
        match &self.chat {
            None => Ok(()),
            Some(chat) => Err(format!("it is still there: {:?}", chat.metadata)),
        }
    }
}
