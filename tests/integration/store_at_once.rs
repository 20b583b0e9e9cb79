//! Reads in one round trip (decision 12): each is for its caller alone, whoever had the connection before; none waits for a plan
//! or a question that nobody needs.

use chatkit_server::{
    Hidden, PageRequest, Store as _, TurnStart,
    protocol::{Object, Order, ThreadItem, ThreadMetadata, ThreadStatus},
};
use chrono::DateTime;
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Arguments as _, Connection as _, postgres::PgArguments};
use todochat_auth::UserId;
use todochat_chat_server::{
    caller::Caller,
    store::{MessageLimit, threads::Threads},
};
use todochat_database::{Connection, Database, at_once};
use todochat_service::{Clock, Ids};
use todochat_tests::{people::Person, postgres, postgres_proxy::PostgresProxy};

/// How many tasks a statement without a predicate sees in one go.
async fn tasks_at_once(database: &Database, user: &str) -> usize {
    let statement = at_once!(
        "SELECT title",
        "$2::bigint AS most",
        "CROSS JOIN LATERAL (SELECT title FROM tasks LIMIT caller.most) task"
    );
    let mut arguments = PgArguments::default();
    arguments.add(user).unwrap();
    arguments.add(100_i64).unwrap();
    let titles = database.read_at_once::<(String,)>(statement, arguments);
    titles.await.unwrap().expect("no pooler").len()
}

#[tokio::test]
async fn a_connection_that_was_cut_while_it_rested_is_replaced() {
    let test = postgres().await;
    let ann = Person::new(test.database(), "ann");
    ann.add("Water plants").await.unwrap();
    assert_eq!(tasks_at_once(test.database(), &ann.user).await, 1);
    let mut superuser = sqlx::PgConnection::connect(&test.superuser_url().unwrap()).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'",
    )
    .execute(&mut superuser)
    .await
    .unwrap();
    assert_eq!(tasks_at_once(test.database(), &ann.user).await, 1);
}

#[tokio::test]
async fn a_read_in_one_go_is_for_its_caller_alone() {
    let test = postgres().await;
    let ann = Person::new(test.database(), "ann");
    ann.add("Secret party").await.unwrap();
    // More often than the server plans anew for each.
    for _ in 0..10 {
        assert_eq!(tasks_at_once(test.database(), "usr_bob").await, 0);
        assert_eq!(tasks_at_once(test.database(), &ann.user).await, 1);
    }
    // It ended with it.
    let mut after = test.database().read().await.unwrap();
    let Connection::Postgres(connection) = after.connection() else { panic!("it is Postgres") };
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM tasks").fetch_one(connection).await.unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn those_who_wait_in_line_are_handed_a_connection_that_is_not_asked_whether_it_lives() {
    let test = postgres().await;
    let proxy = PostgresProxy::in_front_of(test.url()).await;
    let database = Database::connect(&proxy.url(test.url()), 4).await.unwrap();
    let ann = Person::new(&database, "ann");
    ann.add("Secret party").await.unwrap();
    let before = proxy.questions();
    let users = ["usr_bob", &*ann.user].into_iter().cycle().take(100);
    let seen = join_all(users.map(|user| tasks_at_once(&database, user))).await;
    assert_eq!(seen, [0, 1].repeat(50));
    // A hundred, and what two connections took to be made, to prepare it, and to come back.
    let asked = proxy.questions() - before;
    assert!((100..120).contains(&asked), "{asked}");
}

#[tokio::test]
async fn pages_are_not_planned_anew_each_time() {
    let test = postgres().await;
    // The only connection, so that it can be asked what it has planned.
    let database = Database::connect(test.url(), 1).await.unwrap();
    let limit = MessageLimit::per_minute(100_000);
    let store = Threads::new(database.clone(), Clock::system(), Ids::random(), limit);
    let ann = Caller::new(UserId::parse("usr_ann").unwrap());
    for n in 0..30 {
        begin(&store, &ann, &format!("thr_{n}")).await;
    }
    let page = PageRequest { limit: 20, after: None, order: Order::Desc };
    for _ in 0..10 {
        assert_eq!(store.list_threads(&ann, &page).await.unwrap().data.len(), 20);
        let items = store.load_items(&ann, "thr_0", &page, Hidden::Exclude).await.unwrap();
        assert_eq!(items.data.len(), 1);
        store.load_thread_with_items(&ann, "thr_0", &page, Hidden::Exclude).await.unwrap();
    }
    let mut asking = database.read().await.unwrap();
    let Connection::Postgres(connection) = asking.connection() else { panic!("it is Postgres") };
    let planned =
        "SELECT count(*), count(*) FILTER (WHERE generic_plans > 3) FROM pg_prepared_statements
                    WHERE statement LIKE '%set_config(''app.user_id''%'";
    let planned: (i64, i64) = sqlx::query_as(planned).fetch_one(connection).await.unwrap();
    assert_eq!(planned, (3, 3));
}

async fn begin(store: &Threads, caller: &Caller, id: &str) {
    let thread = ThreadMetadata {
        id: id.to_owned(),
        title: Some("Errands".to_owned()),
        created_at: DateTime::UNIX_EPOCH,
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Object::new(),
    };
    let item = json!({
        "type": "user_message", "id": format!("msg_of_{id}"), "thread_id": id, "created_at": "1970-01-01T00:00:00",
        "content": [{"type": "input_text", "text": "hi"}], "attachments": [], "quoted_text": null,
        "inference_options": {},
    });
    let item = ThreadItem::from_json(&item.to_string()).unwrap();
    let start = TurnStart { is_new: true, item: Some(&item), ..TurnStart::of(&thread) };
    store.begin_turn(caller, start).await.unwrap();
}
