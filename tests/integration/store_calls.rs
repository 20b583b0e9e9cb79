//! A tool call that is sent again gets the first result.

use chrono::TimeDelta;
use futures_util::future::try_join_all;
use todochat_database::testing::TestDatabase;
use todochat_tasks::{self as tasks, Call, Invalid, TaskError};
use todochat_tests::{on_each_database, people::Person};

on_each_database!(
    a_repeated_call_gets_the_first_result,
    the_same_call_sent_at_once_is_done_once,
    a_call_that_failed_may_be_tried_again,
    a_key_belongs_to_one_call_of_one_user,
    strange_keys_are_refused,
    a_result_is_kept_for_a_day,
);

const CALL: Call<'_> = Call { key: "turn_1.call_1", fingerprint: "add_task 3f" };

/// What a tool does: the first result if there is one, else the work.
async fn add_once(person: &Person, call: Call<'_>) -> Result<String, TaskError> {
    person
        .write(async |tx| {
            if let Some(first) = tasks::recall(tx, &call).await? {
                return Ok(first);
            }
            let task = tasks::add(tx, person.new_task("Buy milk", "")?, person.stamp()).await?;
            let result = format!("{{\"number\":{}}}", task.number);
            tasks::remember(tx, &call, &result, person.clock.now()).await?;
            Ok(result)
        })
        .await
}

async fn a_repeated_call_gets_the_first_result(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    assert_eq!(add_once(&ann, CALL).await.unwrap(), r#"{"number":1}"#);
    assert_eq!(add_once(&ann, CALL).await.unwrap(), r#"{"number":1}"#);
    let other = Call { key: "turn_1.call_2", ..CALL };
    assert_eq!(add_once(&ann, other).await.unwrap(), r#"{"number":2}"#);
    assert_eq!(ann.list().await.unwrap().tasks.len(), 2);
}

async fn the_same_call_sent_at_once_is_done_once(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let results = try_join_all((0..8).map(|_| add_once(&ann, CALL))).await.unwrap();
    assert!(results.iter().all(|result| result == r#"{"number":1}"#), "{results:?}");
    assert_eq!(ann.list().await.unwrap().tasks.len(), 1);
}

async fn a_call_that_failed_may_be_tried_again(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let failed = ann
        .write(async |tx| {
            tasks::recall(tx, &CALL).await?;
            tasks::complete(tx, "tsk_0", ann.stamp()).await
        })
        .await;
    assert!(matches!(failed, Err(TaskError::NotFound)));
    assert_eq!(add_once(&ann, CALL).await.unwrap(), r#"{"number":1}"#);
}

async fn a_key_belongs_to_one_call_of_one_user(test: TestDatabase) {
    let (ann, bob) = (Person::new(test.database(), "ann"), Person::new(test.database(), "bob"));
    add_once(&ann, CALL).await.unwrap();
    add_once(&bob, CALL).await.unwrap();
    assert_eq!(bob.list().await.unwrap().tasks.len(), 1);
    let reused = add_once(&ann, Call { fingerprint: "delete_task 9a", ..CALL }).await;
    assert!(matches!(reused, Err(TaskError::Invalid(Invalid::CallKeyReused))));
}

async fn strange_keys_are_refused(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    for key in ["", "a\0b", "line\nbreak", &"x".repeat(201)] {
        let refused = add_once(&ann, Call { key, ..CALL }).await;
        assert!(matches!(refused, Err(TaskError::Invalid(Invalid::CallKey))), "{key:?}");
    }
}

async fn a_result_is_kept_for_a_day(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    add_once(&ann, CALL).await.unwrap();
    ann.clock.advance(TimeDelta::hours(23));
    add_once(&ann, Call { key: "later", ..CALL }).await.unwrap();
    assert_eq!(add_once(&ann, CALL).await.unwrap(), r#"{"number":1}"#);
    ann.clock.advance(TimeDelta::hours(2));
    add_once(&ann, Call { key: "next day", ..CALL }).await.unwrap();
    assert_eq!(add_once(&ann, CALL).await.unwrap(), r#"{"number":4}"#);
}
