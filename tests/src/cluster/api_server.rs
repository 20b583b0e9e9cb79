//! Starting, stopping and going back.
//!
//! ```text
//! `cluster apiserver run` ─stdin─ this process: when it ends, however it ends, the server goes too
//! ```

use std::{
    env,
    ffi::OsString,
    fmt,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig as File},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{Audit, Kubeconfig};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cluster/cluster");

/// How much of a cluster runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Only etcd and the API server: nothing is collected, and deleted namespaces stay.
    Api,
    /// Controllers and the scheduler too. No node is there.
    Controllers,
    /// These, and nodes of kwok's.
    Kubelets,
}

impl Parts {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Api => &["--audit"],
            Self::Controllers => &["--audit", "--controllers"],
            Self::Kubelets => &["--audit", "--kwok"],
        }
    }
}

/// An API server. One that was started for the tests ends with this.
pub struct ApiServer {
    kubeconfig: PathBuf,
    parts: Parts,
    started: Option<Child>,
}

/// etcd's data at a moment, to go back to.
pub struct Snapshot {
    folder: TempDir,
}

impl Snapshot {
    fn etcd(&self) -> PathBuf {
        self.folder.path().join("etcd")
    }
}

impl ApiServer {
    /// The one for all tests of this process: that of `KUBECONFIG`, one of the programs in
    /// `KUBEBUILDER_ASSETS`, or, as a rule, one of `tests/cluster` with kubelets.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<ApiServer> = OnceCell::const_new();
        SHARED.get_or_init(Self::find_or_start).await
    }

    /// A fresh one of `tests/cluster`, for a test that stops it or counts all its requests.
    pub async fn own(parts: Parts) -> Self {
        start(parts, None).await
    }

    async fn find_or_start() -> Self {
        if let Some(kubeconfig) = env::var_os("KUBECONFIG") {
            let kubeconfig = PathBuf::from(kubeconfig);
            return Self { kubeconfig, parts: Parts::Kubelets, started: None };
        }
        match env::var_os("KUBEBUILDER_ASSETS") {
            Some(assets) => start(Parts::Api, Some(assets)).await,
            None => start(Parts::Kubelets, None).await,
        }
    }

    /// What runs.
    pub fn parts(&self) -> Parts {
        self.parts
    }

    /// Whether it was there before the tests: it has no audit log then, and cannot be stopped.
    pub fn is_found(&self) -> bool {
        self.started.is_none()
    }

    /// Whether kwok plays the kubelets: images need not exist, and namespaces can be moved by hand.
    pub fn has_kwok(&self) -> bool {
        !self.is_found() && self.parts == Parts::Kubelets
    }

    /// A client of this runtime, as the administrator. It does not try again on its own.
    pub async fn client(&self) -> Client {
        Client::try_from(self.config().await).unwrap()
    }

    /// How to reach it as the administrator.
    pub async fn config(&self) -> Config {
        let file = File::read_from(&self.kubeconfig).unwrap();
        let mut config =
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
        config.default_retry = false;
        config
    }

    /// A kubeconfig for a program: the administrator's.
    pub fn kubeconfig(&self) -> Kubeconfig {
        Kubeconfig::read(&self.kubeconfig)
    }

    /// Who asked for what.
    ///
    /// # Panics
    ///
    /// When the server was found and not started: it has no such log.
    pub fn audit(&self) -> Audit {
        assert!(!self.is_found(), "a server that was found has no audit log");
        Audit::of(self.kubeconfig.with_file_name("audit.log"))
    }

    /// All of it dies, as in a power cut; the data stays.
    pub async fn stop(&self) {
        self.act(["apiserver", "stop"]).await;
    }

    /// Starts what was stopped, at the same address.
    pub async fn start(&self) {
        self.act(["apiserver", "start"]).await;
    }

    /// Keeps the data as it is now; nobody notices.
    pub async fn save(&self) -> Snapshot {
        let snapshot = Snapshot { folder: tempfile::tempdir().unwrap() };
        self.act(["apiserver".as_ref(), "save".as_ref(), snapshot.etcd().as_os_str()]).await;
        snapshot
    }

    /// Stops, goes back to the data of then, and starts: what clients have seen since never was.
    pub async fn restore(&self, snapshot: &Snapshot) {
        self.act(["apiserver".as_ref(), "restore".as_ref(), snapshot.etcd().as_os_str()]).await;
    }

    async fn act<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) {
        assert!(!self.is_found(), "a server that was found is left alone");
        let state = self.kubeconfig.ancestors().nth(2).expect("it lies two folders deep");
        let mut command = tokio::process::Command::new(SCRIPT);
        command.args(arguments).env("TODOCHAT_CLUSTER_STATE", state).stdin(Stdio::null());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        if let Some(mut started) = self.started.take() {
            drop(started.stdin.take());
            _ = started.wait();
        }
    }
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kubeconfig, parts, .. } = self;
        f.debug_struct("ApiServer").field("at", kubeconfig).field("parts", parts).finish()
    }
}

async fn start(parts: Parts, assets: Option<OsString>) -> ApiServer {
    let started = tokio::task::spawn_blocking(move || start_now(parts, assets));
    started.await.unwrap()
}

fn start_now(parts: Parts, assets: Option<OsString>) -> ApiServer {
    let mut command = Command::new(SCRIPT);
    command.args(["apiserver", "run"]).args(parts.options());
    // In a process group of its own, so that Ctrl-C leaves it time to clean up.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
    for name in ["TODOCHAT_CLUSTER_STATE", "TODOCHAT_APISERVER_PORT", "KUBEBUILDER_ASSETS"] {
        command.env_remove(name);
    }
    command.envs(assets.map(|assets| ("KUBEBUILDER_ASSETS", assets)));
    let mut started = command.spawn().unwrap();
    let mut line = String::new();
    let stdout = started.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let kubeconfig = Path::new(line.trim_end()).to_owned();
    assert!(kubeconfig.is_absolute(), "the API server did not start");
    ApiServer { kubeconfig, parts, started: Some(started) }
}
