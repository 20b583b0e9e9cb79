//! The database is somebody else's: far away, and only by TLS.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    place::{Place, within},
    postgres::{PASSWORD, Postgres},
};

fn spec(server: &Postgres, database: &str, secret: &Value) -> Value {
    let mut external = json!({
        "host": server.host(), "database": database, "sslMode": "verify-full",
        "caBundle": { "name": "authority", "key": "ca.crt" },
    });
    let secret = secret.as_object().expect("one member").clone();
    external.as_object_mut().expect("it was written so").extend(secret);
    json!({ "database": { "mode": "External", "external": external } })
}

#[tokio::test]
async fn with_an_admin_the_logins_are_made_and_the_certificate_is_checked() {
    let (place, server) = (Place::fresh().await, Postgres::start().await);
    let login = json!({ "username": "postgres", "password": PASSWORD });
    place.secret("server-admin", "team", &login).await;
    server.is_trusted_in(&place, "wrong").await;
    let admin = json!({ "admin": { "name": "server-admin" } });
    place.apply_open("team", &spec(&server, "people", &admin)).await;
    place.says("team", "DatabaseReady", "TlsFailed").await;

    server.is_trusted_in(&place, "right").await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    ada.say("add a task called \"before\"").await;
    let sessions = "SELECT DISTINCT usename = 'postgres', ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) \
                    WHERE datname = 'people' AND client_addr IS NOT NULL";
    assert_eq!(server.sql("people", sessions).await, "f|t", "no admin, and TLS");

    server.crash().await;
    let writes = async {
        while ada.try_to_say("add a task called \"after\"").await.is_err() {
            sleep(Duration::from_secs(1)).await; // people try again
        }
    };
    within("a write", writes).await;
    let titles: Vec<_> = ada.tasks().await.into_iter().map(|(title, _)| title).collect();
    assert!(titles.contains(&"before".to_owned()), "{titles:?}");
    place.ready("team").await;
}

#[tokio::test]
async fn with_a_login_of_ones_own_that_login_is_used_and_no_other_made() {
    let (place, server) = (Place::fresh().await, Postgres::start().await);
    server.sql("people", "CREATE ROLE plain LOGIN PASSWORD 'the-right-one'").await;
    server.sql("people", "CREATE DATABASE errands OWNER plain").await;
    server.is_trusted_in(&place, "right").await;
    let login = |password: &str| json!({ "username": "plain", "password": password });
    place.secret("server-login", "team", &login("a-wrong-one")).await;
    let credentials = json!({ "credentials": { "name": "server-login" } });
    place.apply_open("team", &spec(&server, "errands", &credentials)).await;
    place.says("team", "DatabaseReady", "AuthenticationFailed").await;

    place.secret("server-login", "team", &login("the-right-one")).await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    ada.say("add a task called \"milk\"").await;
    assert_eq!(ada.tasks().await.len(), 1);
    let logins = "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin";
    assert_eq!(server.sql("errands", logins).await, "plain,postgres");
    let users = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'errands' AND client_addr IS NOT NULL";
    assert_eq!(server.sql("errands", users).await, "plain");
}
