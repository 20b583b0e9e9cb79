//! Handshakes with real servers on loopback.

mod server;

use std::{sync::Arc, time::Duration};

use ipnet::IpNet;
use todochat_auth::KeyRing;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::server::{Script, ToolServer};
use super::*;

/// An object of which one tool server is watched.
struct Watching {
    prober: Prober,
    changed: UnboundedReceiver<ObjectKey>,
}

fn key() -> ObjectKey {
    ObjectKey::new("people", "team-a")
}

impl Watching {
    /// Waits for an answer no longer than `limit`.
    fn within(limit: Duration, outgoing_allow: &[IpNet], target: Target) -> Self {
        let (sender, changed) = unbounded_channel();
        let tell = move |key| drop(sender.send(key));
        let pace = Pace { retry: Duration::from_millis(1), ..Pace::every(Duration::from_mins(1)) };
        let prober = Prober::with_pace(limit, pace, outgoing_allow, tell).unwrap();
        prober.watch(&key(), vec![target]);
        Self { prober, changed }
    }

    fn of(target: Target) -> Self {
        Self::within(LIMIT, &[], target)
    }

    /// What comes of the next handshake that is news.
    async fn news(&mut self) -> Result<Arc<Handshake>, ProbeError> {
        assert_eq!(self.changed.recv().await, Some(key()));
        self.prober.results(&key()).remove("todo").unwrap().outcome
    }
}

fn target(server: &ToolServer) -> Target {
    Target {
        server: "todo".to_owned(),
        url: server.url(),
        credential: Credential::None,
        remote: false,
        certificates: None,
        expected: Vec::new(),
    }
}

fn loopback() -> Vec<IpNet> {
    vec!["127.0.0.0/8".parse().unwrap()]
}

#[tokio::test]
async fn a_server_says_who_it_is_and_what_it_offers() {
    let server = ToolServer::start(Script::default()).await;
    let offer = Watching::of(target(&server)).news().await.unwrap();
    assert_eq!(offer.tools, ["add_task", "list_tasks"]);
    assert_eq!(offer.tool_count, 2);
    assert_eq!(offer.tools_hash.len(), 16);
    assert_eq!(offer.server_version, "7.1");
    assert_eq!(offer.protocol_version, "2026-07-28");
    assert!(offer.missing.is_empty());
}

#[tokio::test]
async fn an_older_server_is_greeted_its_own_way() {
    let server = ToolServer::start(Script { sessions: true, ..Script::default() }).await;
    let offer = Watching::of(target(&server)).news().await.unwrap();
    assert_eq!(offer.tool_count, 2);
    assert!(offer.protocol_version.starts_with("2025-"), "{}", offer.protocol_version);
}

#[tokio::test]
async fn a_tool_that_must_be_there_and_is_not_is_named() {
    let server = ToolServer::start(Script::default()).await;
    let expected = ["list_tasks", "fly"].map(str::to_owned).to_vec();
    let offer = Watching::of(Target { expected, ..target(&server) }).news().await.unwrap();
    assert_eq!(offer.missing, ["fly"]);
}

#[tokio::test]
async fn every_page_of_tools_is_read_and_only_the_first_64_are_named() {
    let server = ToolServer::start(Script { tools: 150, page: 40, ..Script::default() }).await;
    let expected = vec!["tool-149".to_owned()];
    let offer = Watching::of(Target { expected, ..target(&server) }).news().await.unwrap();
    assert_eq!((offer.tool_count, offer.tools.len()), (150, 64));
    assert!(offer.missing.is_empty(), "what is not named is looked at all the same");
    assert!(offer.tools.is_sorted());
}

