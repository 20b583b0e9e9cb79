//! Files that are not taken, and files that are not theirs who ask.

use serde_json::json;
use todochat_tests::{TestDatabase, house::Reply, on_each_database};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::cabinet::{Cabinet, PNG, announce, content, direct, id, say_with, send, upload};

on_each_database!(
    a_file_that_is_too_large_is_not_kept,
    a_file_of_another_type_is_not_kept,
    a_file_that_is_not_as_announced_is_not_kept,
    what_is_anothers_does_not_exist,
    a_file_is_uploaded_once,
    an_upload_that_breaks_off_leaves_nothing,
    nobody_has_more_than_the_quota,
    a_message_with_a_file_that_is_not_there_leaves_no_conversation,
);

async fn a_file_that_is_too_large_is_not_kept(database: TestDatabase) {
    let cabinet = Cabinet::with(database, &["--attachments-max-size", "1000"]).await;
    let ann = cabinet.house.sign_up("ann").await;
    let large = vec![b'x'; 200_000];
    assert_eq!(announce(&ann, "a.txt", "text/plain", large.len()).await.status, 413);
    assert_eq!(direct(&ann, "a.txt", "text/plain", &large).await.code(), "too_large");
    // Small enough for a form around a file, and too large for a file.
    assert_eq!(direct(&ann, "a.txt", "text/plain", &large[..1001]).await.code(), "too_large");
    let announced = announce(&ann, "a.txt", "text/plain", 1000).await.json();
    for length in [1001, large.len()] {
        let sent = send(&cabinet.house, &announced, &large[..length]).await;
        assert_eq!(sent.code(), "too_large", "{length}");
    }
    assert_eq!(cabinet.files(), [""; 0]);
    assert_eq!(send(&cabinet.house, &announced, &large[..1000]).await.status, 200);
    let negative = json!({"name": "a.txt", "size": -1, "mime_type": "text/plain"});
    assert_eq!(ann.chatkit("attachments.create", negative).await.status, 422);
}

async fn a_file_of_another_type_is_not_kept(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    for kind in ["text/html", "image/svg+xml", "application/x-msdownload", "nonsense", ""] {
        assert_eq!(announce(&ann, "a", kind, 4).await.code(), "type_not_allowed", "{kind}");
    }
    let page = b"<script>alert(1)</script>";
    assert_eq!(direct(&ann, "a.html", "text/html", page).await.code(), "type_not_allowed");
    // What lies about itself.
    for (name, kind, bytes) in [
        ("a.png", "image/png", &page[..]),
        ("a.txt", "text/plain", PNG),
        ("a.jpg", "image/jpeg", PNG),
    ] {
        let refused = direct(&ann, name, kind, bytes).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (415, "type_mismatch"),
            "{name}"
        );
        let announced = announce(&ann, name, kind, bytes.len()).await.json();
        assert_eq!(send(&cabinet.house, &announced, bytes).await.status, 415, "{name}");
    }
    assert_eq!(cabinet.files(), [""; 0]);
}

async fn a_file_that_is_not_as_announced_is_not_kept(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    assert_eq!(announce(&ann, "a.txt", "text/plain", 0).await.code(), "empty_file");
    assert_eq!(direct(&ann, "a.txt", "text/plain", b"").await.code(), "empty_file");
    let announced = announce(&ann, "a.txt", "text/plain", 4).await.json();
    for other in [&b""[..], b"mil", b"milk!"] {
        assert_eq!(send(&cabinet.house, &announced, other).await.code(), "size_mismatch");
    }
    for form in ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"] {
        let sent = ann.request("POST", "/api/chatkit/attachments").header("content-type", form);
        assert_eq!(Reply::of(sent.body("nonsense")).await.status, 400, "{form}");
    }
    assert_eq!(cabinet.files(), [""; 0]);
}

