//! A migration fails: nobody is cut off, and it is repaired.

use serde_json::json;
use todochat_operator::kinds::Kind;

use crate::place::{Place, releases};

async fn sql(place: &Place, sql: &str) -> String {
    let psql = ["psql", "--username=postgres", "--dbname=todochat", "-qAtc", sql];
    let (worked, said) = place.run_in("team-db-0", &psql).await;
    assert!(worked, "{sql}: {said}");
    said.trim_end().to_owned()
}

#[tokio::test]
async fn while_a_migration_fails_the_old_pods_serve_and_once_it_is_repaired_the_new_ones_do() {
    let place = Place::fresh().await;
    let next = releases().1;
    place.apply_open("team", &json!({ "database": { "migrations": { "timeout": "20s" } } })).await;
    place.ready("team").await;
    let door = place.door("team").await;
    let ada = door.sign_up("ada").await;
    ada.say("add a task called \"before\"").await;

    // Somebody has meddled with the record of what was migrated.
    let last = "version = (SELECT max(version) FROM _sqlx_migrations)";
    let checksum = format!("SELECT encode(checksum, 'hex') FROM _sqlx_migrations WHERE {last}");
    let kept = sql(&place, &checksum).await;
    sql(&place, &format!("UPDATE _sqlx_migrations SET checksum = 'x' WHERE {last}")).await;
    let image = json!({ "repository": "todochat/chat-server", "tag": next });
    place.edit("team", &json!({ "chat": { "image": image } })).await;
    let said = place.says("team", "SchemaReady", "MigrationFailed").await;
    place.says("team", "ChatAvailable", "HeldByMigration").await;
    place.says("team", "Ready", "MigrationFailed").await;
    ada.say("add a task called \"meanwhile\"").await;
    for pod in place.pods("team", "chat").await {
        let image = pod.spec.unwrap().containers[0].image.clone().unwrap();
        assert!(!image.ends_with(&next), "{image} runs on a schema that it does not know");
    }

    sql(
        &place,
        &format!("UPDATE _sqlx_migrations SET checksum = decode('{kept}', 'hex') WHERE {last}"),
    )
    .await;
    // As the condition says.
    let job = said.message.split("job/").nth(1).and_then(|rest| rest.split('`').next());
    place.kubectl(&format!("delete job {}", job.expect(&said.message))).await;
    place.ready("team").await;
    place
        .see((Kind::Deployment, "team-chat"), "of the next release", |chat| {
            chat.is_some_and(|chat| {
                let image = &chat.data["spec"]["template"]["spec"]["containers"][0]["image"];
                image.as_str().is_some_and(|image| image.ends_with(&next))
            })
        })
        .await;
    assert_eq!(ada.tasks().await.len(), 2);
}
