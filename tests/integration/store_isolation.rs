//! Two users never see each other. On SQLite the predicates alone keep them apart; on Postgres
//! row-level security does so too, which is tried with statements that have no predicate.

use futures_util::future::try_join;
use todochat_database::{Transaction, on_each, testing::TestDatabase};
use todochat_tasks::{self as tasks, Filter, PageRequest, TaskError};
use todochat_tests::{on_each_database, people::Person, postgres};

on_each_database!(
    nothing_of_another_user_can_be_reached,
    nothing_of_another_user_can_be_seen,
    one_user_does_not_move_anothers_numbers,
);

/// Ann has two tasks, one of them deleted; Bob has none. Their ids are different.
async fn ann_and_bob(test: &TestDatabase) -> (Person, Person, [String; 2]) {
    let (ann, bob) = (Person::new(test.database(), "ann"), Person::new(test.database(), "bob"));
    let kept = ann.add("Secret party").await.unwrap();
    let deleted = ann.add("Secret gift").await.unwrap();
    ann.delete(&deleted.id).await.unwrap();
    (ann, bob, [kept.id, deleted.id])
}

async fn nothing_of_another_user_can_be_reached(test: TestDatabase) {
    let (ann, bob, ids) = ann_and_bob(&test).await;
    let before = ann.list().await.unwrap();
    for id in &ids {
        for outcome in [
            bob.get(id).await,
            bob.find(id).await,
            bob.rename(id, "Mine").await,
            bob.complete(id).await,
            bob.reopen(id).await,
            bob.delete(id).await,
            bob.restore(id).await,
        ] {
            assert!(matches!(outcome, Err(TaskError::NotFound)), "{outcome:?}");
        }
    }
    assert!(matches!(bob.undo().await, Err(TaskError::NothingToUndo)));
    assert_eq!(ann.list().await.unwrap(), before);
}

async fn nothing_of_another_user_can_be_seen(test: TestDatabase) {
    let (ann, bob, _) = ann_and_bob(&test).await;
    for reference in ["1", "secret party", "party"] {
        assert!(matches!(bob.find(reference).await, Err(TaskError::NotFound)), "{reference}");
    }
    assert_eq!(bob.list().await.unwrap().tasks, []);
    let secret = Filter { query: Some("secret".into()), ..Filter::default() };
    let page = bob.list_page(&secret, &PageRequest::default()).await.unwrap();
    assert_eq!(page.tasks, []);
    let seen = bob
        .read(async |tx| {
            let total = tasks::summary(tx).await?.total;
            Ok((total, tasks::changes_after(tx, 0, 10).await?, tasks::last_change(tx).await?))
        })
        .await;
    assert_eq!(seen.unwrap(), (0, Vec::new(), 0));
    assert_eq!(ann.list().await.unwrap().tasks.len(), 1);
}

async fn one_user_does_not_move_anothers_numbers(test: TestDatabase) {
    let (ann, bob) = (Person::new(test.database(), "ann"), Person::new(test.database(), "bob"));
    for number in 1..=5 {
        let (of_ann, of_bob) = try_join(ann.add("One more"), bob.add("One more")).await.unwrap();
        // Even their ids are the same here: keys hold the user.
        assert_eq!((of_ann.number, of_bob.number), (number, number));
    }
    ann.delete(&ann.find("5").await.unwrap().id).await.unwrap();
    assert_eq!(bob.find("5").await.unwrap().number, 5);
}

/// Counts or changes rows of all users, as a statement would that forgot its predicate.
async fn rows(tx: &mut Transaction, statement: &'static str) -> Result<u64, sqlx::Error> {
    on_each!(tx, connection => {
        sqlx::query(statement).execute(connection).await.map(|done| done.rows_affected())
    })
}

const TABLES: [(&str, &str); 4] = [
    ("SELECT * FROM tasks", "DELETE FROM tasks"),
    ("SELECT * FROM task_counters", "DELETE FROM task_counters"),
    ("SELECT * FROM task_changes", "DELETE FROM task_changes"),
    ("SELECT * FROM tool_calls", "DELETE FROM tool_calls"),
];

#[tokio::test]
async fn row_level_security_stands_where_a_predicate_is_missing() {
    let test = postgres().await;
    let (ann, _, _) = ann_and_bob(&test).await;
    let call = tasks::Call { key: "call_1", fingerprint: "add_task" };
    ann.write(async |tx| tasks::remember(tx, &call, "{}", ann.clock.now()).await).await.unwrap();

    for (select, delete) in TABLES {
        let mut of_bob = test.database().write_as("usr_bob").await.unwrap();
        assert_eq!(rows(&mut of_bob, select).await.unwrap(), 0, "{select}");
        assert_eq!(rows(&mut of_bob, delete).await.unwrap(), 0, "{delete}");
        of_bob.commit().await.unwrap();
        let mut of_nobody = test.database().write().await.unwrap();
        assert_eq!(rows(&mut of_nobody, select).await.unwrap(), 0, "{select}");
        let mut of_ann = test.database().read_as(&ann.user).await.unwrap();
        assert!(rows(&mut of_ann, select).await.unwrap() > 0, "{select}");
    }
}

#[tokio::test]
async fn row_level_security_refuses_rows_in_anothers_name() {
    let test = postgres().await;
    let (ann, _, _) = ann_and_bob(&test).await;
    let mut tx = test.database().write_as("usr_bob").await.unwrap();
    let moved = "INSERT INTO task_counters (user_id, last_number, last_change)
                 VALUES ('usr_eve', 1, 1)";
    assert!(rows(&mut tx, moved).await.is_err());
    let mut tx = test.database().write_as(&ann.user).await.unwrap();
    assert!(rows(&mut tx, "UPDATE tasks SET user_id = 'usr_bob'").await.is_err());
}

#[tokio::test]
async fn a_name_that_is_none_of_ours_begins_nothing() {
    let test = postgres().await;
    for name in ["ann'; DROP TABLE tasks; --", "ann\\", "ann\0", "änn"] {
        assert!(test.database().write_as(name).await.is_err(), "{name:?}");
    }
}
