//! One run of the bridged program: started, greeted, ended.

use std::{io, process::ExitStatus, time::Duration};

use rmcp::{
    Peer, RoleClient,
    model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion},
    service::{
        ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, QuitReason,
        RunningServiceCancellationToken,
    },
    transport::async_rw::AsyncRwTransport,
};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child as Process, Command},
    task::{JoinError, JoinHandle},
    time::timeout,
};

/// How long the program may take until it has answered the greeting. Some fetch themselves first.
const START: Duration = Duration::from_mins(1);

/// The longest message it may write, on one line.
const LONGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// How much of a line of its log is passed on, in bytes.
const LONGEST_LOG: usize = 4 * 1024;

/// How long it may take to end after its input was closed, and again after SIGTERM.
const END: Duration = Duration::from_secs(5);

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("cannot run it")]
    Spawn(#[source] io::Error),
    #[error("it did not answer the greeting")]
    Greeting(#[from] Box<ClientInitializeError>),
    #[error("it did not answer the greeting in time")]
    TimedOut,
}

/// How it is greeted. Most programs answer `server/discover` with an error and then `initialize`; some
/// old ones end instead, and are greeted in the old way the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    Discover,
    Initialize,
}

impl Greeting {
    /// The one to try next.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Discover => Self::Initialize,
            Self::Initialize => Self::Discover,
        }
    }
}

/// The program, running.
pub(super) struct Child {
    process: Process,
    group: Option<Pid>,
    pub(super) peer: Peer<RoleClient>,
    closed: JoinHandle<Result<QuitReason, JoinError>>,
    close: RunningServiceCancellationToken,
}

impl Child {
    /// Runs `command` and greets it.
    pub(super) async fn start(command: &[String], greeting: Greeting) -> Result<Self, StartError> {
        let mut process = spawn(command).map_err(StartError::Spawn)?;
        let group = process.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(StartError::Spawn(io::ErrorKind::BrokenPipe.into()));
        };
        if let Some(log) = process.stderr.take() {
            tokio::spawn(pass_on(log));
        }
        let transport = AsyncRwTransport::new(output, input).with_max_line_length(LONGEST_MESSAGE);
        let client = ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new("todochat-bridge", env!("CARGO_PKG_VERSION")),
        );
        let greeted = timeout(START, client.serve_with_lifecycle(transport, greeting.into())).await;
        let service = match greeted {
            Ok(Ok(service)) => service,
            Ok(Err(error)) => {
                kill(group, Signal::KILL);
                return Err(Box::new(error).into());
            }
            Err(_) => {
                kill(group, Signal::KILL);
                return Err(StartError::TimedOut);
            }
        };
        let (peer, close) = (service.peer().clone(), service.cancellation_token());
        let closed = tokio::spawn(service.waiting());
        Ok(Self { process, group, peer, closed, close })
    }

    /// Waits until it has ended, or says nothing more; whatever it has left behind is killed. None when
    /// it closed its output and did not end.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        let status = tokio::select! {
            status = self.process.wait() => status.ok(),
            _ = &mut self.closed => timeout(END, self.process.wait()).await.ok().and_then(Result::ok),
        };
        kill(self.group, Signal::KILL);
        status
    }

    /// Ends it as MCP wants it: its input is closed; if that does not help, SIGTERM; if that does not
    /// help, SIGKILL.
    pub(super) async fn end(mut self) {
        self.close.cancel();
        if timeout(END, self.process.wait()).await.is_err() {
            kill(self.group, Signal::TERM);
            if timeout(END, self.process.wait()).await.is_err() {
                tracing::warn!("The child had to be killed");
            }
        }
        kill(self.group, Signal::KILL);
    }
}

/// In a group of its own, so that it ends with all that it has started.
fn spawn(command: &[String]) -> io::Result<Process> {
    use std::process::Stdio;
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// The group may be gone already, which is as good.
fn kill(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        let _ = kill_process_group(group, signal);
    }
}

impl From<Greeting> for ClientLifecycleMode {
    fn from(greeting: Greeting) -> Self {
        match greeting {
            Greeting::Initialize => Self::Initialize,
            Greeting::Discover => Self::Auto {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
                legacy_version: None,
            },
        }
    }
}

/// Passes its log on, line by line, until it closes it.
async fn pass_on(log: impl AsyncRead + Unpin) {
    let mut lines = BufReader::new(log);
    let mut line = Vec::new();
    while let Ok(true) = next_line(&mut lines, &mut line).await {
        let text = String::from_utf8_lossy(&line);
        let text: String = text.trim_end().chars().filter(|c| !c.is_control()).collect();
        tracing::info!(target: "todochat_mcp_server::bridge::child", "{text}");
    }
}

/// The beginning of the next line; the rest of a long one is read and left out. False at the end.
async fn next_line<R: AsyncRead + Unpin>(
    lines: &mut BufReader<R>,
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let read = lines.fill_buf().await?;
        if read.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = read.iter().position(|byte| *byte == b'\n');
        let (taken, text) = end.map_or((read.len(), read), |end| (end + 1, &read[..end]));
        let room = LONGEST_LOG - line.len();
        line.extend_from_slice(&text[..text.len().min(room)]);
        lines.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_log_is_read_line_by_line_and_a_long_line_only_begun() {
        let long = "x".repeat(100_000);
        let written = format!("one\n\n{long}\nlast");
        let mut lines = BufReader::new(written.as_bytes());
        let (mut line, mut read) = (Vec::new(), Vec::new());
        while next_line(&mut lines, &mut line).await.unwrap() {
            read.push(String::from_utf8(line.clone()).unwrap());
        }
        assert_eq!(read, ["one", "", &long[..LONGEST_LOG], "last"]);
    }

    #[tokio::test]
    async fn what_is_no_program_is_no_child() {
        let started = Child::start(&["/nowhere".to_owned()], Greeting::Discover).await;
        assert!(matches!(started, Err(StartError::Spawn(_))));
    }

    #[tokio::test]
    async fn what_ends_without_a_word_is_no_child() {
        let started = Child::start(&["true".to_owned()], Greeting::Initialize).await;
        assert!(matches!(started, Err(StartError::Greeting(_))));
    }
}
