use super::*;
use crate::{KeyRing, Rejected};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::sync::Mutex;

const ISSUER: &str = r#"{"issuer": "https://id.example", "jwks_url": "https://id.example/keys", "audience": "todochat", "algorithms": ["EdDSA"], "typ": "JWT"}"#;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A scripted issuer: each fetch takes the next answer, `None` being an outage.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<Option<String>>, usize)>>);

impl Script {
    fn keys(self, answers: impl IntoIterator<Item = Option<String>>) -> (Self, Arc<FetchedKeys>) {
        self.0.lock().unwrap().0.extend(answers);
        let script = self.clone();
        let fetch = Fetch::new(move |_| {
            let mut state = script.0.lock().unwrap();
            state.1 += 1;
            let answer = state.0.pop_front().flatten();
            async move {
                tokio::task::yield_now().await;
                let body = answer.ok_or_else(|| FetchError("down".into()))?.into_bytes();
                Ok(Fetched { body, max_age: None })
            }
        });
        let issuer = parse_issuers(&format!("[{ISSUER}]")).unwrap().remove(0);
        (self, Arc::new(FetchedKeys::new(&issuer, fetch)))
    }

    fn fetches(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

fn set() -> (String, String) {
    let jwks = KeyRing::generate().jwks();
    (jwks["keys"][0]["kid"].as_str().unwrap().to_owned(), jwks.to_string())
}

async fn outcome(keys: &Arc<FetchedKeys>, kid: &str, now: DateTime<Utc>) -> Result<(), Rejected> {
    keys.find(kid, now).await.map(|_| ())
}

#[tokio::test]
async fn a_known_key_is_fetched_once() {
    let (kid, jwks) = set();
    let (script, keys) = Script::default().keys([Some(jwks)]);
    for seconds in 0..200 {
        assert_eq!(outcome(&keys, &kid, at(seconds)).await, Ok(()));
    }
    assert_eq!(script.fetches(), 1);
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_thirty_seconds() {
    let (kid, jwks) = set();
    let (script, keys) = Script::default().keys([Some(jwks.clone()), Some(jwks)]);
    assert_eq!(outcome(&keys, &kid, at(0)).await, Ok(()));
    for n in 0..1000 {
        assert_eq!(outcome(&keys, &n.to_string(), at(n / 40)).await, Err(Rejected::Key));
    }
    assert_eq!(script.fetches(), 1);
    assert_eq!(outcome(&keys, "unknown", at(30)).await, Err(Rejected::Key));
    assert_eq!(script.fetches(), 2);
}

#[tokio::test]
async fn many_that_wait_share_one_fetch() {
    let (kid, jwks) = set();
    let (script, keys) = Script::default().keys([Some(jwks)]);
    let waiting = (0..50).map(|_| outcome(&keys, &kid, at(0)));
    let outcomes = futures_util::future::join_all(waiting).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(())));
    assert_eq!(script.fetches(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_picked_up_and_the_old_one_ends() {
    let ((old, first), (new, second)) = (set(), set());
    let (_, keys) = Script::default().keys([Some(first), Some(second)]);
    assert_eq!(outcome(&keys, &old, at(0)).await, Ok(()));
    assert_eq!(outcome(&keys, &new, at(31)).await, Ok(()));
    assert_eq!(outcome(&keys, &old, at(32)).await, Err(Rejected::Key));
}

#[tokio::test]
async fn the_last_good_keys_outlive_an_outage_of_a_day() {
    let (kid, jwks) = set();
    let outage = std::iter::repeat_n(None, 100);
    let (_, keys) = Script::default().keys([Some(jwks)].into_iter().chain(outage));
    assert_eq!(outcome(&keys, &kid, at(0)).await, Ok(()));
    assert_eq!(outcome(&keys, &kid, at(24 * 3600 - 1)).await, Ok(()));
    assert_eq!(outcome(&keys, &kid, at(24 * 3600 + 60)).await, Err(Rejected::IssuerUnavailable));
}

#[tokio::test]
async fn a_refused_set_does_not_replace_a_good_one() {
    let (kid, jwks) = set();
    let leaked = jwks.replacen(r#""kty""#, r#""d":"AA","kty""#, 1);
    for bad in ["", "{}", r#"{"keys":[]}"#, "<html>", &leaked] {
        let (script, keys) = Script::default().keys([Some(jwks.clone()), Some(bad.to_owned())]);
        assert_eq!(outcome(&keys, &kid, at(0)).await, Ok(()));
        assert_eq!(outcome(&keys, "unknown", at(31)).await, Err(Rejected::Key));
        assert_eq!(script.fetches(), 2);
        assert_eq!(outcome(&keys, &kid, at(32)).await, Ok(()));
    }
}

const MAX_BODY: usize = 256 * 1024;

#[tokio::test]
async fn a_document_that_is_too_large_is_not_looked_at() {
    let (kid, jwks) = set();
    let (_, keys) = Script::default().keys([Some(jwks + &" ".repeat(MAX_BODY))]);
    assert_eq!(outcome(&keys, &kid, at(0)).await, Err(Rejected::IssuerUnavailable));
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_unavailable_and_not_wrong() {
    let (kid, jwks) = set();
    let (script, keys) = Script::default().keys([None, Some(jwks)]);
    assert_eq!(outcome(&keys, &kid, at(0)).await, Err(Rejected::IssuerUnavailable));
    assert_eq!(outcome(&keys, &kid, at(1)).await, Err(Rejected::IssuerUnavailable));
    assert_eq!(script.fetches(), 1);
    assert_eq!(outcome(&keys, &kid, at(30)).await, Ok(()));
}

#[tokio::test]
async fn an_old_set_is_renewed_behind_the_request() {
    let (kid, jwks) = set();
    let (script, keys) = Script::default().keys([Some(jwks.clone()), Some(jwks)]);
    assert_eq!(outcome(&keys, &kid, at(0)).await, Ok(()));
    let later = at(0) + TimeDelta::minutes(5);
    assert_eq!(outcome(&keys, &kid, later).await, Ok(()));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(script.fetches(), 2);
}

#[test]
fn the_type_may_be_named_left_out_or_switched_off() {
    let typ = |change: &str| {
        parse_issuers(&format!("[{}]", ISSUER.replace(r#", "typ": "JWT""#, change))).unwrap()[0].typ
    };
    assert_eq!(typ(r#", "typ": "JWT""#), Some(TokenType::Jwt));
    assert_eq!(typ(r#", "typ": "at+jwt""#), Some(TokenType::AccessToken));
    assert_eq!(typ(""), Some(TokenType::AccessToken));
    assert_eq!(typ(r#", "typ": null"#), None);
}

#[test]
fn a_file_that_says_too_little_or_too_much_is_refused() {
    for (from, to) in [
        ("EdDSA", "HS256"),
        ("EdDSA", "none"),
        (r#"["EdDSA"]"#, "[]"),
        ("\"todochat\"", "\"\""),
        ("\"typ\": \"JWT\"", "\"typ\": \"ID\""),
        ("\"typ\"", "\"type\""),
        ("\"audience\": \"todochat\", ", ""),
    ] {
        let changed = ISSUER.replace(from, to);
        assert!(parse_issuers(&format!("[{changed}]")).is_err(), "{changed}");
    }
    let twice = parse_issuers(&format!("[{ISSUER}, {ISSUER}]"));
    assert_eq!(twice, Err(InvalidIssuers::Duplicate("https://id.example".to_owned())));
}
