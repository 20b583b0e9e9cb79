//! The operator as a program: started, looked at from outside, killed.

use std::{
    env, fs,
    fs::File,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    thread,
    time::Duration,
};

use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{Kubeconfig, ToolServers, soon};

/// How to start one.
#[derive(Clone, Debug)]
pub struct Launch {
    kubeconfig: Kubeconfig,
    namespace: String,
    pod: String,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Launch {
    /// One that reaches the server by `kubeconfig`, and whose own namespace, with its Lease, is
    /// `namespace`. It watches that one only; [`Launch::watching`] adds more.
    pub fn new(kubeconfig: Kubeconfig, namespace: &str) -> Self {
        let launch = Self {
            kubeconfig,
            namespace: namespace.to_owned(),
            pod: "todochat-operator-0".to_owned(),
            flags: Vec::new(),
            variables: Vec::new(),
        };
        launch.watching(namespace)
    }

    /// One that watches all namespaces.
    #[must_use]
    pub fn everywhere(mut self) -> Self {
        self.flags.clear();
        self
    }

    /// One more namespace to watch.
    #[must_use]
    pub fn watching(self, namespace: &str) -> Self {
        self.flag("--watch-namespace").flag(namespace)
    }

    /// The pod's name, which identifies it in the Lease.
    #[must_use]
    pub fn pod(mut self, name: &str) -> Self {
        name.clone_into(&mut self.pod);
        self
    }

    /// A further argument.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// A variable of its environment, which is empty otherwise.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Its handshakes with tool servers go to `servers`, whatever their hosts are.
    #[must_use]
    pub fn tools(self, servers: &ToolServers) -> Self {
        let proxy = format!("http://{}", servers.address);
        self.variable("HTTP_PROXY", &proxy)
            .variable("http_proxy", &proxy)
            .variable("NO_PROXY", "127.0.0.1")
            .variable("no_proxy", "127.0.0.1")
    }

    /// Starts it and waits until it says that it is ready.
    pub async fn start(self) -> Operator {
        let mut operator = self.spawn();
        operator.ready().await;
        operator
    }

    /// Starts it and does not wait.
    pub fn spawn(self) -> Operator {
        let files = tempfile::tempdir().unwrap();
        let kubeconfig = files.path().join("kubeconfig");
        self.kubeconfig.write(&kubeconfig);
        let admin = free_address();
        let log = File::create(files.path().join("log")).unwrap();
        // Not even a test that is killed itself leaves it behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(operator_program());
        command.arg("run").arg("--admin-listen").arg(admin.to_string()).args(&self.flags);
        command.env_clear().env("KUBECONFIG", kubeconfig).envs(self.variables);
        command.env("POD_NAMESPACE", &self.namespace).env("POD_NAME", &self.pod);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.kill_on_drop(true).spawn().unwrap();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5));
        Operator { child, files, admin, http: http.build().unwrap() }
    }
}

/// One that runs. It is killed with this; when the test fails, the end of its log is told.
#[derive(Debug)]
pub struct Operator {
    child: Child,
    files: TempDir,
    admin: SocketAddr,
    http: reqwest::Client,
}

impl Operator {
    /// Waits until `/readyz` is 200.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    pub async fn ready(&mut self) {
        let (http, url) = (self.http.clone(), format!("http://{}/readyz", self.admin));
        let ready = soon("a ready operator", async {
            while status(&http, &url).await != Some(StatusCode::OK) {
                // The port has no other way to say that somebody listens.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        tokio::select! {
            () = ready => {}
            ended = self.child.wait() => panic!("the operator ended: {}", ended.unwrap()),
        }
    }

    /// The answer of the admin listener; nothing when nobody answers.
    pub async fn status(&self, path: &str) -> Option<StatusCode> {
        status(&self.http, &format!("http://{}{path}", self.admin)).await
    }

    /// What `/metrics` says.
    pub async fn metrics(&self) -> String {
        let answer = self.http.get(format!("http://{}/metrics", self.admin)).send().await;
        answer.unwrap().text().await.unwrap()
    }

    /// What it has written, to both outputs.
    pub fn log(&self) -> String {
        fs::read_to_string(self.files.path().join("log")).unwrap()
    }

    /// Its memory that is in use, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Ends it without a warning.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to stop, and tells how it ended and what it had written.
    pub async fn terminate(self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Waits until it ends, as long as that takes.
    pub async fn wait(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// Waits until it ends on its own.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let status = soon("the operator's end", self.wait()).await;
        let log = self.log();
        (status, log)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = self.id().try_into().expect("process ids are small");
        kill_process(Pid::from_raw(id).expect("and not zero"), signal).unwrap();
    }
}

impl Drop for Operator {
    #[expect(clippy::print_stderr, reason = "why a test failed is told beside its panic")]
    fn drop(&mut self) {
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().rev().take(60).collect();
            let end: Vec<_> = lines.into_iter().rev().collect();
            eprintln!("--- the end of the operator's log\n{}", end.join("\n"));
        }
    }
}

async fn status(http: &reqwest::Client, url: &str) -> Option<StatusCode> {
    let answer = http.get(url).send().await;
    answer.ok().map(|answer| answer.status())
}

/// The program: `TODOCHAT_OPERATOR_BIN`, or what cargo built beside this test.
pub fn operator_program() -> PathBuf {
    let given = env::var_os("TODOCHAT_OPERATOR_BIN").map(PathBuf::from);
    let binary = given.unwrap_or_else(|| {
        let test = env::current_exe().unwrap();
        test.ancestors().nth(2).expect("it lies in deps").join("todochat-operator")
    });
    assert!(binary.exists(), "no {}: cargo build --workspace --bins makes it", binary.display());
    binary
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
