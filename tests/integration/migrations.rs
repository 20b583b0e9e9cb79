//! The migration Job is cut off after each of its statements, loses its lock, and meets what it does not know: in the end
//! the database is always the same, or was left alone.

mod outside;

use clap::Parser as _;
use futures_util::{StreamExt as _, stream};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use todochat_chat_server::{
    config::MigrateConfig,
    migrate::{exit_code, migrate},
};
use todochat_database::MigrateError;
use todochat_tests::{people::Person, postgres_proxy::PostgresProxy};

use crate::place::Place;

/// How many databases are worked on at once.
const AT_ONCE: usize = 4;

/// All that a migration makes: tables, columns, indexes, policies, rights, and the roles with what is set for them.
const PICTURE: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT concat_ws(' ', 'relation', relname, relkind, pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity,
            (SELECT string_agg(one::text, ',' ORDER BY one::text) FROM unnest(relacl) AS one)) AS line
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'policy', tablename, policyname, roles, cmd, qual, with_check) FROM pg_policies
        UNION ALL SELECT concat_ws(' ', 'later', pg_get_userbyid(defaclrole), defaclobjtype, one) FROM pg_default_acl,
            unnest(defaclacl) AS one
        UNION ALL SELECT concat_ws(' ', 'schema', one) FROM pg_namespace, unnest(nspacl) AS one WHERE nspname = 'public'
        UNION ALL SELECT concat_ws(' ', 'role', rolname, rolcanlogin, rolinherit, rolconnlimit, rolconfig,
            (SELECT string_agg(roleid::regrole::text, ',' ORDER BY roleid::regrole::text) FROM pg_auth_members WHERE member = who.oid))
        FROM pg_roles AS who WHERE starts_with(rolname, current_database())
        UNION ALL SELECT concat_ws(' ', 'has run', version, success, encode(checksum, 'hex')) FROM public._sqlx_migrations
    ) AS lines";

/// The same of any database: names have that of their database in them.
async fn picture(place: &Place) -> String {
    let name: String = place.asks("SELECT current_database()::text").await;
    let picture: String = place.asks(PICTURE).await;
    picture.replace(&name, "NAME")
}

/// The Job, whose every statement goes by way of this proxy.
async fn migrate_by_way_of(proxy: &PostgresProxy, place: &Place) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, url: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, proxy.url(url)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let admin = file("admin", place.test.url());
    let migrator = file("migrator", &place.migrator("migrates"));
    let servers = file("servers", &place.first("one"));
    let flags = ["migrate", "--wait", "0s", "--database-url-file", &admin];
    let others = ["--migrator-url-file", &migrator, "--runtime-url-file", &servers];
    migrate(&MigrateConfig::try_parse_from([&flags[..], &others].concat())?).await
}

async fn proxy_of(place: &Place) -> PostgresProxy {
    PostgresProxy::in_front_of(place.test.url()).await
}

/// What it looks like where nothing went wrong, and how many statements that takes.
async fn whole() -> (String, usize) {
    let place = Place::empty().await;
    let proxy = proxy_of(&place).await;
    migrate_by_way_of(&proxy, &place).await.unwrap();
    (picture(&place).await, proxy.statements())
}

