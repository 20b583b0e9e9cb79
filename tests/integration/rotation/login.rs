//! The login is replaced under load: no query fails, no notice is lost, and the one before may not log in any more.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use todochat_database::{Database, RoleError, Topic, on_each};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    load::{Load, read, write},
    place::Place,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_query_is_lost_while_the_logins_take_turns() {
    let place = Place::new().await;
    let servers = [place.server(4).await, place.server(4).await];
    let mut notices = servers[0].subscribe();
    let heard = tokio::spawn(async move {
        let mut heard = 0_usize;
        loop {
            let notice = match notices.recv().await {
                Err(RecvError::Lagged(more)) => {
                    heard += usize::try_from(more).unwrap();
                    continue;
                }
                notice => notice.unwrap(),
            };
            assert_ne!(notice.topic, Topic::Missed);
            heard += 1;
            if notice.user == "usr_last" {
                return heard;
            }
        }
    });
    let load = Load::on(&servers);
    let [first, second] = place.roles().await;
    for (url, old) in [
        (place.second("two"), &first),
        (place.first("three"), &second),
        (place.second("four"), &first),
    ] {
        load.some_more().await;
        place.make(&url).await.unwrap();
        load.some_more().await;
        place.put("servers", &url);
        place.retire(old, "60s").await.unwrap();
        assert!(!place.may_log_in(old).await);
        assert_eq!(place.sessions(old).await, 0);
        load.some_more().await;
    }
    let done = load.end().await;
    assert!(done > 1000, "{done} queries are no load");
    assert!(place.may_log_in(&second).await);
    write(&servers[1], "usr_last").await.unwrap();
    assert!(heard.await.unwrap() > done / 2, "every write was heard of");
}

#[tokio::test]
async fn a_login_that_is_refused_before_the_file_says_the_next_one_is_waited_out() {
    let place = Place::new().await;
    let server = place.server(2).await;
    let mut long = server.write().await.unwrap();
    place.make(&place.second("two")).await.unwrap();
    let [first, _] = place.roles().await;
    let mut superuser = PgConnection::connect(&place.test.superuser_url().unwrap()).await.unwrap();
    let lock = format!("ALTER ROLE \"{first}\" NOLOGIN");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut superuser).await.unwrap();
    // The one connection is taken by `long`, so these need another, and are refused.
    let (asked, again) = (server.clone(), server.clone());
    let waiting = tokio::spawn(async move { write(&asked, "usr_waits").await });
    let reading = tokio::spawn(async move { read(&again).await });
    tokio::task::yield_now().await;
    place.put("servers", &place.second("two"));
    waiting.await.unwrap().unwrap();
    reading.await.unwrap().unwrap();
    // What ran all the while on the connection of before ends well.
    on_each!(long, connection => {
        sqlx::query("INSERT INTO rate_limits (user_id, arrival) VALUES ('usr_long', 1)")
            .execute(connection)
            .await
            .map(drop)
    })
    .unwrap();
    long.commit().await.unwrap();
    assert_eq!(read(&server).await.unwrap(), 2);
}

#[tokio::test]
async fn a_server_that_starts_meanwhile_waits_for_a_login_that_is_let_in() {
    let place = Place::new().await;
    place.make(&place.second("two")).await.unwrap();
    let [first, _] = place.roles().await;
    let mut superuser = PgConnection::connect(&place.test.superuser_url().unwrap()).await.unwrap();
    let lock = format!("ALTER ROLE \"{first}\" NOLOGIN");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut superuser).await.unwrap();
    let (server, ()) = tokio::join!(place.server(2), async {
        tokio::task::yield_now().await;
        place.put("servers", &place.second("two"));
    });
    read(&server).await.unwrap();
}