async fn what_is_anothers_does_not_exist(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let (ann, bob) = (cabinet.house.sign_up("ann").await, cabinet.house.sign_up("bob").await);
    let file = upload(&cabinet.house, &ann, "notes.txt", "text/plain", b"milk").await;
    let announced = announce(&ann, "b.txt", "text/plain", 4).await.json();
    let strange = bob.get(&content("atc_1")).await;
    let foreign = bob.get(&content(id(&file))).await;
    assert_eq!((foreign.status.as_u16(), foreign.code()), (404, strange.code()));
    assert_eq!(foreign.text("/error/message"), strange.text("/error/message"));
    assert_eq!(say_with(&bob, "look", &[id(&file)]).await.status, 404);
    let sent = bob.request("PUT", &format!("/api/chatkit/attachments/{}/upload", id(&announced)));
    assert_eq!(Reply::of(sent.body("milk")).await.status, 404);
    let deleted = bob.chatkit("attachments.delete", json!({"attachment_id": file["id"]})).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(ann.get(&content(id(&file))).await.body, "milk");

    // An address is for one file and one purpose; without one, and without a token, there is nothing.
    let address = announced["upload_descriptor"]["url"].as_str().unwrap();
    let (_, token) = address.split_once("?token=").unwrap();
    for path in [
        format!("{}?token={token}", content(id(&file))),
        format!("{}?token={token}", content(id(&announced))),
        format!("{}?token={}", content(id(&file)), ann.token),
        format!("{}?token=x", content(id(&file))),
    ] {
        let refused = Reply::of(cabinet.house.get(&path)).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "address_expired"));
    }
    assert_eq!(Reply::of(cabinet.house.get(&content(id(&file)))).await.status, 401);
    assert_eq!(Reply::of(cabinet.house.post("/api/chatkit/attachments")).await.status, 401);
    // And an address is no access token.
    let listed = cabinet.house.get("/api/tasks").bearer_auth(token);
    assert_eq!(Reply::of(listed).await.status, 401);
}

async fn a_file_is_uploaded_once(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let announced = announce(&ann, "a.txt", "text/plain", 4).await.json();
    let [one, other] = [&b"milk"[..], b"eggs"].map(|bytes| send(&cabinet.house, &announced, bytes));
    let (one, other) = tokio::join!(one, other);
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let kept = if one.status == 200 { "milk" } else { "eggs" };
    assert_eq!(send(&cabinet.house, &announced, b"oats").await.code(), "already_uploaded");
    assert_eq!(ann.get(&content(id(&announced))).await.body, kept);
}

async fn an_upload_that_breaks_off_leaves_nothing(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let announced = announce(&ann, "a.txt", "text/plain", 4).await.json();
    let address = announced["upload_descriptor"]["url"].as_str().unwrap();
    let path = address.strip_prefix(&cabinet.house.url).unwrap();
    let host = cabinet.house.url.strip_prefix("http://").unwrap();
    let mut broken = TcpStream::connect(host).await.unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n\r\nmi");
    broken.write_all(head.as_bytes()).await.unwrap();
    broken.shutdown().await.unwrap();
    drop(broken);
    assert_eq!(cabinet.files(), [""; 0]);
    assert_eq!(ann.get(&content(id(&announced))).await.status, 404);
    // It can be tried again.
    assert_eq!(send(&cabinet.house, &announced, b"milk").await.status, 200);
}

async fn nobody_has_more_than_the_quota(database: TestDatabase) {
    // Each file counts 4 KiB more than it has.
    let cabinet = Cabinet::with(database, &["--attachments-quota", "8200"]).await;
    let (ann, bob) = (cabinet.house.sign_up("ann").await, cabinet.house.sign_up("bob").await);
    let all = [(); 3].map(|()| announce(&ann, "a.txt", "text/plain", 4));
    let announced = futures_util::future::join_all(all).await;
    let mut statuses: Vec<u16> = announced.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 413]);
    assert_eq!(direct(&ann, "a.txt", "text/plain", b"milk").await.code(), "quota_exceeded");
    assert_eq!(direct(&bob, "a.txt", "text/plain", b"milk").await.status, 200);
    let one = announced.iter().find(|reply| reply.status == 200).unwrap().json();
    ann.chatkit("attachments.delete", json!({"attachment_id": one["id"]})).await;
    // What is refused takes no room.
    assert_eq!(direct(&ann, "a.png", "image/png", b"milk").await.status, 415);
    assert_eq!(direct(&ann, "a.txt", "text/plain", b"milk").await.status, 200);
}

async fn a_message_with_a_file_that_is_not_there_leaves_no_conversation(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let announced = announce(&ann, "a.txt", "text/plain", 4).await.json();
    let file = upload(&cabinet.house, &ann, "b.txt", "text/plain", b"milk").await;
    let early = say_with(&ann, "look", &[id(&file), id(&announced)]).await;
    let missing = say_with(&ann, "look", &[id(&file), "atc_1"]).await;
    assert_eq!((early.status.as_u16(), early.code().as_str()), (422, "attachment_not_uploaded"));
    assert_eq!(missing.status, 404);
    let eleven = vec![id(&file); 11];
    assert_eq!(say_with(&ann, "look", &eleven).await.code(), "too_many_attachments");
    let listed = ann.chatkit("threads.list", json!({})).await.json();
    assert_eq!(listed["data"], json!([]));
}
