//! Files in a bucket, against an S3 server that others have written and that verifies every signature (`tests/s3/serve.mjs`).

use std::{fs, process::Stdio};

use serde_json::json;
use tempfile::TempDir;
use todochat_tests::{
    TestDatabase,
    house::{House, Resident},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::cabinet::{PNG, announce, content, direct, id, say_with, send, upload};

/// Names the program; `make test` does.
const PROGRAM: &str = "TODOCHAT_TEST_S3";

/// The one key that it knows, both halves alike.
const KEY: &str = "S3RVER";

/// A house that keeps files in a bucket of its own.
struct Place {
    house: House,
    folder: TempDir,
    server: Child,
}

impl Place {
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let (server, endpoint) = serve(&folder).await;
        let [access, secret] = ["access", "secret"].map(|half| {
            let file = folder.path().join(half);
            fs::write(&file, format!("{KEY}\n")).unwrap();
            file.to_str().unwrap().to_owned()
        });
        let flags = [
            ["--attachments", "s3"],
            ["--attachments-s3-endpoint", &endpoint],
            ["--attachments-s3-bucket", "files"],
            ["--attachments-s3-prefix", "of todochat/"],
            ["--attachments-s3-access-key-file", &access],
            ["--attachments-s3-secret-key-file", &secret],
        ];
        let house = House::with(TestDatabase::sqlite().await, flags.as_flattened()).await;
        Self { house, folder, server }
    }

    /// How many objects there are: the server keeps each as files that begin with its name.
    fn objects(&self) -> usize {
        let objects = fs::read_dir(self.folder.path().join("files/of todochat"));
        let names = objects.into_iter().flatten().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().ends_with("_object")).count()
    }

    async fn ann(&self) -> Resident {
        self.house.sign_up("ann").await
    }
}

async fn serve(folder: &TempDir) -> (Child, String) {
    #[expect(clippy::disallowed_methods, reason = "a test has no flags")]
    let program =
        std::env::var(PROGRAM).unwrap_or_else(|_| panic!("set {PROGRAM}; `make test` does"));
    let mut server = Command::new("node")
        .arg(program)
        .args(["--port", "0", "--configure-bucket", "files", "--directory"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, address)) = line.split_once("listening on ") {
            let endpoint = format!("http://{}", address.trim());
            // It writes a line for each request, and must not wait for somebody to read them.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (server, endpoint);
        }
    }
    panic!("the S3 server did not start");
}

#[tokio::test]
async fn files_are_kept_in_the_bucket_and_go_from_it() {
    let place = Place::open().await;
    let ann = place.ann().await;
    let announced = announce(&ann, "cat.png", "image/png", PNG.len()).await.json();
    assert_eq!(place.objects(), 0);
    let picture = send(&place.house, &announced, PNG).await.json();
    let text = direct(&ann, "notes.txt", "text/plain", "grüße".as_bytes()).await.json();
    assert_eq!(place.objects(), 2);
    assert_eq!(ann.get(&content(id(&text))).await.body, "grüße");
    // Browsers go to us and not to the bucket.
    let address = picture["preview_url"].as_str().unwrap();
    let path = address.strip_prefix(&place.house.url).unwrap();
    assert_eq!(place.house.get(path).send().await.unwrap().bytes().await.unwrap(), PNG);
    assert_eq!(say_with(&ann, "look", &[id(&picture)]).await.status, 200);
    for file in [&picture, &text] {
        for _ in 0..2 {
            let params = json!({"attachment_id": file["id"]});
            assert_eq!(ann.chatkit("attachments.delete", params).await.status, 200);
        }
    }
    assert_eq!(place.objects(), 0);
}

#[tokio::test]
async fn a_key_that_is_refused_keeps_nothing_until_it_is_replaced() {
    let place = Place::open().await;
    let ann = place.ann().await;
    let secret = place.folder.path().join("secret");
    let announced = announce(&ann, "a.txt", "text/plain", 4).await.json();
    fs::write(&secret, "another").unwrap();
    for refused in [
        direct(&ann, "a.txt", "text/plain", b"milk").await,
        send(&place.house, &announced, b"milk").await,
    ] {
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (503, "attachments_unavailable")
        );
        assert!(!refused.body.contains("X-Amz"), "{}", refused.body);
    }
    assert_eq!(place.objects(), 0);
    fs::write(&secret, KEY).unwrap();
    // What was announced can be tried again.
    assert_eq!(send(&place.house, &announced, b"milk").await.status, 200);
    assert_eq!(place.objects(), 1);
}

#[tokio::test]
async fn a_bucket_that_is_away_is_said_to_be() {
    let mut place = Place::open().await;
    let ann = place.ann().await;
    let file = upload(&place.house, &ann, "a.txt", "text/plain", b"milk").await;
    place.server.kill().await.unwrap();
    let away = ann.get(&content(id(&file))).await;
    assert_eq!((away.status.as_u16(), away.code().as_str()), (503, "attachments_unavailable"));
}
