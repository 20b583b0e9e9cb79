//! Who owns the tables, on a real Postgres: a role that nobody logs in as. One login acts as it to migrate; those of the
//! servers own nothing, and row-level security holds for them all.

use clap::Parser as _;
use futures_util::future::try_join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use todochat_chat_server::{config::MigrateConfig, migrate::migrate};
use todochat_database::{Database, RoleError};
use todochat_tests::{people::Person, postgres};

use crate::{load::Load, place::Place};

/// Everything in the schema that belongs to somebody, with whom.
const OWNERS: &str = "SELECT coalesce(string_agg(DISTINCT pg_get_userbyid(owner)::text, ','), '') FROM ( \
                      SELECT relowner, relnamespace FROM pg_class UNION ALL SELECT proowner, pronamespace FROM pg_proc) \
                      AS thing (owner, place) WHERE place = 'public'::regnamespace";
/// What the servers may do, table by table.
const RIGHTS: &str = "SELECT coalesce(string_agg(concat(table_name, ' ', privilege_type), ',' ORDER BY table_name, privilege_type), '') \
                      FROM information_schema.role_table_grants WHERE grantee = current_database() || ' Server_rw'";

async fn counts(connection: &mut PgConnection, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM public.{table}"));
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

async fn fails(connection: &mut PgConnection, sql: &str) -> bool {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.is_err()
}

/// The tables whose rows are somebody's.
async fn guarded(place: &Place) -> Vec<String> {
    let tables: String = place
        .asks("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        .await;
    tables.split(',').map(str::to_owned).collect()
}

/// One task of Ann's, with all that belongs to it.
async fn of_ann(place: &Place) {
    let server = place.server(2).await;
    Person::new(&server, "ann").add("Secret party").await.unwrap();
}

#[tokio::test]
async fn every_table_belongs_to_a_role_that_nobody_logs_in_as() {
    let place = Place::empty().await;
    place.migrate().await.unwrap();
    let owner = format!("{}_owner", place.family().await);
    assert_eq!(place.asks::<String>(OWNERS).await, owner);
    assert!(!place.may_log_in(&owner).await);
    let [first, second] = place.roles().await;
    for role in [&first, &second, &format!("{first}_migrate")] {
        let sql = format!(
            "SELECT count(*) FROM pg_class JOIN pg_roles AS who ON who.oid = relowner WHERE rolname = '{role}'"
        );
        assert_eq!(place.asks::<i64>(&sql).await, 0, "{role} owns something");
    }
    of_ann(&place).await;
}

#[tokio::test]
async fn row_level_security_holds_for_the_owner_and_for_who_acts_as_it() {
    let place = Place::new().await;
    of_ann(&place).await;
    place.make(&place.second("two")).await.unwrap();
    let reader = format!("{}_ro", place.family().await);
    let owner = format!("{}_owner", place.family().await);
    let tables = guarded(&place).await;
    for table in ["tasks", "task_changes", "task_counters", "threads", "thread_items", "tool_calls"]
    {
        assert!(tables.iter().any(|known| known == table), "{table} is not guarded");
    }
    let mut seen_by_anybody = place.superuser().await;
    assert!(counts(&mut seen_by_anybody, "tasks").await > 0);
    for url in [place.migrator("migrates"), place.first("one"), place.second("two")] {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        for table in &tables {
            assert_eq!(counts(&mut connection, table).await, 0, "{table}");
        }
    }
    for role in [&owner, &reader] {
        let mut connection = place.superuser().await;
        let sql = AssertSqlSafe(format!("SET ROLE \"{role}\""));
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        for table in &tables {
            assert_eq!(counts(&mut connection, table).await, 0, "{table} for {role}");
        }
    }
    // It is the setting that opens the rows, and only those of that user.
    let mut migrator = PgConnection::connect(&place.migrator("migrates")).await.unwrap();
    for (user, sees) in [("usr_bob", 0), ("usr_ann", 1)] {
        let mut tx = migrator.begin().await.unwrap();
        let sql = AssertSqlSafe(format!("SET LOCAL app.user_id = '{user}'"));
        sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
        assert_eq!(counts(&mut tx, "tasks").await, sees, "{user}");
    }
}

#[tokio::test]
async fn the_migrator_has_no_right_but_to_act_as_the_owner() {
    let place = Place::new().await;
    let owner = format!("{}_owner", place.family().await);
    let mut migrator = PgConnection::connect(&place.migrator("migrates")).await.unwrap();
    let acts_as: String =
        sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut migrator).await.unwrap();
    assert_eq!(acts_as, owner);
    for sql in ["CREATE ROLE other", "ALTER TABLE pg_class ADD mine int", "SET ROLE todochat"] {
        assert!(fails(&mut migrator, sql).await, "{sql}");
    }
    sqlx::raw_sql("SET ROLE NONE").execute(&mut migrator).await.unwrap();
    for sql in
        ["SELECT * FROM tasks", "CREATE TABLE mine (id int)", "ALTER TABLE tasks ADD mine int"]
    {
        assert!(fails(&mut migrator, sql).await, "{sql}");
    }
}

#[tokio::test]
async fn no_login_of_the_servers_can_become_the_owner() {
    let place = Place::new().await;
    place.make(&place.second("two")).await.unwrap();
    let family = place.family().await;
    for url in [place.first("one"), place.second("two")] {
        let mut server = PgConnection::connect(&url).await.unwrap();
        for sql in [
            format!("SET ROLE \"{family}_owner\""),
            format!("SET ROLE \"{family}_migrate\""),
            "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY".to_owned(),
            "CREATE TABLE mine (id int)".to_owned(),
            "DELETE FROM _sqlx_migrations".to_owned(),
        ] {
            assert!(fails(&mut server, &sql).await, "{sql}");
        }
    }
    place.superuser_does(&format!("GRANT \"{family}_owner\" TO \"{family}\"")).await;
    let error = place.migrate().await.unwrap_err().to_string();
    assert!(error.contains("would void row-level security"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_an_earlier_release_is_converted_without_a_lost_query() {
    let place = Place::of_an_earlier_release().await;
    of_ann(&place).await;
    let before = place.asks::<String>(RIGHTS).await;
    assert!(before.contains("tasks DELETE"), "{before}");
    let servers = [place.server(4).await, place.server(4).await];
    let load = Load::on(&servers);
    load.some_more().await;
    place.migrate().await.unwrap();
    load.some_more().await;
    let done = load.end().await;
    assert!(done >= 400, "{done}");
    assert_eq!(place.asks::<String>(OWNERS).await, format!("{}_owner", place.family().await));
    assert_eq!(place.asks::<String>(RIGHTS).await, before);
    assert_eq!(Person::new(&servers[0], "ann").list().await.unwrap().tasks.len(), 1);
}

#[tokio::test]
async fn a_table_that_is_in_use_is_waited_for_and_nobody_waits_behind_it_for_long() {
    let place = Place::of_an_earlier_release().await;
    let server = place.server(4).await;
    let mut busy = server.write_as("usr_ann").await.unwrap();
    let touch = "SELECT count(*) FROM tasks";
    todochat_database::on_each!(busy, connection => sqlx::query(touch).execute(connection).await.map(drop))
        .unwrap();
    let ending = async {
        let mut superuser = place.superuser().await;
        let waits = "SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation \
                     WHERE relname = 'tasks' AND NOT granted AND datname_is_ours(database)";
        let waits = waits.replace(
            "datname_is_ours(database)",
            "database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        // It waits, gives up, and waits again: meanwhile others get through.
        for expected in [1, 0, 1] {
            while sqlx::query_scalar::<_, i64>(AssertSqlSafe(&*waits))
                .fetch_one(&mut superuser)
                .await
                .unwrap()
                != expected
            {
                tokio::task::yield_now().await;
            }
        }
        Person::new(&server, "bob").add("Meanwhile").await.unwrap();
        busy.commit().await.unwrap();
    };
    let (migrated, ()) = tokio::join!(place.migrate(), ending);
    migrated.unwrap();
}

#[tokio::test]
async fn tables_of_a_later_migration_are_the_owners_and_open_to_the_servers() {
    let place = Place::new().await;
    let mut migrator = PgConnection::connect(&place.migrator("migrates")).await.unwrap();
    let later = "CREATE TABLE later (id bigserial PRIMARY KEY, what text)";
    sqlx::raw_sql(later).execute(&mut migrator).await.unwrap();
    let mut server = PgConnection::connect(&place.first("one")).await.unwrap();
    let insert = "INSERT INTO later (what) VALUES ('x')";
    sqlx::raw_sql(insert).execute(&mut server).await.unwrap();
    // What the admin makes beside them is nobody else's.
    let mut admin = PgConnection::connect(place.test.url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE beside (id int)").execute(&mut admin).await.unwrap();
    assert!(fails(&mut server, "SELECT * FROM beside").await);
    place.migrate().await.unwrap();
    assert!(fails(&mut server, "SELECT * FROM beside").await);
}

#[tokio::test]
async fn it_may_be_run_again_by_several_at_once_and_by_an_earlier_release() {
    let place = Place::empty().await;
    try_join_all((0..4).map(|_| place.migrate())).await.unwrap();
    let owners = place.asks::<String>(OWNERS).await;
    place.migrate_as_before().await.unwrap();
    place.migrate().await.unwrap();
    assert_eq!(place.asks::<String>(OWNERS).await, owners);
    of_ann(&place).await;
}

#[tokio::test]
async fn a_new_password_of_the_migrator_takes_the_place_of_the_old_one() {
    let place = Place::new().await;
    place.put("migrator", &place.migrator("another"));
    place.migrate().await.unwrap();
    let role = format!("{}_migrate", place.family().await);
    let verifier: String =
        place.asks(&format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'")).await;
    assert!(todochat_database::testing::is_verifier_of(&verifier, "another"));
}

#[tokio::test]
async fn an_admin_who_may_not_give_the_owner_its_place_is_told_so() {
    let place = Place::new().await;
    let database: String = place.asks("SELECT current_database()::text").await;
    let family = place.family().await;
    place.superuser_does(&format!("REVOKE ALL ON SCHEMA public FROM \"{family}_owner\"")).await;
    place
        .superuser_does(&format!("ALTER DATABASE {database} OWNER TO CURRENT_USER; ALTER SCHEMA public OWNER TO CURRENT_USER"))
        .await;
    let error = place.migrate().await.unwrap_err();
    let is_told = matches!(
        error.downcast_ref(),
        Some(RoleError::MayNotCreate { .. } | RoleError::Statement { .. })
    );
    assert!(is_told, "{error:#}");
    assert!(!format!("{error:#}").contains("migrates"), "no password is told");
    place
        .superuser_does(&format!(
            "ALTER DATABASE {database} OWNER TO {database}; ALTER SCHEMA public OWNER TO {database}"
        ))
        .await;
    place.migrate().await.unwrap();
}

#[tokio::test]
async fn one_login_that_may_make_no_others_does_everything() {
    let test = postgres().await;
    let mut superuser = PgConnection::connect(&test.superuser_url().unwrap()).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    let plain = AssertSqlSafe(format!("ALTER ROLE {name} NOCREATEROLE"));
    sqlx::raw_sql(plain).execute(&mut superuser).await.unwrap();
    let flags = ["migrate", "--database-url", test.url()];
    for _ in 0..2 {
        migrate(&MigrateConfig::try_parse_from(flags).unwrap()).await.unwrap();
    }
    let server = Database::connect(test.url(), 2).await.unwrap();
    Person::new(&server, "ann").add("Secret party").await.unwrap();
    assert_eq!(Person::new(&server, "bob").list().await.unwrap().tasks, []);
    let mut login = PgConnection::connect(test.url()).await.unwrap();
    assert_eq!(counts(&mut login, "tasks").await, 0, "row-level security holds for the owner too");
}