/// The Job is cut off after so many statements, and another finishes it.
async fn cut_off_after(statements: usize, place: Place) -> String {
    let proxy = proxy_of(&place).await;
    proxy.cut_after(statements);
    let cut = migrate_by_way_of(&proxy, &place).await;
    assert!(proxy.has_cut() || cut.is_ok(), "{cut:?}");
    drop((cut, proxy));
    place.migrate().await.unwrap();
    picture(&place).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_it_is_cut_off_the_next_one_finishes_it() {
    let (whole, statements) = whole().await;
    assert!(whole.contains("relation tasks r NAME Server_owner t t"), "{whole}");
    assert!(statements > 100, "{statements}");
    let cut = stream::iter(1..=statements)
        .map(|after| async move { (after, cut_off_after(after, Place::empty().await).await) });
    let mut cut = cut.buffer_unordered(AT_ONCE);
    while let Some((after, picture)) = cut.next().await {
        assert_eq!(picture, whole, "cut off after {after} of {statements} statements");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_conversion_is_cut_off_the_next_one_finishes_it() {
    let place = Place::of_an_earlier_release().await;
    let proxy = proxy_of(&place).await;
    migrate_by_way_of(&proxy, &place).await.unwrap();
    let (whole, statements) = (picture(&place).await, proxy.statements());
    // The first statements and the last are those of the other test.
    let cut = stream::iter((1..=statements).step_by(8)).map(|after| async move {
        (after, cut_off_after(after, Place::of_an_earlier_release().await).await)
    });
    let mut cut = cut.buffer_unordered(AT_ONCE);
    while let Some((after, picture)) = cut.next().await {
        assert_eq!(picture, whole, "cut off after {after} of {statements} statements");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_loses_the_lock_does_no_harm() {
    let (whole, _) = whole().await;
    let place = Place::empty().await;
    let url = place.test.superuser_url().unwrap();
    let robbing = tokio::spawn(async move {
        let mut superuser = PgConnection::connect(&url).await.unwrap();
        let mut robbed = 0;
        while robbed < 3 {
            let ending = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted \
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            robbed += sqlx::query_scalar::<_, i64>(ending).fetch_one(&mut superuser).await.unwrap();
        }
    });
    // Two at a time, as often as it takes.
    loop {
        let (one, other) = tokio::join!(place.migrate(), place.migrate());
        if (one.is_ok() || other.is_ok()) && robbing.is_finished() {
            break;
        }
    }
    robbing.await.unwrap();
    place.migrate().await.unwrap();
    assert_eq!(picture(&place).await, whole);
}

#[tokio::test]
async fn one_that_fails_changes_nothing_and_the_next_try_goes_on_from_there() {
    let (whole, _) = whole().await;
    let place = Place::empty().await;
    let mut admin = PgConnection::connect(place.test.url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE threads (id int)").execute(&mut admin).await.unwrap();
    let error = place.migrate().await.unwrap_err();
    let Some(MigrateError::Failed { version, .. }) = error.downcast_ref() else {
        panic!("{error:#}")
    };
    assert_eq!(*version, 20_261_121_000_300);
    let ran: i64 = place.asks("SELECT max(version) FROM _sqlx_migrations").await;
    assert!(ran < *version, "what ran before stays, and is known to have run");
    sqlx::raw_sql("DROP TABLE IF EXISTS threads")
        .execute(&mut place.superuser().await)
        .await
        .unwrap();
    place.migrate().await.unwrap();
    assert_eq!(picture(&place).await, whole);
}

#[tokio::test]
async fn the_schema_of_a_later_release_is_left_alone() {
    let place = Place::new().await;
    place
        .superuser_does(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (20991231000100, 'later', TRUE, '\\x00', 1)",
        )
        .await;
    let before = picture(&place).await;
    let error = place.migrate().await.unwrap_err();
    assert!(matches!(
        error.downcast_ref(),
        Some(MigrateError::Newer { version: 20_991_231_000_100 })
    ));
    let code = std::process::ExitCode::from(todochat_service::exit::SCHEMA_NEWER);
    assert_eq!(exit_code(&error), code);
    assert_eq!(picture(&place).await, before);
    // Servers of the release before go on meanwhile.
    Person::new(&place.server(2).await, "ann").add("Still here").await.unwrap();
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_ran_is_refused() {
    let place = Place::new().await;
    let edited = "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 20261121000200";
    place.superuser_does(edited).await;
    let error = place.migrate().await.unwrap_err();
    let is_refused =
        matches!(error.downcast_ref(), Some(MigrateError::Changed { version: 20_261_121_000_200 }));
    assert!(is_refused, "{error:#}");
}

#[tokio::test]
async fn a_migration_waits_its_turn_and_servers_do_not_wait_behind_it() {
    let place = Place::new().await;
    place
        .superuser_does(
            "DELETE FROM _sqlx_migrations WHERE version = 20261121000320; DROP TABLE rate_limits",
        )
        .await;
    // Somebody reads what a migration must lock: the table of what has run.
    let mut reader = place.superuser().await;
    let mut reading = reader.begin().await.unwrap();
    let lock = AssertSqlSafe("LOCK TABLE _sqlx_migrations IN SHARE MODE");
    sqlx::raw_sql(lock).execute(&mut *reading).await.unwrap();
    let ending = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '_sqlx_migrations'::regclass";
        for expected in [1, 0, 1] {
            while place.asks::<i64>(waits).await != expected {
                tokio::task::yield_now().await;
            }
        }
        reading.rollback().await.unwrap();
    };
    let (migrated, ()) = tokio::join!(place.migrate(), ending);
    migrated.unwrap();
}
