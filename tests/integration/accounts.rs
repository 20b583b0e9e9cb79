//! Accounts over real HTTP and on both databases.
//!
//! - here: the life of a session, and who gets in
//! - `renewal`: refresh tokens, used once and used twice
//! - `ending`: logging out, here, elsewhere and on other replicas
//! - `limits`: how often one may sign up or guess
//! - `refused`: bad input
//! - `external`: users of other issuers

mod browser;
mod ending;
mod external;
mod limits;
mod refused;
mod renewal;

use reqwest::StatusCode;
use serde_json::json;
use todochat_tests::{
    TestDatabase,
    house::{House, Reply},
    on_each_database,
};

use browser::{Browser, PASSWORD, credentials, without_request_id};

on_each_database!(
    a_session_lives_from_sign_up_to_log_out,
    the_published_keys_verify_our_tokens,
    an_address_has_one_account_however_it_is_spelled,
    of_many_sign_ups_at_once_one_wins,
    a_wrong_password_and_an_unknown_address_are_not_told_apart,
    two_people_see_only_themselves,
    a_weak_hash_is_replaced_when_its_owner_logs_in,
);

async fn a_session_lives_from_sign_up_to_log_out(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);

    let signed_up = ann.sign_up("Ann@Example.org").await;
    assert_eq!(signed_up.status, StatusCode::CREATED);
    assert_eq!(signed_up.json()["expires_in"], 600);
    assert_eq!(signed_up.headers["cache-control"], "no-store");
    let id = signed_up.text("/user/id");
    assert!(id.starts_with("usr_"), "{id}");
    let cookie = signed_up.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("todochat_refresh="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict"), "{cookie}");

    let me = ann.get("/api/auth/me").await;
    assert_eq!(me.json(), json!({"id": id, "email": "ann@example.org"}));

    let logged_in = ann.log_in("ann@example.org").await;
    assert_eq!(logged_in.status, StatusCode::OK);
    assert_eq!(logged_in.json()["user"], json!({"id": id, "email": "ann@example.org"}));

    let refreshed = ann.refresh().await;
    assert_eq!(refreshed.status, StatusCode::OK);
    assert_eq!(refreshed.json()["user"], json!({"id": id, "email": "ann@example.org"}));
    assert_eq!(ann.get("/api/auth/me").await.status, StatusCode::OK);

    let logged_out = ann.log_out().await;
    assert_eq!(logged_out.status, StatusCode::NO_CONTENT);
    assert!(logged_out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(ann.get("/api/auth/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ann.refresh().await.status, StatusCode::UNAUTHORIZED);
}

async fn the_published_keys_verify_our_tokens(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    let token = ann.sign_up("ann@example.org").await.text("/access_token");
    let jwks = Reply::of(house.get("/.well-known/jwks.json")).await;
    assert!(!jwks.body.contains("\"d\""), "{}", jwks.body);

    let keys =
        todochat_auth::KeySet::parse(jwks.body.as_bytes(), &[todochat_auth::Algorithm::EdDSA]);
    let verifier = todochat_auth::Verifier::new(format!("{}/api", house.url))
        .trust_keys(&house.url, keys.unwrap());
    let principal = verifier.verify(&token, house.clock.now()).await.unwrap();
    assert!(principal.session.unwrap().starts_with("ses_"));
}

async fn an_address_has_one_account_however_it_is_spelled(database: TestDatabase) {
    let house = House::open(database).await;
    Browser::at(&house).sign_up("taken@example.org").await;
    for spelling in ["taken@example.org", "Taken@EXAMPLE.org", "  taken@example.org\n"] {
        let second = Browser::at(&house).sign_up(spelling).await;
        assert_eq!((second.status.as_u16(), second.code().as_str()), (409, "email_taken"));
        assert_eq!(Browser::at(&house).log_in(spelling).await.status, StatusCode::OK);
    }
}

async fn of_many_sign_ups_at_once_one_wins(database: TestDatabase) {
    let house = House::open(database).await;
    let asks = (0..8).map(|_| {
        Reply::of(house.post("/api/auth/signup").json(&credentials("ann@example.org", PASSWORD)))
    });
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(asks).await.iter().map(|one| one.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

async fn a_wrong_password_and_an_unknown_address_are_not_told_apart(database: TestDatabase) {
    let house = House::open(database).await;
    Browser::at(&house).sign_up("ann@example.org").await;
    let long = "x".repeat(1000);
    let mut answers = Vec::new();
    for (email, password) in [
        ("ann@example.org", "wrong password"),
        ("ann@example.org", ""),
        ("ann@example.org", &long),
        ("ann@example.org", "correct horse battery staple "),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        ("ann\0@example.org", PASSWORD),
        ("", ""),
        (&long, PASSWORD),
    ] {
        let request = house.post("/api/auth/login").json(&credentials(email, password));
        let refused = Reply::of(request).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{email:?}");
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
        assert!(!refused.headers.contains_key("set-cookie"));
        answers.push(without_request_id(&refused));
    }
    let no_token = Reply::of(house.get("/api/auth/me")).await;
    answers.push(without_request_id(&no_token));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

async fn two_people_see_only_themselves(database: TestDatabase) {
    let house = House::open(database).await;
    let (mut ann, mut bob) = (Browser::at(&house), Browser::at(&house));
    ann.sign_up("ann@example.org").await;
    bob.sign_up("bob@example.org").await;
    assert_eq!(ann.get("/api/auth/me").await.text("/email"), "ann@example.org");
    assert_eq!(bob.get("/api/auth/me").await.text("/email"), "bob@example.org");

    let [of_ann, of_bob] = [ann.session_ids().await, bob.session_ids().await];
    assert_eq!((of_ann.len(), of_bob.len()), (1, 1));
    assert_ne!(of_ann, of_bob);

    let foreign = ann.delete(&format!("/api/auth/sessions/{}", of_bob[0])).await;
    let unknown = ann.delete("/api/auth/sessions/ses_unknown").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!(without_request_id(&foreign), without_request_id(&unknown));
    assert_eq!(ann.delete("/api/auth/sessions").await.status, StatusCode::NO_CONTENT);
    assert_eq!(bob.get("/api/auth/me").await.status, StatusCode::OK);
    assert_eq!(bob.refresh().await.status, StatusCode::OK);
}

/// `correct horse battery staple` with the least that argon2id can do.
const WEAK: &str =
    "$argon2id$v=19$m=8,t=1,p=1$EOoiUnoTXoKHM2x6SIbCAw$9Sxiz7IxHcscUyeq5mXtZhAk0VTReFwzw6Wv6JkLcso";

async fn a_weak_hash_is_replaced_when_its_owner_logs_in(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    browser::set_hash(&house, WEAK).await;
    for _ in 0..2 {
        assert_eq!(ann.log_in("ann@example.org").await.status, StatusCode::OK);
        assert!(browser::hash(&house).await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}
