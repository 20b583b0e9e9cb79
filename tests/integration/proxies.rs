//! Streams through real proxies, told what the operator writes into the Ingress: each word passes at once, and silence ends
//! nothing. Beside it the same proxies told nothing, which cut.
//!
//! ```text
//! TodoChat ─build─▶ Ingress ─▶ annotations ─┬ nginx     its controllers' way of writing them into a configuration
//!                                           └ haproxy        │
//! resident ─▶ nginx, haproxy (Debian's, `tests/proxies/install`) ◀─┘ ─▶ chat server ─▶ scripted model
//! ```
//!
//! What the programs wait for by default is scaled down from 60 and 50 seconds to one, and what is annotated is not; with
//! `TODOCHAT_TEST_PROXY_DEFAULTS=real` nothing is scaled, and it takes a bit more than a minute.

mod haproxy;
mod model;
mod nginx;
mod running;

use std::time::Duration;

use serde_json::json;
use todochat_operator::{build, kinds::Kind, testing};
use todochat_tests::{
    TestDatabase,
    house::{House, Resident, message},
};
use tokio::time::{Instant, timeout};

use self::{model::Model, running::Proxy};

/// Longer than anything here takes that is to happen at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// The classes whose proxies are here, each with the way its controller configures one.
const CLASSES: &[(&str, Controller)] = &[
    ("nginx", nginx::of_kubernetes),
    ("nginx", nginx::of_f5),
    ("haproxy", haproxy::of_haproxy_technologies),
    ("haproxy", haproxy::of_the_community),
    ("openshift-default", haproxy::of_openshift),
];

/// What a controller makes of the annotations.
type Controller = fn(&[(String, String)]) -> Configuration;

/// What a proxy is told for one backend.
#[derive(Clone, Debug)]
struct Configuration {
    program: Program,
    /// Directives of the backend.
    backend: Vec<String>,
    /// Whether people come to it by https.
    is_encrypted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Nginx,
    Haproxy,
}

impl Program {
    const BOTH: [Self; 2] = [Self::Nginx, Self::Haproxy];

    /// For how long it waits for a silent server if nobody tells it otherwise: nginx by itself, HAProxy as Debian sets it up.
    fn patience(self) -> Duration {
        Duration::from_secs(match self {
            Self::Nginx => 60,
            Self::Haproxy => 50,
        })
    }

    fn told_nothing(self) -> Configuration {
        Configuration { program: self, backend: Vec::new(), is_encrypted: false }
    }
}

/// For how long a proxy waits here that is told nothing.
fn impatience(program: Program) -> Duration {
    match std::env::var_os("TODOCHAT_TEST_PROXY_DEFAULTS") {
        Some(defaults) if defaults == "real" => program.patience(),
        _ => Duration::from_secs(1),
    }
}

