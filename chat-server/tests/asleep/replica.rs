//! Chat servers on one database, each a process of its own.

use std::{fs, path::PathBuf, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use todochat_auth::KeyRing;
use todochat_database::testing::TestDatabase;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::model::Model;

/// Longer than anything here takes, so that a test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What the replicas share.
pub(crate) struct Place {
    pub(crate) model: Model,
    database: TestDatabase,
    files: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::postgres().await;
        let database = database.expect("TODOCHAT_TEST_POSTGRES_URL is set by `make test`");
        let place =
            Self { model: Model::start().await, files: tempfile::tempdir().unwrap(), database };
        // Its calls are not what this is about: a server that nobody needs and that is not there.
        let away = json!({"name": "away", "url": "http://127.0.0.1:1/mcp", "auth": {"type": "none"},
            "required": false});
        fs::write(place.file("tools.json"), json!({"servers": [away]}).to_string()).unwrap();
        fs::write(place.file("keys.json"), KeyRing::generate().to_json()).unwrap();
        fs::write(place.file("url"), place.database.url()).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// One more server.
    pub(crate) async fn replica(&self) -> Replica {
        let mut command = Command::new(env!("CARGO_BIN_EXE_todochat-chat-server"));
        command.env_clear().kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::null());
        command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        command.args(["--migrate", "false", "--public-url", "http://chat.test"]);
        command.args(["--model-base-url", &self.model.url, "--outgoing-allow", "127.0.0.0/8"]);
        command.args(["--rate-limit-per-minute", "10000"]);
        command.arg("--database-url-file").arg(self.file("url"));
        command.arg("--signing-keys-file").arg(self.file("keys.json"));
        command.arg("--tool-servers-file").arg(self.file("tools.json"));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = async {
            let mut said = String::new();
            loop {
                let line = log.next_line().await.unwrap().unwrap_or_else(|| panic!("{said}"));
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = entry["listen"].as_str() {
                    return address.to_owned();
                }
                said = said + &line + "\n";
            }
        };
        let url = format!("http://{}", timeout(PATIENCE, address).await.expect("it starts"));
        // What it says later is read, so that it never waits for somebody who reads it.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Replica { child, url, http }
    }
}

pub(crate) struct Replica {
    child: Child,
    url: String,
    http: reqwest::Client,
}

impl Replica {
    /// Somebody new; their token, which is good at every replica.
    pub(crate) async fn sign_up(&self) -> String {
        let account = json!({"email": "ada@example.org", "password": "correct horse battery"});
        let request = self.http.post(format!("{}/api/auth/signup", self.url)).json(&account);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn chatkit(
        &self,
        token: &str,
        operation: &str,
        params: Value,
    ) -> reqwest::Response {
        let body = json!({"type": operation, "params": params});
        let request = self.http.post(format!("{}/api/chatkit", self.url)).json(&body);
        let answer = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer
    }

    pub(crate) fn send(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }
}
