//! A proxy that runs.

use std::{fs, net::TcpListener, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::{Configuration, PATIENCE, Program, haproxy, nginx};

/// The folder that has both programs, and a certificate that nobody trusts.
const PROXIES: &str = "TODOCHAT_TEST_PROXIES";

/// A proxy that runs until it is dropped.
pub(super) struct Proxy {
    pub(super) url: String,
    running: Child,
    _folder: TempDir,
}

impl Proxy {
    /// Starts one in front of `server`, which waits for the silent as long as it is impatient unless it is told otherwise.
    pub(super) async fn start(
        configuration: &Configuration,
        impatience: Duration,
        server: &str,
    ) -> Self {
        let bin = std::env::var_os(PROXIES).and_then(|bin| bin.into_string().ok());
        let bin = bin.unwrap_or_else(|| panic!("set {PROXIES}, as `make test` does"));
        let folder = TempDir::new().unwrap();
        let (path, port) = (folder.path().to_str().unwrap(), free_port());
        let (file, seconds) = (format!("{path}/configuration"), impatience.as_secs());
        let (text, mut command) = match configuration.program {
            Program::Nginx => {
                let mut command = Command::new(format!("{bin}/nginx"));
                command.args(["-p", path, "-e", "stderr", "-c", &file]);
                (nginx::text(configuration, path, (port, server), seconds), command)
            }
            Program::Haproxy => {
                let mut command = Command::new(format!("{bin}/haproxy"));
                command.args(["-db", "-q", "-f", &file]);
                let certificate = format!("{bin}/certificate.pem");
                (haproxy::text(configuration, (port, server), seconds, &certificate), command)
            }
        };
        fs::write(&file, text).unwrap();
        let running = command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let scheme = if configuration.is_encrypted { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{port}");
        let mut proxy = Self { url, running, _folder: folder };
        tokio::time::timeout(PATIENCE, proxy.listens(port)).await.expect("the proxy listens");
        proxy
    }

    async fn listens(&mut self, port: u16) {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = self.running.try_wait().unwrap() {
                panic!("the proxy does not run: {status}");
            }
            tokio::task::yield_now().await;
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