/// The annotations of the Ingress that the operator builds for this class.
fn annotations(class: &str) -> Vec<(String, String)> {
    let validated = testing::validated(&format!(
        "chat: {{auth: {{signup: Open}}}}\nexposure: {{type: Ingress, host: chat.example, ingress: {{className: {class}}}}}"
    ));
    let children = build::build(&validated).manifests();
    let (_, ingress) = children.iter().find(|(id, _)| id.kind == Kind::Ingress).unwrap();
    let annotations = ingress["metadata"]["annotations"].as_object().unwrap().iter();
    annotations.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn annotated() -> impl Iterator<Item = Configuration> {
    CLASSES.iter().map(|(class, configured)| configured(&annotations(class)))
}

/// A resident who talks by way of a proxy to a chat server that is silent for a long time.
struct Talk {
    resident: Resident,
    model: Model,
    _house: House,
    _proxy: Proxy,
}

impl Talk {
    async fn by_way_of(configuration: &Configuration) -> Self {
        Self::with(configuration, "10m", impatience(configuration.program)).await
    }

    async fn with(configuration: &Configuration, heartbeat: &str, impatience: Duration) -> Self {
        let model = Model::start().await;
        let flags =
            ["--model-base-url", &model.url, "--model-stall", "600", "--heartbeat", heartbeat];
        let house = House::with(TestDatabase::sqlite().await, &flags).await;
        let proxy = Proxy::start(configuration, impatience, &house.url).await;
        let resident = house.sign_up("ann").await.by_way_of(&proxy.url);
        Self { resident, model, _house: house, _proxy: proxy }
    }

    /// Asks something, and hears the first word of the answer.
    fn ask(&self) -> Stream {
        let body = json!({"type": "threads.create", "params": {"input": message("help")}});
        let request = self.resident.request("POST", "/api/chatkit").json(&body);
        // The first word is there before anybody asks for it: the answer begins with it.
        self.model.says("first");
        Stream::of(request)
    }

    async fn listen(&self) -> Stream {
        let mut feed = Stream::of(self.resident.request("GET", "/api/events"));
        assert!(feed.hears("\n\n", PATIENCE).await, "the feed begins with a block");
        feed
    }
}

/// A stream as it arrives.
struct Stream {
    response: Option<reqwest::Response>,
    request: Option<tokio::task::JoinHandle<reqwest::Response>>,
    heard: String,
}

impl Stream {
    /// Does not wait for its head: a proxy that holds everything back holds that back too.
    fn of(request: reqwest::RequestBuilder) -> Self {
        let request = tokio::spawn(async move { request.send().await.unwrap() });
        Self { response: None, request: Some(request), heard: String::new() }
    }

    /// Whether this arrives in time; it does not if the stream ends before.
    async fn hears(&mut self, word: &str, within: Duration) -> bool {
        let end = Instant::now() + within;
        while !self.heard.contains(word) {
            match timeout(end - Instant::now(), self.more()).await {
                Ok(Some(text)) => self.heard += &text,
                Ok(None) | Err(_) => return false,
            }
        }
        true
    }

    /// For how long nothing has arrived when the stream ends, or when it is this long.
    async fn silence(&mut self, at_most: Duration) -> Duration {
        let mut began = Instant::now();
        while let Ok(Some(text)) =
            timeout(at_most.saturating_sub(began.elapsed()), self.more()).await
        {
            self.heard += &text;
            began = Instant::now();
        }
        began.elapsed()
    }

    async fn more(&mut self) -> Option<String> {
        if let Some(request) = &mut self.request {
            let response = request.await.unwrap();
            assert_eq!(response.status(), 200);
            (self.response, self.request) = (Some(response), None);
        }
        let chunk = self.response.as_mut()?.chunk().await.ok()??;
        Some(String::from_utf8(chunk.to_vec()).unwrap())
    }
}

/// How long it takes from when the model says a word until it is heard, most of the time.
async fn delay(configuration: &Configuration) -> Duration {
    let talk = Talk::by_way_of(configuration).await;
    let mut answer = talk.ask();
    assert!(answer.hears("first", PATIENCE).await, "{configuration:?}");
    let mut delays = Vec::new();
    for number in 0..20 {
        // The next word is said only when this one has arrived: whoever collects some has none to collect.
        let (word, said) = (format!("word-{number}."), Instant::now());
        talk.model.says(&word);
        assert!(answer.hears(&word, PATIENCE).await, "{configuration:?} holds {word} back");
        delays.push(said.elapsed());
    }
    delays.sort();
    delays[10]
}

#[tokio::test]
async fn each_word_passes_at_once() {
    for configuration in annotated() {
        let delay = delay(&configuration).await;
        assert!(delay < Duration::from_millis(100), "{configuration:?}: {delay:?}");
    }
}

/// The operator tells so (`StreamsAtRisk`): no annotation of the Ingress can help it.
#[tokio::test]
async fn without_encryption_haproxy_is_late() {
    let haproxy = annotated().find(|it| it.program == Program::Haproxy).unwrap();
    let delay = delay(&Configuration { is_encrypted: false, ..haproxy }).await;
    assert!(delay > Duration::from_millis(150), "{delay:?}: then it need not be told any more");
}

#[tokio::test]
async fn silence_ends_nothing() {
    let outlasts = impatience(Program::Nginx).mul_f64(1.1) + Duration::from_secs(2);
    let talks = annotated().map(|configuration| async move {
        let mut talk = Talk::by_way_of(&configuration).await;
        let (mut answer, mut feed) = (talk.ask(), talk.listen().await);
        assert!(answer.hears("first", PATIENCE).await);
        let silences = tokio::join!(answer.silence(outlasts), feed.silence(outlasts));
        assert!(
            silences.0 >= outlasts && silences.1 >= outlasts,
            "{configuration:?}: {silences:?}"
        );
        talk.model.says("second");
        talk.model.ends();
        assert!(answer.hears("second", PATIENCE).await, "{configuration:?}");
        talk.resident.post("/api/tasks", json!({"title": "Buy milk"})).await;
        assert!(feed.hears("tasks.changed", PATIENCE).await, "{configuration:?}");
    });
    futures_util::future::join_all(talks).await;
}

#[tokio::test]
async fn told_nothing_a_proxy_cuts_what_is_silent() {
    let talks = Program::BOTH.map(|program| async move {
        let talk = Talk::by_way_of(&program.told_nothing()).await;
        let (mut answer, mut feed) = (talk.ask(), talk.listen().await);
        assert!(answer.hears("first", PATIENCE).await);
        let patience = impatience(program) + PATIENCE;
        let silences = tokio::join!(answer.silence(patience), feed.silence(patience));
        assert!(silences.0 < patience && silences.1 < patience, "{program:?}: {silences:?}");
    });
    futures_util::future::join_all(talks).await;
}

#[tokio::test]
async fn a_heartbeat_alone_keeps_open_what_is_silent_otherwise() {
    let talks = Program::BOTH.map(|program| async move {
        // By default the heart beats four times within the patience of a proxy; here it beats three times.
        let told_nothing = program.told_nothing();
        let talk = Talk::with(&told_nothing, "1s", Duration::from_secs(3)).await;
        let mut feed = talk.listen().await;
        assert!(feed.hears(&":\n\n".repeat(7), PATIENCE).await, "{program:?}: {}", feed.heard);
    });
    futures_util::future::join_all(talks).await;
}
