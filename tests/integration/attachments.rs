//! Files that users add to messages, over HTTP, on both databases and in both places.

mod bucket;
mod cabinet;
mod model;
mod received;
mod refused;
mod swept;

use serde_json::json;
use todochat_tests::{TestDatabase, house::House};

#[tokio::test]
async fn where_files_are_off_they_are_not_configured() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    let announced = json!({"name": "a.txt", "size": 3, "mime_type": "text/plain"});
    let refusals = [
        ann.chatkit("attachments.create", announced).await,
        ann.chatkit("attachments.delete", json!({"attachment_id": "atc_1"})).await,
        ann.post("/api/chatkit/attachments", json!({})).await,
        ann.get("/api/chatkit/attachments/atc_1/content").await,
    ];
    for refusal in refusals {
        assert_eq!((refusal.status.as_u16(), refusal.code().as_str()), (501, "not_configured"));
    }
    let config = ann.get("/config.json").await.json();
    assert_eq!(config["chat"]["attachments"], json!(null));
    assert_eq!(config["chat"]["dictation"], json!(false));
}

#[tokio::test]
async fn a_place_that_is_not_told_whole_is_refused_at_start() {
    for (flags, missing) in [
        (&["--attachments", "disk"][..], "--attachments-dir"),
        (&["--attachments", "s3"][..], "--attachments-s3-endpoint"),
        (
            &["--attachments", "s3", "--attachments-s3-endpoint", "http://127.0.0.1:1"][..],
            "--attachments-s3-bucket",
        ),
    ] {
        let refused = House::try_with(TestDatabase::sqlite().await, flags).await.unwrap_err();
        assert!(format!("{refused:#}").contains(missing), "{refused:#}");
    }
}
