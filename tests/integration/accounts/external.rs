//! Users of other issuers, which publish their keys on a server of their own.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, routing::get};
use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::{Value, json};
use todochat_auth::{Issuer, KeyRing, Mint};
use todochat_service::Clock;
use todochat_tests::{
    TestDatabase,
    house::{House, Reply},
    on_each_database,
};

use super::browser::Browser;

on_each_database!(
    a_user_is_the_pair_of_issuer_and_subject,
    their_users_and_ours_live_side_by_side,
    an_issuer_that_is_away_is_not_the_callers_fault,
    a_key_that_was_leaked_is_not_trusted,
);

/// An issuer with a server for its keys, which may be taken away.
struct Provider {
    issuer: Issuer,
    jwks_url: String,
    published: Arc<Mutex<Option<String>>>,
}

impl Provider {
    async fn open(name: &str) -> Self {
        let issuer = Issuer::new(Arc::new(KeyRing::generate()), format!("https://{name}.example"));
        let published = Arc::new(Mutex::new(Some(issuer.jwks().to_string())));
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_url = format!("http://{}/keys", socket.local_addr().unwrap());
        let router = Router::new().route("/keys", get(keys)).with_state(published.clone());
        let (limits, metrics) = (
            todochat_service::listener::Limits::default(),
            todochat_service::HttpMetrics::detached(),
        );
        let shutdown = todochat_service::Shutdown::new();
        tokio::spawn(todochat_service::listener::serve(socket, router, limits, metrics, shutdown));
        Self { issuer, jwks_url, published }
    }

    fn configuration(&self) -> Value {
        json!({
            "issuer": self.issuer.url(), "jwks_url": self.jwks_url, "audience": "todochat",
            "algorithms": ["EdDSA"], "typ": "at+jwt",
        })
    }

    fn token(&self, subject: &str) -> String {
        let mint = Mint {
            audience: "todochat",
            subject,
            lifetime: TimeDelta::minutes(10),
            session: None,
            call: None,
            token_id: "t",
        };
        self.issuer.mint(&mint, Clock::system().now())
    }
}

async fn keys(State(published): State<Arc<Mutex<Option<String>>>>) -> Result<String, StatusCode> {
    published.lock().unwrap().clone().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn house(database: TestDatabase, providers: &[&Provider]) -> House {
    let file = tempfile::NamedTempFile::new().unwrap();
    let list: Vec<Value> = providers.iter().map(|one| one.configuration()).collect();
    std::fs::write(file.path(), Value::from(list).to_string()).unwrap();
    House::with(database, &["--issuers-file", file.path().to_str().unwrap()]).await
}

async fn me(house: &House, token: &str) -> Reply {
    Reply::of(house.get("/api/auth/me").bearer_auth(token)).await
}

async fn a_user_is_the_pair_of_issuer_and_subject(database: TestDatabase) {
    let (one, other) = (Provider::open("one").await, Provider::open("other").await);
    let house = house(database, &[&one, &other]).await;
    let first = me(&house, &one.token("ann")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    assert_eq!(first.json()["email"], Value::Null);
    assert_eq!(me(&house, &one.token("ann")).await.body, first.body);
    assert_ne!(me(&house, &one.token("bob")).await.body, first.body);
    assert_ne!(me(&house, &other.token("ann")).await.body, first.body);

    let at_once = (0..8).map(|_| async { me(&house, &one.token("carol")).await.text("/id") });
    let ids = futures_util::future::join_all(at_once).await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

async fn their_users_and_ours_live_side_by_side(database: TestDatabase) {
    let provider = Provider::open("one").await;
    let house = house(database, &[&provider]).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    let ours = ann.get("/api/auth/me").await.text("/id");
    let posing = me(&house, &provider.token(&ours)).await;
    assert_ne!(posing.text("/id"), ours, "a subject of theirs is never a user of ours");
    let posing = me(&house, &provider.token("ann@example.org")).await;
    assert_ne!(posing.text("/id"), ours, "nor is an address");
    assert!(ann.is_in().await);

    let task = json!({"title": "Buy milk"});
    let theirs = provider.token("zoe");
    let added = Reply::of(house.post("/api/tasks").bearer_auth(&theirs).json(&task)).await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(ann.get("/api/tasks").await.json()["tasks"], json!([]));
}

async fn an_issuer_that_is_away_is_not_the_callers_fault(database: TestDatabase) {
    let provider = Provider::open("one").await;
    let house = house(database, &[&provider]).await;
    *provider.published.lock().unwrap() = None;
    let away = me(&house, &provider.token("ann")).await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(away.code(), "issuer_unavailable");
    assert!(away.headers.contains_key("retry-after"));
    let mut ann = Browser::at(&house);
    assert_eq!(ann.sign_up("ann@example.org").await.status, StatusCode::CREATED);
    assert!(ann.is_in().await);
}

async fn a_key_that_was_leaked_is_not_trusted(database: TestDatabase) {
    let provider = Provider::open("one").await;
    let house = house(database, &[&provider]).await;
    let leaked = provider.issuer.jwks().to_string().replacen('{', r#"{"x":0,"#, 1);
    let leaked = leaked.replacen(r#""kty""#, r#""d":"AA","kty""#, 1);
    *provider.published.lock().unwrap() = Some(leaked);
    assert_eq!(me(&house, &provider.token("ann")).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