#[tokio::test]
async fn a_server_that_offers_too_much_is_refused() {
    for (tools, page) in [(1001, 500), (900, 300)] {
        let long = if tools < 1000 { 2000 } else { 0 };
        let server = ToolServer::start(Script { tools, page, long, ..Script::default() }).await;
        let refused = Watching::of(target(&server)).news().await;
        assert_eq!(refused, Err(ProbeError::TooMuch), "{tools}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_from_no_answer() {
    let script = Script { token: Some("right".to_owned()), ..Script::default() };
    let server = ToolServer::start(script).await;
    let with = |token: &str| {
        let credential = Credential::Bearer(token.to_owned().into());
        Watching::of(Target { credential, ..target(&server) })
    };
    let refused = with("wrong").news().await.unwrap_err();
    assert_eq!(refused, ProbeError::Unauthorized);
    assert_eq!(refused.reason(), "AuthFailed");
    assert!(with("right\n").news().await.is_ok());
}

#[tokio::test]
async fn headers_are_sent_as_they_are() {
    let script = Script { token: Some("right".to_owned()), ..Script::default() };
    let server = ToolServer::start(script).await;
    let headers = vec![("Authorization".to_owned(), "Bearer right".to_owned().into())];
    let credential = Credential::Headers(headers);
    assert!(Watching::of(Target { credential, ..target(&server) }).news().await.is_ok());
}

#[tokio::test]
async fn a_token_is_minted_for_the_server_and_for_no_call() {
    let keys = Arc::new(KeyRing::generate());
    let script = Script { keys: Some(keys.clone()), ..Script::default() };
    let server = ToolServer::start(script).await;
    let minted = |keys: Arc<KeyRing>| {
        let credential = Credential::Minted { keys, issuer: server::ISSUER.to_owned() };
        Watching::of(Target { credential, ..target(&server) })
    };
    assert!(minted(keys).news().await.is_ok());
    let refused = minted(Arc::new(KeyRing::generate())).news().await;
    assert_eq!(refused, Err(ProbeError::Unauthorized));
}

#[tokio::test]
async fn without_what_it_needs_a_server_is_not_called() {
    let server = ToolServer::start(Script::default()).await;
    let unfit = Credential::Headers(vec![("X".to_owned(), "a\nb".to_owned().into())]);
    for credential in [Credential::Missing, unfit] {
        let refused = Watching::of(Target { credential, ..target(&server) }).news().await;
        assert_eq!(refused, Err(ProbeError::BadCredential));
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = ToolServer::start(Script { silent: true, ..Script::default() }).await;
    let mut watching = Watching::within(Duration::from_millis(50), &[], target(&server));
    assert_eq!(watching.news().await, Err(ProbeError::TimedOut));
}

#[tokio::test]
async fn a_server_that_is_no_tool_server_is_told_by_its_answer() {
    for (status, expected) in
        [(404, ProbeError::Status(404)), (302, ProbeError::Status(302)), (200, ProbeError::NotMcp)]
    {
        let server = ToolServer::start(Script { status, ..Script::default() }).await;
        assert_eq!(Watching::of(target(&server)).news().await, Err(expected), "{status}");
    }
}

#[tokio::test]
async fn a_remote_server_must_have_an_address_that_is_allowed() {
    let server = ToolServer::start(Script::default()).await;
    let by_address = Target { remote: true, ..target(&server) };
    let by_name =
        Target { url: server.url().replace("127.0.0.1", "localhost"), ..by_address.clone() };
    for target in [&by_address, &by_name] {
        let refused = Watching::of(target.clone()).news().await;
        assert_eq!(refused, Err(ProbeError::NotAllowed), "{}", target.url);
    }
    assert_eq!(server.requests(), 0);
    let mut allowed = Watching::within(LIMIT, &loopback(), by_address);
    assert!(allowed.news().await.is_ok());
}

#[tokio::test]
async fn certificates_that_are_none_are_not_passed_over() {
    let server = ToolServer::start(Script::default()).await;
    let target = Target { remote: true, certificates: Some("no PEM".into()), ..target(&server) };
    let refused = Watching::within(LIMIT, &loopback(), target).news().await;
    assert_eq!(refused, Err(ProbeError::BadCredential));
}

#[tokio::test]
async fn a_server_that_changes_its_tools_is_news_once() {
    let server = ToolServer::start(Script::default()).await;
    let mut watching = Watching::of(target(&server));
    watching.news().await.unwrap();
    let expected = vec!["fly".to_owned()];
    watching.prober.watch(&key(), vec![Target { expected, ..target(&server) }]);
    assert_eq!(watching.news().await.unwrap().missing, ["fly"]);
    watching.prober.forget(&key());
    assert!(watching.prober.results(&key()).is_empty());
}

#[tokio::test]
async fn a_prober_that_is_dropped_speaks_to_nobody() {
    let server = ToolServer::start(Script { silent: true, ..Script::default() }).await;
    let Watching { prober, mut changed } = Watching::of(target(&server));
    drop(prober);
    // The task lets go of what it tells changes to.
    server.end();
    assert_eq!(changed.recv().await, None);
}

#[test]
fn what_went_wrong_is_said_without_anything_that_changes() {
    for error in [
        ProbeError::Unreachable,
        ProbeError::TimedOut,
        ProbeError::Certificate,
        ProbeError::NotAllowed,
        ProbeError::NotMcp,
        ProbeError::BadCredential,
    ] {
        assert!(!error.to_string().contains(|c: char| c.is_ascii_digit()), "{error}");
    }
}
