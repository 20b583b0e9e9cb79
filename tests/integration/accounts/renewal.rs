//! Refresh tokens: each works once, and a copy ends the session.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use todochat_service::Clock;
use todochat_tests::{TestDatabase, house::House, on_each_database};

use super::browser::Browser;

on_each_database!(
    each_renewal_replaces_the_token,
    a_token_that_comes_twice_ends_the_session,
    an_old_token_ends_the_session_long_after,
    two_tabs_may_renew_at_once,
    an_answer_that_got_lost_can_be_asked_for_again,
    a_session_ends_when_it_rests_for_two_weeks,
    a_session_ends_after_ninety_days_however_much_it_is_used,
    an_access_token_ends_by_itself,
);

async fn house(database: TestDatabase) -> House {
    let noon = "2026-11-21T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    House::at(database, &[], Clock::fixed(noon)).await
}

async fn signed_in(house: &House) -> Browser {
    let mut ann = Browser::at(house);
    assert_eq!(ann.sign_up("ann@example.org").await.status, StatusCode::CREATED);
    ann
}

async fn each_renewal_replaces_the_token(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    let mut seen = vec![ann.cookie.clone().unwrap()];
    for _ in 0..3 {
        assert_eq!(ann.refresh().await.status, StatusCode::OK);
        let next = ann.cookie.clone().unwrap();
        assert!(!seen.contains(&next));
        seen.push(next);
        house.clock.advance(TimeDelta::minutes(9));
    }
    assert_eq!(ann.session_ids().await.len(), 1);
}

async fn a_token_that_comes_twice_ends_the_session(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    let mut thief = ann.copy();
    assert_eq!(ann.refresh().await.status, StatusCode::OK);
    house.clock.advance(TimeDelta::seconds(31));

    let refused = thief.refresh().await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.cookie, None, "the cookie is taken away");
    assert!(!ann.is_in().await, "the access token ends at once");
    assert_eq!(ann.refresh().await.status, StatusCode::UNAUTHORIZED);
}

async fn an_old_token_ends_the_session_long_after(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    let mut thief = ann.copy();
    for _ in 0..5 {
        house.clock.advance(TimeDelta::days(2));
        assert_eq!(ann.refresh().await.status, StatusCode::OK);
    }
    assert_eq!(thief.refresh().await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ann.refresh().await.status, StatusCode::UNAUTHORIZED);
}

async fn two_tabs_may_renew_at_once(database: TestDatabase) {
    let house = house(database).await;
    let ann = signed_in(&house).await;
    let mut tabs: Vec<Browser> = (0..8).map(|_| ann.copy()).collect();
    let replies = futures_util::future::join_all(tabs.iter_mut().map(Browser::refresh)).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::OK));
    let cookies: std::collections::HashSet<_> = tabs.iter().map(|tab| &tab.cookie).collect();
    assert_eq!(cookies.len(), 1, "whoever is last to set the cookie, it is a good one");
    house.clock.advance(TimeDelta::minutes(9));
    assert_eq!(tabs[3].refresh().await.status, StatusCode::OK);
}

async fn an_answer_that_got_lost_can_be_asked_for_again(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    ann.copy().refresh().await;
    house.clock.advance(TimeDelta::seconds(30));
    assert_eq!(ann.refresh().await.status, StatusCode::OK);
    house.clock.advance(TimeDelta::minutes(9));
    assert_eq!(ann.refresh().await.status, StatusCode::OK);
    assert!(ann.is_in().await);
}

async fn a_session_ends_when_it_rests_for_two_weeks(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    house.clock.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    assert_eq!(ann.refresh().await.status, StatusCode::OK);
    house.clock.advance(TimeDelta::days(14));
    assert_eq!(ann.refresh().await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ann.cookie, None);
    assert_eq!(ann.log_in("ann@example.org").await.status, StatusCode::OK);
    assert_eq!(ann.session_ids().await.len(), 1, "what has ended is not listed");
}

async fn a_session_ends_after_ninety_days_however_much_it_is_used(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    for day in (10..90).step_by(10) {
        house.clock.advance(TimeDelta::days(10));
        assert_eq!(ann.refresh().await.status, StatusCode::OK, "day {day}");
    }
    house.clock.advance(TimeDelta::days(10));
    assert_eq!(ann.refresh().await.status, StatusCode::UNAUTHORIZED);
}

async fn an_access_token_ends_by_itself(database: TestDatabase) {
    let house = house(database).await;
    let mut ann = signed_in(&house).await;
    house.clock.advance(TimeDelta::minutes(10));
    assert!(ann.is_in().await, "clocks may be apart by half a minute");
    house.clock.advance(TimeDelta::seconds(30));
    assert!(!ann.is_in().await);
    assert_eq!(ann.refresh().await.status, StatusCode::OK);
    assert!(ann.is_in().await);
}
