//! What nobody uses any more is removed; and row-level security stands behind every statement on files and verdicts.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use clap::Parser as _;
use prometheus::Registry;
use serde_json::json;
use todochat_auth::{Issuer, KeyRing};
use todochat_chat_server::{
    attachments::{self, Attachments, Links, Parts},
    config::AttachmentArgs,
    metrics::Metrics,
    outgoing::Outgoing,
};
use todochat_database::{Transaction, on_each};
use todochat_service::{Clock, Ids};
use todochat_tests::{TestDatabase, on_each_database, postgres};
use tokio_util::task::TaskTracker;

use super::cabinet::{Cabinet, announce, id, say_with, send, upload};

on_each_database!(
    a_file_that_no_message_has_is_removed_after_a_day,
    the_files_of_a_deleted_conversation_are_removed,
);

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    attachments: AttachmentArgs,
}

/// Another server on the same database and folder.
fn sweeper(cabinet: &Cabinet) -> Attachments {
    let folder = cabinet.folder.path().to_str().unwrap();
    let flags = ["x", "--attachments", "disk", "--attachments-dir", folder];
    let args = Flags::parse_from(flags).attachments;
    let (files, rules) = attachments::open(&args, &Outgoing::default()).unwrap().unwrap();
    let (clock, ids) = (cabinet.house.clock.clone(), Ids::random());
    let issuer = Issuer::new(Arc::new(KeyRing::generate()), cabinet.house.url.clone());
    Attachments::new(Parts {
        database: cabinet.house.database.database().clone(),
        files,
        links: Links::new(issuer, &cabinet.house.url, clock.clone(), ids.clone()),
        rules,
        clock,
        ids,
        uploads: Metrics::new(&Registry::new(), "none").unwrap().uploads,
        tracker: TaskTracker::new(),
    })
}

/// A clock that stands still, at some time.
fn clock() -> Clock {
    Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

async fn a_file_that_no_message_has_is_removed_after_a_day(database: TestDatabase) {
    let clock = clock();
    let cabinet = Cabinet::at(database, &[], clock.clone()).await;
    let sweeper = sweeper(&cabinet);
    let ann = cabinet.house.sign_up("ann").await;
    let used = upload(&cabinet.house, &ann, "a.txt", "text/plain", b"milk").await;
    let orphan = upload(&cabinet.house, &ann, "b.txt", "text/plain", b"eggs").await;
    announce(&ann, "c.txt", "text/plain", 4).await;
    assert_eq!(say_with(&ann, "look", &[id(&used)]).await.status, 200);
    clock.advance(TimeDelta::hours(23));
    assert_eq!(sweeper.sweep().await.unwrap(), 0);
    assert_eq!(cabinet.files(), [id(&used), id(&orphan)]);
    clock.advance(TimeDelta::hours(2));
    assert_eq!(sweeper.sweep().await.unwrap(), 2);
    assert_eq!(cabinet.files(), [id(&used)]);
    assert_eq!(sweeper.sweep().await.unwrap(), 0);
}

async fn the_files_of_a_deleted_conversation_are_removed(database: TestDatabase) {
    let cabinet = Cabinet::at(database, &[], clock()).await;
    let sweeper = sweeper(&cabinet);
    let ann = cabinet.house.sign_up("ann").await;
    let [gone, stays] =
        ["a.txt", "b.txt"].map(|name| upload(&cabinet.house, &ann, name, "text/plain", b"milk"));
    let (gone, stays) = (gone.await, stays.await);
    let first = say_with(&ann, "look", &[id(&gone)]).await;
    say_with(&ann, "look", &[id(&stays)]).await;
    let thread = first.events()[0]["thread"]["id"].clone();
    assert_eq!(ann.chatkit("threads.delete", json!({"thread_id": thread})).await.status, 200);
    assert_eq!(sweeper.sweep().await.unwrap(), 1);
    assert_eq!(cabinet.files(), [id(&stays)]);
}

/// Counts or changes rows of all users, as a statement would that forgot its predicate.
async fn rows(tx: &mut Transaction, statement: &'static str) -> u64 {
    on_each!(tx, connection => {
        sqlx::query(statement).execute(connection).await.map(|done| done.rows_affected())
    })
    .unwrap()
}

#[tokio::test]
async fn row_level_security_stands_where_a_predicate_is_missing() {
    let cabinet = Cabinet::open(postgres().await).await;
    let (ann, bob) = (cabinet.house.sign_up("ann").await, cabinet.house.sign_up("bob").await);
    let file = announce(&ann, "a.txt", "text/plain", 4).await.json();
    send(&cabinet.house, &file, b"milk").await;
    let said = say_with(&ann, "look", &[id(&file)]).await;
    let thread = said.events()[0]["thread"]["id"].clone();
    let items = [said.done("assistant_message")[0]["id"].clone()];
    let verdict = json!({"thread_id": thread, "item_ids": items, "kind": "negative"});
    assert_eq!(ann.chatkit("items.feedback", verdict).await.status, 200);

    let database = cabinet.house.database.database();
    let of =
        async |who: &todochat_tests::house::Resident| who.get("/api/auth/me").await.text("/id");
    let (ann, bob) = (of(&ann).await, of(&bob).await);
    for (select, delete) in [
        ("SELECT * FROM attachments", "DELETE FROM attachments"),
        ("SELECT * FROM feedback", "DELETE FROM feedback"),
    ] {
        let mut of_bob = database.write_as(&bob).await.unwrap();
        assert_eq!((rows(&mut of_bob, select).await, rows(&mut of_bob, delete).await), (0, 0));
        of_bob.commit().await.unwrap();
        let mut of_nobody = database.write().await.unwrap();
        assert_eq!(rows(&mut of_nobody, select).await, 0, "{select}");
        let mut of_ann = database.read_as(&ann).await.unwrap();
        assert_eq!(rows(&mut of_ann, select).await, 1, "{select}");
    }
}
