//! An S3 server of the test's own, with one bucket: moto, which knows nothing of us.

use std::{
    fs,
    net::TcpListener,
    process::Stdio,
    time::{Duration, Instant},
};

use reqwest::Certificate;
use tempfile::TempDir;
use todochat_service::outgoing::Outgoing;
use tokio::process::{Child, Command};

use crate::{
    authority::Authority,
    place::{Place, code, file, names, text},
};

/// What must never be said.
pub(crate) const SECRET: &str = "s3cr3t-0f-the-bucket";

/// A server with one bucket, and the flags to reach it.
pub(crate) struct Bucket {
    _server: Child,
    folder: TempDir,
    pub(crate) endpoint: String,
}

impl Bucket {
    pub(crate) async fn new() -> Self {
        Self::start("http", &[], &[]).await
    }

    /// By the name of `localhost`, for which this authority vouches.
    pub(crate) async fn behind_tls(authority: &Authority) -> Self {
        let [certificate, key] = [authority.path("server.crt"), authority.path("server.key")];
        let flags = ["-c", &certificate, "-k", &key];
        Self::start("https", &flags, &fs::read(authority.certificate()).unwrap()).await
    }

    async fn start(scheme: &str, flags: &[&str], authorities: &[u8]) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
        let program = std::env::var("TODOCHAT_TEST_S3_SERVER").expect("`make test` sets it");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).args(flags);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        command.stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let server = command.spawn().unwrap();
        let endpoint = format!("{scheme}://localhost:{port}");
        let mut client = Outgoing::anywhere().client();
        if !authorities.is_empty() {
            client = client.tls_certs_only(Certificate::from_pem_bundle(authorities).unwrap());
        }
        let client = client.build().unwrap();
        let began = Instant::now();
        // It has made the bucket as soon as it answers at all.
        while client.put(format!("{endpoint}/backups")).send().await.is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "the server does not start");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        file(folder.path(), "access-key-id", "AKIATEST\n");
        file(folder.path(), "secret-access-key", SECRET);
        Self { _server: server, folder, endpoint }
    }

    /// What it has written of what it was asked, word by word.
    pub(crate) fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub(crate) async fn run(&self, place: &Place, words: &[&str]) -> std::process::Output {
        self.run_in("backups", place, words).await
    }

    pub(crate) async fn run_in(
        &self,
        bucket: &str,
        place: &Place,
        words: &[&str],
    ) -> std::process::Output {
        let mut all = vec![
            words[0].to_owned(),
            format!("--s3-endpoint={}", self.endpoint),
            format!("--s3-bucket={bucket}"),
            "--s3-prefix=people/team-a/".to_owned(),
            format!("--s3-credentials={}", self.folder.path().display()),
            "--outgoing-allow=127.0.0.0/8".to_owned(),
        ];
        if matches!(words[0], "take" | "restore") {
            all.push(format!("--database-url-file={}", place.url_file.display()));
        }
        all.extend(words[1..].iter().map(|&word| word.to_owned()));
        place.program(&all).await
    }

    pub(crate) async fn list(&self, place: &Place) -> Vec<String> {
        let listed = self.run(place, &["list"]).await;
        assert_eq!(code(&listed), 0, "{}", text(&listed.stderr));
        names(&text(&listed.stdout))
    }
}
