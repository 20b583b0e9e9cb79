//! The same in a bucket: the server is moto, which knows nothing of us.

use std::{
    net::TcpListener,
    process::Stdio,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::place::{Place, ROWS, code, file, names, text};

/// What must never be said.
const SECRET: &str = "s3cr3t-0f-the-bucket";

/// A server with one bucket, and the flags to reach it.
struct Bucket {
    _server: Child,
    credentials: TempDir,
    endpoint: String,
}

impl Bucket {
    async fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
        let program = std::env::var("TODOCHAT_TEST_S3_SERVER").expect("`make test` sets it");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let server = command.spawn().unwrap();
        let endpoint = format!("http://127.0.0.1:{port}");
        let client = todochat_service::outgoing::Outgoing::anywhere().client().build().unwrap();
        let began = Instant::now();
        // It has made the bucket as soon as it answers at all.
        while client.put(format!("{endpoint}/backups")).send().await.is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "the server does not start");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let credentials = tempfile::tempdir().unwrap();
        file(credentials.path(), "access-key-id", "AKIATEST\n");
        file(credentials.path(), "secret-access-key", SECRET);
        Self { _server: server, credentials, endpoint }
    }

    async fn run(&self, place: &Place, words: &[&str]) -> std::process::Output {
        self.run_in("backups", place, words).await
    }

    async fn run_in(&self, bucket: &str, place: &Place, words: &[&str]) -> std::process::Output {
        let mut all = vec![
            words[0].to_owned(),
            format!("--s3-endpoint={}", self.endpoint),
            format!("--s3-bucket={bucket}"),
            "--s3-prefix=people/team-a/".to_owned(),
            format!("--s3-credentials={}", self.credentials.path().display()),
            "--outgoing-allow=127.0.0.0/8".to_owned(),
        ];
        if matches!(words[0], "take" | "restore") {
            all.push(format!("--database-url-file={}", place.url_file.display()));
        }
        all.extend(words[1..].iter().map(|&word| word.to_owned()));
        place.program(&all).await
    }

    async fn list(&self, place: &Place) -> Vec<String> {
        let listed = self.run(place, &["list"]).await;
        assert_eq!(code(&listed), 0, "{}", text(&listed.stderr));
        names(&text(&listed.stdout))
    }
}

#[tokio::test]
async fn a_backup_goes_into_a_bucket_in_parts_and_comes_back_from_there() {
    let (place, bucket) = (Place::new().await, Bucket::new().await);
    // Random text does not shrink: more than one part.
    place.sql("CREATE TABLE large AS SELECT gen_random_uuid()::text || gen_random_uuid()::text AS text FROM generate_series(1, 600000)").await;
    let taken = bucket.run(&place, &["take"]).await;
    assert_eq!(code(&taken), 0, "{}", text(&taken.stderr));
    let listed = bucket.run(&place, &["list"]).await;
    let line = text(&listed.stdout);
    let bytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(bytes > 16 * 1024 * 1024, "{line}");
    place.sql("DELETE FROM tasks_of_the_test").await;
    let restored = bucket.run(&place, &["restore", "--replace", "--id=bucket"]).await;
    assert_eq!(code(&restored), 0, "{}", text(&restored.stderr));
    assert_eq!(place.rows().await, ROWS);
    for said in [taken, listed, restored] {
        let said = text(&said.stdout) + &text(&said.stderr);
        assert!(!said.contains(SECRET) && !said.contains("X-Amz-Signature"), "{said}");
    }
}

#[tokio::test]
async fn in_a_bucket_too_as_many_are_kept_as_was_said() {
    let (place, bucket) = (Place::new().await, Bucket::new().await);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let taken = bucket.run(&place, &["take", "--retain=2"]).await;
        assert_eq!(code(&taken), 0, "{}", text(&taken.stderr));
        let last = bucket.list(&place).await.pop().unwrap();
        if seen.last() != Some(&last) {
            seen.push(last);
        }
    }
    assert_eq!(bucket.list(&place).await, seen[1..]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_and_a_server_that_is_away_are_told_without_a_secret() {
    let (place, mut bucket) = (Place::new().await, Bucket::new().await);
    let refused = bucket.run_in("nobodys", &place, &["take"]).await;
    assert_eq!(code(&refused), 71);
    let said = text(&refused.stderr);
    assert!(said.contains("NoSuchBucket") && !said.contains(SECRET), "{said}");
    let none = bucket.run(&place, &["restore", "--id=none"]).await;
    assert_eq!(code(&none), 66, "{}", text(&none.stderr));
    bucket.endpoint = "http://127.0.0.1:1".to_owned();
    let away = bucket.run(&place, &["list"]).await;
    assert_eq!(code(&away), 71);
    let said = text(&away.stderr);
    assert!(!said.contains(SECRET) && !said.contains("X-Amz"), "{said}");
}
