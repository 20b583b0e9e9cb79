use std::collections::BTreeMap;

use kube::core::ObjectMeta;

use super::*;

fn plan(entries: impl IntoIterator<Item = (&'static str, Entry)>) -> SecretPlan {
    let entries = entries.into_iter().map(|(key, entry)| (key.to_owned(), entry));
    let metadata = ObjectMeta { name: Some("team-db".to_owned()), ..ObjectMeta::default() };
    SecretPlan { metadata, entries: entries.collect() }
}

fn content(entries: &[(&str, &str)]) -> Content {
    let mut content = Content::default();
    for (key, value) in entries {
        content.insert(key, (*value).to_owned().into());
    }
    content
}

fn text<'a>(content: &'a Content, key: &str) -> &'a str {
    content.get(key).and_then(Hidden::as_str).unwrap()
}

fn database_url(user: Source, password: Source, parameters: &str) -> Entry {
    Entry::DatabaseUrl(Box::new(UrlParts {
        user,
        password,
        host: "team-db.n.svc".to_owned(),
        port: 5432,
        database: "todochat".to_owned(),
        parameters: parameters.to_owned(),
    }))
}

fn other(key: &str) -> Source {
    Source::Other { secret: "admin".to_owned(), key: key.to_owned() }
}

#[test]
fn what_is_missing_is_made_and_what_is_there_stays() {
    let plan = plan([("password", Entry::Random(24)), ("token", Entry::Random(32))]);
    let there = content(&[("password", "kept"), ("extra", "theirs")]);
    let full = fill(&plan, &there, &Sources::new()).unwrap();
    assert_eq!(text(&full, "password"), "kept");
    assert_eq!(text(&full, "token").len(), 43, "32 bytes of base64url");
    assert_eq!(full.get("extra"), None);
    assert_eq!(fill(&plan, &full, &Sources::new()).unwrap(), full, "done again, nothing changes");
}

#[test]
fn no_two_random_values_are_the_same() {
    let plan = plan([("a", Entry::Random(24)), ("b", Entry::Random(24))]);
    let full = fill(&plan, &Content::default(), &Sources::new()).unwrap();
    assert_ne!(text(&full, "a"), text(&full, "b"));
}

#[test]
fn an_entry_that_cannot_be_used_is_made_anew() {
    let plan = plan([
        ("password", Entry::Random(24)),
        ("keys.json", Entry::SigningKeys(None)),
        ("username", Entry::Text("app".to_owned())),
    ]);
    let there = content(&[("password", ""), ("keys.json", "{}"), ("username", "root")]);
    let full = fill(&plan, &there, &Sources::new()).unwrap();
    assert!(!text(&full, "password").is_empty());
    assert!(KeyRing::from_json(text(&full, "keys.json")).is_ok());
    assert_eq!(text(&full, "username"), "app");
}

#[test]
fn public_keys_follow_the_ring_and_are_not_rewritten_for_their_layout() {
    let plan = plan([
        ("jwks.json", Entry::PublicKeys { of: "keys.json" }),
        ("keys.json", Entry::SigningKeys(None)),
    ]);
    let full = fill(&plan, &Content::default(), &Sources::new()).unwrap();
    let jwks: Value = serde_json::from_str(text(&full, "jwks.json")).unwrap();
    assert_eq!(jwks, KeyRing::from_json(text(&full, "keys.json")).unwrap().jwks());
    assert!(!text(&full, "jwks.json").contains("\"d\""));

    let mut pretty = full.clone();
    pretty.insert("jwks.json", serde_json::to_string_pretty(&jwks).unwrap().into());
    assert_eq!(fill(&plan, &pretty, &Sources::new()).unwrap(), pretty);

    let mut rotated = full.clone();
    rotated.insert("keys.json", KeyRing::generate().to_json().into());
    let again = fill(&plan, &rotated, &Sources::new()).unwrap();
    assert_ne!(text(&again, "jwks.json"), text(&full, "jwks.json"));
}

#[test]
fn a_url_is_made_of_its_parts_whatever_is_in_them() {
    let plan = plan([
        ("password", Entry::Random(24)),
        ("url", database_url(Source::Own("username"), Source::Own("password"), "sslmode=disable")),
        ("username", Entry::Text("a b".to_owned())),
    ]);
    let there = content(&[("password", "p@ss/w:r?d#%ä"), ("url", "postgres://old")]);
    let full = fill(&plan, &there, &Sources::new()).unwrap();
    assert_eq!(
        text(&full, "url"),
        "postgres://a%20b:p%40ss%2Fw%3Ar%3Fd%23%25%C3%A4@team-db.n.svc:5432/todochat?sslmode=disable"
    );
}

#[test]
fn a_url_of_somebody_else_s_login_is_made_of_their_secret() {
    let plan = plan([("url", database_url(other("username"), other("password"), ""))]);
    let theirs = content(&[("username", "u"), ("password", "p")]);
    let sources = BTreeMap::from([("admin".to_owned(), theirs)]);
    let full = fill(&plan, &Content::default(), &sources).unwrap();
    assert_eq!(text(&full, "url"), "postgres://u:p@team-db.n.svc:5432/todochat");

    let lacking =
        |secret: &str, key: &str| Lacking::Entry { secret: secret.to_owned(), key: key.to_owned() };
    let without = |sources| fill(&plan, &Content::default(), &sources).unwrap_err();
    assert_eq!(without(Sources::new()), lacking("admin", "username"));
    let sources =
        BTreeMap::from([("admin".to_owned(), content(&[("username", "u"), ("password", "")]))]);
    assert_eq!(without(sources), lacking("admin", "password"));
}

#[test]
fn a_password_is_taken_over_once_and_by_the_login_it_was_made_for() {
    let by = |name: &str| {
        let by = name.to_owned();
        plan([("password", Entry::TakenOver { by }), ("username", Entry::Text(name.to_owned()))])
    };
    let there = content(&[
        ("username", "app"),
        ("password", "old"),
        ("next-username", "app_b"),
        ("next-password", "new"),
    ]);
    let full = fill(&by("app_b"), &there, &Sources::new()).unwrap();
    assert_eq!((text(&full, "username"), text(&full, "password")), ("app_b", "new"));
    assert_eq!(full.get("next-password"), None);
    assert_eq!(fill(&by("app_b"), &full, &Sources::new()).unwrap(), full, "done again");
    // Nothing was made ready: no login with another one's password.
    let before = content(&[("username", "app"), ("password", "old")]);
    assert!(fill(&by("app_b"), &before, &Sources::new()).is_err());
}

#[test]
fn a_ring_goes_one_step_at_a_time() {
    let ring_of = |content: &Content| KeyRing::from_json(text(content, "keys.json")).unwrap();
    let take = |there: &Content, step| {
        let plan = plan([("keys.json", Entry::SigningKeys(step))]);
        fill(&plan, there, &Sources::new()).unwrap()
    };
    let first = take(&Content::default(), None);
    let published = take(&first, Some(KeyStep::Publish));
    assert!(ring_of(&published).has_next());
    assert_eq!(take(&published, Some(KeyStep::Publish)), published, "done again");
    assert_eq!(take(&published, None), published);
    let signs = take(&published, Some(KeyStep::Sign));
    assert!(ring_of(&signs).has_retired() && !ring_of(&signs).has_next());
    assert_eq!(take(&signs, Some(KeyStep::Sign)), signs, "done again");
    let forgot = take(&signs, Some(KeyStep::Forget));
    assert!(!ring_of(&forgot).has_retired());
    assert_eq!(take(&published, Some(KeyStep::Forget)), published, "not while a turn is under way");
}
