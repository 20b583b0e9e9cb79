//! Starting it, asking it, stopping it.

use std::{
    fs,
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
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// `todochat` with nothing in its environment but what the test gives it.
pub(crate) fn todochat(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_todochat"));
    command.env_clear().env("TODOCHAT_DATA", data).kill_on_drop(true).stdin(Stdio::null());
    command
}

/// `todochat up` on ports that the system chooses.
pub(crate) fn up(data: &Path) -> Command {
    up_on(data, "127.0.0.1:0")
}

pub(crate) fn up_on(data: &Path, listen: &str) -> Command {
    let mut command = todochat(data);
    command.args(["up", "--listen", listen, "--mcp-listen", "127.0.0.1:0"]);
    command.args(["--admin-listen", "127.0.0.1:0"]);
    command
}

pub(crate) async fn output(mut command: Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("it ends").unwrap()
}

/// What a failed program says, and that it says it in one line and nothing else.
pub(crate) fn complaint(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, b"");
    let complaint = std::str::from_utf8(&output.stderr).unwrap().trim_end();
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    complaint
}

/// A `todochat up` that is ready.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) data: TempDir,
    pub(crate) http: reqwest::Client,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in(data: TempDir) -> Self {
        Self::start_as(up(data.path()), data).await
    }

    /// Starts this command, whose data is there.
    pub(crate) async fn start_as(mut command: Command, data: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("it starts").unwrap();
        let url = line.trim_end().strip_prefix("todochat is ready on ").expect(&line).to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { child, stdout, url, data, http }
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        answer.status().as_u16()
    }

    pub(crate) async fn sign_up(&self, email: &str) {
        let account = json!({"email": email, "password": "correct horse battery"});
        let url = format!("{}/api/auth/signup", self.url);
        let answer = self.http.post(url).json(&account).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
    }

    pub(crate) async fn token(&self, email: &str, audience: &str) -> Output {
        let mut command = todochat(self.data.path());
        command.args(["token", "--user", email, "--audience", audience]);
        output(command).await
    }

    pub(crate) async fn good_token(&self, email: &str, audience: &str) -> String {
        let output = self.token(email, audience).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn mcp_url(&self) -> String {
        let json = fs::read(self.data.path().join("addresses.json")).unwrap();
        let addresses: Value = serde_json::from_slice(&json).unwrap();
        addresses["mcp_url"].as_str().unwrap().to_owned()
    }

    /// Ends it without a warning, and hands over what it leaves behind.
    pub(crate) async fn kill(mut self) -> TempDir {
        self.child.kill().await.unwrap();
        self.data
    }

    /// Waits until it has ended well, and hands over what it leaves behind.
    pub(crate) async fn left(mut self) -> TempDir {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it stops").unwrap();
        assert_eq!(status.code(), Some(0));
        self.data
    }

    pub(crate) fn tell_to_stop(&mut self) {
        let id = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
    }

    /// Asks it to stop, and tells how it ended and what else it had said.
    pub(crate) async fn stop(mut self) -> (Option<i32>, String) {
        self.tell_to_stop();
        self.ended().await
    }

    /// Tells how it ended and what else it had said.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it stops").unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).await.unwrap();
        (status.code(), rest)
    }
}
