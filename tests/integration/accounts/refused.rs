//! Bad input, and doors that are closed. Nothing of it may be a 500.

use reqwest::Method;
use serde_json::{Value, json};
use todochat_tests::{
    TestDatabase,
    house::{House, Reply},
    on_each_database,
};

use super::browser::{Browser, PASSWORD, credentials};

on_each_database!(
    a_body_that_cannot_be_read_is_400,
    a_sign_up_against_the_rules_is_422,
    any_other_bad_request_is_refused_as_such,
    every_refused_token_gets_the_same_answer,
    another_site_is_refused,
    a_closed_house_takes_nobody_in,
    an_invited_house_asks_for_a_code,
    without_built_in_accounts_their_endpoints_are_not_there,
);

async fn a_body_that_cannot_be_read_is_400(database: TestDatabase) {
    let house = House::open(database).await;
    for path in ["/api/auth/signup", "/api/auth/login"] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "\"x\"",
            "{}",
            r#"{"email": "a@example.org"}"#,
            r#"{"password": "correct horse battery staple"}"#,
            r#"{"email": 1, "password": "correct horse battery staple"}"#,
            r#"{"email": "a@example.org", "password": null}"#,
            r#"{"email": ["a@example.org"], "password": "correct horse battery staple"}"#,
            r#"{"email": "a@example.org", "password": "\ud800"}"#,
        ] {
            let reply = Reply::of(house.post(path).body(body)).await;
            assert_eq!(reply.status, 400, "{path} {body}");
            assert!(!reply.code().is_empty());
        }
        let large = format!(r#"{{"email": "{}"}}"#, "a".repeat(2_000_000));
        assert_eq!(Reply::of(house.post(path).body(large)).await.status, 413, "{path}");
    }
}

async fn a_sign_up_against_the_rules_is_422(database: TestDatabase) {
    let house = House::open(database).await;
    let (short, longest, long) = ("1234567", "x".repeat(256), "x".repeat(257));
    for (email, password, code) in [
        ("", PASSWORD, "invalid_email"),
        ("no address", PASSWORD, "invalid_email"),
        ("a\0@example.org", PASSWORD, "invalid_email"),
        (&format!("{}@example.org", "a".repeat(250)), PASSWORD, "invalid_email"),
        ("a@example.org", "", "password_too_short"),
        ("a@example.org", short, "password_too_short"),
        ("a@example.org", &long, "password_too_long"),
        // One character that NFKC makes 18 of.
        ("a@example.org", &"\u{fdfa}".repeat(20), "password_too_long"),
    ] {
        let request = house.post("/api/auth/signup").json(&credentials(email, password));
        let reply = Reply::of(request).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, code), "{email:?}");
    }
    for (name, password) in
        [("b", "12345678"), ("c", "Passw0rd!23"), ("d", &longest), ("e", "nul \0 in it")]
    {
        let body = credentials(&format!("{name}@example.org"), password);
        assert_eq!(
            Browser::at(&house).enter("/api/auth/signup", &body).await.status,
            201,
            "{name}"
        );
        assert_eq!(Browser::at(&house).enter("/api/auth/login", &body).await.status, 200, "{name}");
    }
}

async fn any_other_bad_request_is_refused_as_such(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    let long = "x".repeat(5000);
    for path in ["ses_1", "%00", "ses_%00", "%ff", "..%2f..", "a%20b", "' OR 1=1", &long] {
        let status = ann.delete(&format!("/api/auth/sessions/{path}")).await.status;
        assert!(matches!(status.as_u16(), 400 | 404), "{path}: {status}");
    }
    for (method, path, status) in [
        (Method::GET, "/api/auth/login", 405),
        (Method::PUT, "/api/auth/signup", 405),
        (Method::GET, "/api/auth/refresh", 405),
        (Method::POST, "/api/auth/me", 405),
        (Method::GET, "/api/auth/unknown", 404),
    ] {
        let reply = Reply::of(ann.request(method, path).bearer_auth(&ann.token)).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.code().is_empty());
    }
    for cookie in ["", "x", "=", "\u{7f}", &long, &"A".repeat(43), "a=b; todochat_refresh=c"] {
        let guess = Browser { cookie: Some(cookie.to_owned()), ..Browser::at(&house) };
        for path in ["/api/auth/refresh", "/api/auth/logout"] {
            let Ok(response) = guess.request(Method::POST, path).send().await else { continue };
            assert!(matches!(response.status().as_u16(), 401 | 204 | 400), "{cookie:?}");
        }
    }
    assert!(ann.is_in().await);
}