#[tokio::test]
async fn a_url_that_cannot_be_used_changes_nothing() {
    let place = Place::new().await;
    let server = place.server(2).await;
    place.put("servers", &place.second("never-made"));
    let [_, second] = place.roles().await;
    // The server tries: whoever it is does not exist.
    assert_eq!(place.sessions(&second).await, 0);
    write(&server, "usr_one").await.unwrap();
    place.make(&place.second("two")).await.unwrap();
    place.put("servers", &place.second("two"));
    while place.sessions(&second).await == 0 {
        read(&server).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_dies_between_two_steps_is_followed_by_the_same_end() {
    let place = Place::new().await;
    let [first, second] = place.roles().await;
    let server = place.server(2).await;
    let next = place.second("two");
    // Made twice, and by two at once.
    place.make(&next).await.unwrap();
    let (one, other) = tokio::join!(place.turn("next", &[]), place.turn("next", &[]));
    one.unwrap();
    other.unwrap();
    assert!(place.may_log_in(&first).await && place.may_log_in(&second).await);
    // Too early: the file still names the login.
    let early = place.retire(&first, "0s").await.unwrap_err();
    assert!(matches!(early.downcast_ref(), Some(RoleError::NotTheOther { .. })), "{early:#}");
    place.put("servers", &next);
    while place.sessions(&second).await == 0 {
        read(&server).await.unwrap();
    }
    place.retire(&first, "60s").await.unwrap();
    place.retire(&first, "0s").await.unwrap();
    assert!(!place.may_log_in(&first).await && place.may_log_in(&second).await);
    read(&server).await.unwrap();
}

#[tokio::test]
async fn a_login_that_is_used_is_not_retired() {
    let place = Place::new().await;
    let [first, _] = place.roles().await;
    place.make(&place.second("two")).await.unwrap();
    // Somebody who does not follow the file.
    let stubborn = Database::connect(&place.first("one"), 1).await.unwrap();
    place.put("servers", &place.second("two"));
    let error = place.retire(&first, "0s").await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(RoleError::InUse { .. })), "{error:#}");
    assert!(place.may_log_in(&first).await);
    read(&stubborn).await.unwrap();
    drop(stubborn);
    place.retire(&first, "60s").await.unwrap();
    assert!(!place.may_log_in(&first).await);
}

/// What people's own logins may not read.
const OF_ACCOUNTS: [&str; 8] = [
    "users",
    "identities",
    "sessions",
    "refresh_tokens",
    "signup_limits",
    "login_failures",
    "rate_limits",
    "attachment_sweeps",
];

#[tokio::test]
async fn both_logins_and_readers_have_the_rights_of_their_groups_and_no_others() {
    let place = Place::new().await;
    place.make(&place.second("two")).await.unwrap();
    for role in place.roles().await {
        let own = format!(
            "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = '{role}'"
        );
        assert_eq!(place.asks::<i64>(&own).await, 0, "{role} has rights of its own");
        let path = format!(
            "SELECT 'search_path=public' = ANY (rolconfig) AND rolconnlimit > 0 FROM pg_roles \
             WHERE rolname = '{role}'"
        );
        assert!(place.asks::<bool>(&path).await, "{role}");
    }
    for (end, write) in [("rw", true), ("ro", false)] {
        let sql = format!(
            "SELECT bool_and(NOT rolcanlogin AND NOT rolbypassrls AND NOT rolsuper) \
                    AND bool_and(has_table_privilege(oid, 'public.tasks', 'SELECT')) \
                    AND bool_and(has_table_privilege(oid, 'public.tasks', 'DELETE') = {write}) \
             FROM pg_roles WHERE rolname LIKE current_database() || ' Server\\_{end}'"
        );
        assert_eq!(place.asks::<Option<bool>>(&sql).await, Some(true), "{end}");
        for table in OF_ACCOUNTS {
            let sql = format!(
                "SELECT has_table_privilege(oid, 'public.{table}', 'SELECT') \
                 FROM pg_roles WHERE rolname = current_database() || ' Server_{end}'"
            );
            assert_eq!(place.asks::<bool>(&sql).await, write, "{table} for {end}");
        }
    }
}
