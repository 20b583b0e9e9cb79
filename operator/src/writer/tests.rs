use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::{Request as Asked, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kube::Config;
use prometheus::Registry;
use serde_json::json;

use super::*;
use crate::kinds::Kind;

/// An API server that answers one thing, and knows what it was asked.
#[derive(Default)]
struct Scripted {
    code: AtomicUsize,
    body: Mutex<String>,
    asked: Mutex<Vec<String>>,
}

async fn answer(State(scripted): State<Arc<Scripted>>, asked: Asked) -> Response {
    scripted.asked.lock().unwrap().push(format!("{} {}", asked.method(), asked.uri()));
    let code = u16::try_from(scripted.code.load(Ordering::Relaxed)).unwrap();
    let body = scripted.body.lock().unwrap().clone();
    (StatusCode::from_u16(code).unwrap(), [(RETRY_AFTER, "7")], body).into_response()
}

struct Setting {
    scripted: Arc<Scripted>,
    writer: Writer,
    fence: Fence,
    registry: Registry,
}

async fn setting(code: usize, body: &str) -> Setting {
    let scripted = Arc::new(Scripted {
        code: code.into(),
        body: Mutex::new(body.to_owned()),
        asked: Mutex::default(),
    });
    let router = Router::new().fallback(answer).with_state(scripted.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "nobody but the test asks this server")]
    tokio::spawn(async { axum::serve(listener, router).await });
    let mut config = Config::new(url.parse().unwrap());
    config.default_retry = false;
    let (fence, registry) = (Fence::closed(), Registry::new());
    fence.open(Instant::now(), Duration::from_mins(1));
    let metrics = WriteMetrics::register(&registry).unwrap();
    let writer = Writer::new(Client::try_from(config).unwrap(), 0, fence.clone(), metrics);
    Setting { scripted, writer, fence, registry }
}

impl Setting {
    fn asked(&self) -> Vec<String> {
        self.scripted.asked.lock().unwrap().clone()
    }

    fn counted(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        let metrics = family.map(prometheus::proto::MetricFamily::get_metric).unwrap_or_default();
        metrics.iter().map(|metric| metric.get_counter().get_value()).sum()
    }
}

#[tokio::test]
async fn an_apply_is_one_request_under_our_name_that_takes_what_others_have() {
    let setting = setting(200, r#"{"kind":"Service"}"#).await;
    let body = json!({"kind": "Service"});
    let answer = setting.writer.apply(Kind::Service, "n", "a", &body).await.unwrap();
    assert_eq!(answer, body);
    assert_eq!(
        setting.asked(),
        [
            "PATCH /api/v1/namespaces/n/services/a?&force=true&fieldManager=todochat-operator&fieldValidation=Strict"
        ]
    );
    assert!((setting.counted("todochat_operator_writes_total") - 1.0).abs() < f64::EPSILON);
    assert!((setting.counted("todochat_operator_api_requests_total") - 1.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_kept_by_all_writes_and_by_no_read() {
    let setting = setting(429, "no JSON").await;
    let error = setting.writer.merge(Kind::Service, "n", "a", &json!({})).await.unwrap_err();
    assert!(matches!(error, ApiError::Throttled { after } if after == Duration::from_secs(7)));
    let body = json!({});
    tokio::select! {
        biased;
        _ = setting.writer.merge(Kind::Service, "n", "b", &body) => panic!("it does not wait"),
        read = setting.writer.get(Kind::Service, "n", "c") => assert!(read.is_err()),
    }
    assert_eq!(setting.asked().len(), 2);
}

#[tokio::test]
async fn who_does_not_lead_writes_nothing_and_may_read() {
    let setting = setting(200, "{}").await;
    setting.fence.close();
    let precisely = Precisely { uid: "u", resource_version: None };
    let deleted = setting.writer.delete(Kind::Service, "n", "a", precisely).await;
    assert!(matches!(deleted, Err(ApiError::NotLeading)));
    assert!(setting.writer.get(Kind::Service, "n", "a").await.unwrap().is_some());
    assert_eq!(setting.asked(), ["GET /api/v1/namespaces/n/services/a"]);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_told_and_never_printed() {
    let setting = setting(200, "hunter2").await;
    let error = setting.writer.get(Kind::Secret, "n", "a").await.unwrap_err();
    assert!(matches!(error, ApiError::Garbled) && !format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let setting = setting(200, "{}").await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = Config::new(format!("http://127.0.0.1:{port}").parse().unwrap());
    let client = Client::try_from(config).unwrap();
    let metrics = WriteMetrics::register(&Registry::new()).unwrap();
    let writer = Writer::new(client, 0, setting.fence.clone(), metrics);
    let error = writer.get(Kind::Service, "n", "a").await.unwrap_err();
    assert!(matches!(error, ApiError::Unreachable(_)), "{error:?}");
}