async fn every_refused_token_gets_the_same_answer(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    let good = ann.token.clone();
    let ended = {
        let mut phone = Browser::at(&house);
        phone.log_in("ann@example.org").await;
        let token = phone.token.clone();
        phone.log_out().await;
        token
    };
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    let long = format!("Bearer {}", "a".repeat(10_000));
    let headers = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Bearer  {good}")),
        Some(format!("Basic {good}")),
        Some(format!("Bearer {good}x")),
        Some(format!("Bearer {unsigned}.")),
        Some(format!("Bearer {unsigned}")),
        Some(format!("Bearer {ended}")),
        Some(long),
    ];
    let mut answers = Vec::new();
    for (path, header) in ["/api/auth/me", "/api/auth/sessions", "/api/tasks"]
        .into_iter()
        .flat_map(|path| headers.iter().map(move |header| (path, header)))
    {
        let request = house.get(path);
        let request = match header {
            Some(header) => request.header("authorization", header),
            None => request,
        };
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 401, "{path} {header:?}");
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        answers.push(super::without_request_id(&reply));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let lower_case = house.get("/api/auth/me").header("authorization", format!("bearer {good}"));
    assert_eq!(Reply::of(lower_case).await.status, 200);
}

async fn another_site_is_refused(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    for path in ["signup", "login", "refresh", "logout"] {
        let path = format!("/api/auth/{path}");
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = ann.request(Method::POST, &path).header(name, value);
            let body = credentials("ann@example.org", PASSWORD);
            let reply = Reply::of(request.json(&body)).await;
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "cross_origin"));
        }
    }
    assert!(ann.is_in().await);
    let ours = ann.request(Method::POST, "/api/auth/refresh").header("origin", &house.url);
    assert_eq!(Reply::of(ours.header("sec-fetch-site", "same-origin")).await.status, 200);
}

async fn a_closed_house_takes_nobody_in(database: TestDatabase) {
    let house = House::with(database, &["--signup", "disabled"]).await;
    let refused = Browser::at(&house).sign_up("ann@example.org").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "signup_closed"));
}

async fn an_invited_house_asks_for_a_code(database: TestDatabase) {
    let codes = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(codes.path(), "first code\n\n  second code \n").unwrap();
    let file = codes.path().to_str().unwrap();
    let house = House::with(database, &["--signup", "invite", "--invite-codes-file", file]).await;
    let sign_up = async |name: &str, invite: Value| {
        let mut body = credentials(&format!("{name}@example.org"), PASSWORD);
        body["invite"] = invite;
        Reply::of(house.post("/api/auth/signup").json(&body)).await
    };
    for invite in [json!(null), json!(""), json!("wrong"), json!("first"), json!("first code ")] {
        let refused = sign_up("ann", invite.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "invite_needed"));
    }
    assert_eq!(sign_up("ann", json!("first code")).await.status, 201);
    assert_eq!(sign_up("bob", json!("second code")).await.status, 201);
}

async fn without_built_in_accounts_their_endpoints_are_not_there(database: TestDatabase) {
    let house = House::with(database, &["--builtin-accounts", "false"]).await;
    for path in ["signup", "login", "refresh", "logout"] {
        let body = credentials("ann@example.org", PASSWORD);
        let reply = Reply::of(house.post(&format!("/api/auth/{path}")).json(&body)).await;
        assert_eq!(reply.status, 404, "{path}");
    }
}
