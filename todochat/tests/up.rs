//! The program itself, started as a person starts it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Longer than anything here takes, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// `todochat` with nothing in its environment but what the test gives it.
fn todochat(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_todochat"));
    command.env_clear().env("TODOCHAT_DATA", data).kill_on_drop(true).stdin(Stdio::null());
    command
}

/// `todochat up` on ports that the system chooses.
fn up(data: &Path) -> Command {
    up_on(data, "127.0.0.1:0")
}

fn up_on(data: &Path, listen: &str) -> Command {
    let mut command = todochat(data);
    command.args(["up", "--listen", listen, "--mcp-listen", "127.0.0.1:0"]);
    command.args(["--admin-listen", "127.0.0.1:0"]);
    command
}

async fn output(mut command: Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("it ends").unwrap()
}

/// What a failed program says, and that it says it in one line and nothing else.
fn complaint(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, b"");
    let complaint = std::str::from_utf8(&output.stderr).unwrap().trim_end();
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    complaint
}

/// A `todochat up` that is ready.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
    data: TempDir,
    http: reqwest::Client,
}

impl Running {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut command = up(data.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("it starts").unwrap();
        let url = line.trim_end().strip_prefix("todochat is ready on ").expect(&line).to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { child, stdout, url, data, http }
    }

    async fn status(&self, path: &str) -> u16 {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        answer.status().as_u16()
    }

    async fn sign_up(&self, email: &str) {
        let account = json!({"email": email, "password": "correct horse battery"});
        let url = format!("{}/api/auth/signup", self.url);
        let answer = self.http.post(url).json(&account).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
    }

    async fn token(&self, email: &str, audience: &str) -> Output {
        let mut command = todochat(self.data.path());
        command.args(["token", "--user", email, "--audience", audience]);
        output(command).await
    }

    async fn good_token(&self, email: &str, audience: &str) -> String {
        let output = self.token(email, audience).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn mcp_url(&self) -> String {
        let json = fs::read(self.data.path().join("addresses.json")).unwrap();
        let addresses: Value = serde_json::from_slice(&json).unwrap();
        addresses["mcp_url"].as_str().unwrap().to_owned()
    }

    /// Asks it to stop, and tells how it ended and what else it had said.
    async fn stop(mut self) -> (Option<i32>, String) {
        let id = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it stops").unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).await.unwrap();
        (status.code(), rest)
    }
}

#[tokio::test]
async fn it_says_one_line_when_it_answers_and_ends_well_when_told_to() {
    let running = Running::start().await;
    assert_eq!(running.status("/config.json").await, 200);
    assert_eq!(running.status("/readyz").await, 404, "operators have a listener of their own");
    assert_eq!(running.stop().await, (Some(0), String::new()));
}

#[tokio::test]
async fn an_open_feed_does_not_hold_up_the_end() {
    let running = Running::start().await;
    running.sign_up("ada@example.org").await;
    let token = running.good_token("ada@example.org", "chat").await;
    let feed = running.http.get(format!("{}/api/events", running.url)).bearer_auth(token);
    let feed = feed.send().await.unwrap();
    assert_eq!(feed.status().as_u16(), 200);
    let stopped = timeout(Duration::from_secs(10), running.stop()).await;
    assert_eq!(stopped.expect("long before the grace is over").0, Some(0));
}

#[tokio::test]
async fn its_secrets_are_for_their_owner_only() {
    let running = Running::start().await;
    for entry in fs::read_dir(running.data.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_told_so() {
    let running = Running::start().await;
    let second = output(up(running.data.path())).await;
    let expected = format!(
        "error: the data folder {} is in use by another todochat",
        running.data.path().display()
    );
    assert_eq!(complaint(&second), expected);
    assert_eq!(running.status("/config.json").await, 200);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let data = tempfile::tempdir().unwrap();
    let expected = format!("error: cannot listen on {address}: another program uses that port");
    let failed = output(up_on(data.path(), &address.to_string())).await;
    assert_eq!(complaint(&failed), expected);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let failed = output(up(&file.join("data"))).await;
    assert!(complaint(&failed).starts_with("error: cannot create the data folder "), "{failed:?}");
}

#[tokio::test]
async fn a_token_opens_the_door_it_is_for() {
    let running = Running::start().await;
    running.sign_up("ada@example.org").await;
    let chat = running.good_token("ada@example.org", "chat").await;
    let mcp = running.good_token("Ada@Example.org", "mcp").await;
    assert_eq!(me(&running, &chat).await, 200);
    assert_eq!(me(&running, &mcp).await, 401);
    assert_eq!(list_tools(&running, &mcp).await, 200);
    assert_eq!(list_tools(&running, &chat).await, 401);
}

async fn me(running: &Running, token: &str) -> u16 {
    let url = format!("{}/api/auth/me", running.url);
    running.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

async fn list_tools(running: &Running, token: &str) -> u16 {
    let request = running
        .http
        .post(running.mcp_url())
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))
        .bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn nobody_gets_a_token_for_an_unknown_address() {
    let running = Running::start().await;
    let refused = running.token("nobody@example.org", "chat").await;
    assert_eq!(
        complaint(&refused),
        "error: there is no user with the e-mail address nobody@example.org"
    );
}

#[tokio::test]
async fn there_is_no_token_without_data() {
    let data = tempfile::tempdir().unwrap();
    let mut command = todochat(data.path());
    command.args(["token", "--user", "ada@example.org", "--audience", "chat"]);
    let expected = format!(
        "error: there is no data in {}: start `todochat up` there first",
        data.path().display()
    );
    assert_eq!(complaint(&output(command).await), expected);
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "looking made nothing");
}
