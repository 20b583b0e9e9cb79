//! Verdicts on answers.

use serde_json::{Value, json};
use todochat_database::on_each;
use todochat_tests::{
    TestDatabase,
    house::{House, Resident},
    on_each_database,
};

on_each_database!(
    the_last_verdict_on_an_item_stands,
    what_is_not_there_is_passed_over_and_what_is_anothers_is_not_there,
);

async fn judge(who: &Resident, thread: &Value, items: &Value, kind: &str) -> u16 {
    let params = json!({"thread_id": thread, "item_ids": items, "kind": kind});
    who.chatkit("items.feedback", params).await.status.as_u16()
}

/// Begins a conversation; its id, and those of the answer's items.
async fn answer(who: &Resident) -> (Value, Vec<Value>) {
    let said = who.say("help").await;
    let items = said.done("assistant_message").into_iter().map(|item| item["id"].clone());
    (said.events()[0]["thread"]["id"].clone(), items.collect())
}

/// The user's verdicts, by item.
async fn verdicts(house: &House, who: &Resident) -> Vec<(String, String)> {
    let user = who.get("/api/auth/me").await.text("/id");
    let mut tx = house.database.database().read_as(&user).await.unwrap();
    let kept: Result<Vec<(String, String)>, sqlx::Error> = on_each!(tx, connection => {
        sqlx::query_as("SELECT item_id, kind FROM feedback WHERE user_id = $1")
            .bind(&user)
            .fetch_all(connection)
            .await
    });
    kept.unwrap()
}

fn counted(house: &House, kind: &str) -> String {
    let families = house.registry.gather();
    let feedback = families.iter().find(|family| family.name() == "todochat_chat_feedback_total");
    let of_kind =
        feedback.unwrap().get_metric().iter().find(|metric| metric.get_label()[0].value() == kind);
    of_kind.unwrap().get_counter().get_value().to_string()
}

async fn the_last_verdict_on_an_item_stands(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let (thread, items) = answer(&ann).await;
    let twice = json!([items[0], items[0]]);
    assert_eq!(judge(&ann, &thread, &twice, "positive").await, 200);
    assert_eq!(judge(&ann, &thread, &json!(items), "negative").await, 200);
    let item = items[0].as_str().unwrap().to_owned();
    assert_eq!(verdicts(&house, &ann).await, [(item, "negative".to_owned())]);
    assert_eq!([counted(&house, "positive"), counted(&house, "negative")], ["1", "1"]);
    ann.chatkit("threads.delete", json!({"thread_id": thread})).await;
    assert_eq!(verdicts(&house, &ann).await, []);
}

async fn what_is_not_there_is_passed_over_and_what_is_anothers_is_not_there(
    database: TestDatabase,
) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let (thread, items) = answer(&ann).await;
    let (of_bob, _) = answer(&bob).await;
    assert_eq!(judge(&ann, &thread, &json!([]), "positive").await, 200);
    assert_eq!(judge(&ann, &thread, &json!(["msg_x"]), "positive").await, 200);
    assert_eq!(judge(&bob, &of_bob, &json!(items), "positive").await, 200);
    for thread in [&thread, &json!("thr_x")] {
        assert_eq!(judge(&bob, thread, &json!(items), "positive").await, 404);
    }
    let many: Vec<String> = (0..1001).map(|n| format!("msg_{n}")).collect();
    assert_eq!(judge(&ann, &thread, &json!(many), "positive").await, 422);
    assert_eq!((verdicts(&house, &ann).await, verdicts(&house, &bob).await), (vec![], vec![]));
}
