//! How often one may sign up, and how guessing gets slower.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use todochat_service::Clock;
use todochat_tests::{
    TestDatabase,
    house::{House, Reply},
    on_each_database,
};

use super::browser::{Browser, credentials};

on_each_database!(
    an_address_may_sign_up_so_often_an_hour,
    guessing_gets_slower_and_the_owner_gets_in,
    an_address_without_an_account_is_guessed_at_no_faster,
    logging_in_well_is_never_limited,
);

async fn house(database: TestDatabase, flags: &[&str]) -> House {
    let noon = "2026-11-21T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    House::at(database, flags, Clock::fixed(noon)).await
}

async fn an_address_may_sign_up_so_often_an_hour(database: TestDatabase) {
    let house = house(database, &["--signups-per-hour", "5"]).await;
    let sign_up =
        async |name: &str| Browser::at(&house).sign_up(&format!("{name}@example.org")).await;
    for name in ["a", "b", "c", "d"] {
        assert_eq!(sign_up(name).await.status, StatusCode::CREATED, "{name}");
    }
    assert_eq!(sign_up("not an address").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_up("a").await.status, StatusCode::CONFLICT, "which tells, and so counts");
    let refused = sign_up("e").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "720");
    house.clock.advance(TimeDelta::minutes(12));
    assert_eq!(sign_up("e").await.status, StatusCode::CREATED);
    assert_eq!(sign_up("f").await.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(TimeDelta::hours(2));
    assert_eq!(sign_up("f").await.status, StatusCode::CREATED);
}

/// Guesses until it has to wait, and says how many guesses that were and how long the wait is.
async fn guess(house: &House, email: &str) -> (usize, String) {
    for guesses in 0.. {
        let wrong = credentials(email, &format!("guess {guesses}"));
        let reply = Reply::of(house.post("/api/auth/login").json(&wrong)).await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            return (guesses, reply.headers["retry-after"].to_str().unwrap().to_owned());
        }
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    unreachable!("there is a limit")
}

async fn guessing_gets_slower_and_the_owner_gets_in(database: TestDatabase) {
    let house = house(database, &[]).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    assert_eq!(guess(&house, "ann@example.org").await, (31, "1".to_owned()));
    for (waited, next) in [(1, "2"), (2, "4"), (4, "8")] {
        house.clock.advance(TimeDelta::seconds(waited));
        assert_eq!(guess(&house, "ANN@example.org").await, (1, next.to_owned()));
    }
    let too_soon = ann.log_in("ann@example.org").await;
    assert_eq!(too_soon.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(TimeDelta::seconds(8));
    assert_eq!(ann.log_in("ann@example.org").await.status, StatusCode::OK);
    assert_eq!(ann.log_in("ann@example.org").await.status, StatusCode::OK);
    assert_eq!(guess(&house, "ann@example.org").await.0, 31, "and it begins anew");
}

async fn an_address_without_an_account_is_guessed_at_no_faster(database: TestDatabase) {
    let house = house(database, &[]).await;
    assert_eq!(guess(&house, "nobody@example.org").await, (31, "1".to_owned()));
    assert_eq!(guess(&house, "no address").await, (31, "1".to_owned()));
    house.clock.advance(TimeDelta::minutes(61));
    assert_eq!(guess(&house, "nobody@example.org").await.0, 31, "an hour of rest forgives");
}

async fn logging_in_well_is_never_limited(database: TestDatabase) {
    let house = house(database, &[]).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    for _ in 0..35 {
        assert_eq!(ann.log_in("ann@example.org").await.status, StatusCode::OK);
    }
}
