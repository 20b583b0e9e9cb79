//! The program itself: what it logs, how it ends, and that it can be copied.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use crate::bridged::{CHILD, PATIENCE, tools_call};

const PROGRAM: &str = env!("CARGO_BIN_EXE_todochat-mcp-server");

struct Running {
    process: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Running {
    fn start(program: &str) -> Self {
        let mut process = Command::new(program)
            .args(["bridge", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"])
            .args(["--", "node", CHILD])
            .env("TODOCHAT_LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { process, log }
    }

    /// The next line of the log with these words.
    async fn logs(&mut self, words: &str) -> Value {
        let reading = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                if line.contains(words) {
                    return serde_json::from_str(&line).unwrap();
                }
            }
            panic!("it never says {words}")
        };
        timeout(PATIENCE, reading).await.expect("it says so")
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().unwrap().cast_signed()).unwrap()
    }
}

async fn pid_of_child(url: &str) -> Pid {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(url).header("accept", "application/json, text/event-stream");
    let answer: Value =
        request.json(&tools_call("pid")).send().await.unwrap().json().await.unwrap();
    let pid = answer["result"]["content"][0]["text"].as_str().unwrap();
    Pid::from_raw(pid.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn it_passes_the_childs_log_on_and_ends_with_it_on_a_signal() {
    let mut running = Running::start(PROGRAM);
    let listen = running.logs("Bridging on").await["listen"].as_str().unwrap().to_owned();
    let line = running.logs("hello from the child").await;
    assert_eq!(line["target"], "todochat_mcp_server::bridge::child");
    assert_eq!(
        (&line["level"], &line["message"]),
        (&"INFO".into(), &"hello from the child".into())
    );
    running.logs("The child serves").await;
    let child = pid_of_child(&format!("http://{listen}/mcp")).await;
    kill_process(running.pid(), Signal::TERM).unwrap();
    let status = timeout(PATIENCE, running.process.wait()).await.expect("it ends").unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(test_kill_process(child).is_err(), "the child has ended too");
}

#[tokio::test]
async fn its_copy_bridges_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let installing = Command::new(PROGRAM).arg("install").arg(folder.path()).status();
    assert!(installing.await.unwrap().success());
    let copy = folder.path().join("todochat-mcp-server");
    let mut running = Running::start(copy.to_str().unwrap());
    running.logs("The child serves").await;
}
