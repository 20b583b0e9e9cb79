//! Programs of others that a test runs for itself: a Postgres with TLS, and a pgbouncer.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Neither Postgres nor pgbouncer runs as root.
pub(super) const ORDINARY: &str = "postgres";

/// A program that runs as an ordinary user.
fn command(program: impl AsRef<Path>) -> Command {
    let program = program.as_ref();
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", ORDINARY, "--"]).arg(program);
    command
}

/// Runs it to its end.
fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}

/// A folder for such a program.
pub(super) fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The newest PostgreSQL that is installed.
fn postgres_bin() -> PathBuf {
    let version = |path: &PathBuf| -> u32 {
        path.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or_default()
    };
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed.map(|entry| entry.path()).max_by_key(version);
    newest.map_or_else(|| "/usr/local/pgsql/bin".into(), |newest| newest.join("bin"))
}

/// A Postgres of its own, by TCP, whose certificate is for `localhost` and comes from an authority of its own.
pub(super) struct Server {
    folder: TempDir,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn start() -> Self {
        let server = Self { folder: folder(), port: free_port() };
        server.make_certificates();
        let bin = postgres_bin();
        let data = server.path("data");
        run(command(bin.join("initdb")).args([
            "--auth=trust",
            "--username=todochat",
            "--no-sync",
            "--pgdata",
            &data,
        ]));
        let [certificate, key] = ["server.crt", "server.key"].map(|name| server.path(name));
        server.control(
            "start",
            &format!("-c ssl=on -c ssl_cert_file={certificate} -c ssl_key_file={key}"),
        );
        server
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// `ca.crt`, and the server's from it; `other.crt` is of somebody else.
    fn make_certificates(&self) {
        for name in ["ca", "other"] {
            let (key, certificate) =
                (self.path(&format!("{name}.key")), self.path(&format!("{name}.crt")));
            let subject = format!("/CN={name}");
            Self::openssl(
                &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject]
                    .into_iter()
                    .chain([
                        "-addext",
                        "basicConstraints=critical,CA:TRUE",
                        "-keyout",
                        &key,
                        "-out",
                        &certificate,
                    ])
                    .collect::<Vec<_>>(),
            );
        }
        let [key, request, certificate, extensions] =
            ["server.key", "server.csr", "server.crt", "extensions"].map(|name| self.path(name));
        fs::write(&extensions, "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
            .unwrap();
        Self::openssl(&[
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=server",
            "-keyout",
            &key,
            "-out",
            &request,
        ]);
        let (ca, ca_key) = (self.path("ca.crt"), self.path("ca.key"));
        Self::openssl(
            &["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-set_serial", "7"]
                .into_iter()
                .chain(["-days", "2", "-extfile", &extensions, "-out", &certificate])
                .collect::<Vec<_>>(),
        );
    }

    fn openssl(arguments: &[&str]) {
        run(command("openssl").env("OPENSSL_CONF", "/dev/null").args(arguments));
    }

    /// A URL of it, by this name of its host.
    pub(super) fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://todochat:x@{host}:{}/postgres?{parameters}", self.port)
    }

    /// From now on it speaks no TLS.
    pub(super) fn speak_plainly(&self) {
        self.control("restart", "-c ssl=off");
    }

    fn control(&self, what: &str, more: &str) {
        let options = format!(
            "-c listen_addresses=localhost -c port={} -c unix_socket_directories= -c fsync=off {more}",
            self.port
        );
        let mut control = command(postgres_bin().join("pg_ctl"));
        control.args([
            "--pgdata",
            &self.path("data"),
            "--log",
            &self.path("log"),
            "--wait",
            "--silent",
        ]);
        control.args(["--mode=immediate", "--options", &options, what]);
        // It leaves the server behind, which must not hold on to a pipe of ours.
        let status =
            control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(
            status.unwrap().success(),
            "{control:?}: {:?}",
            fs::read_to_string(self.path("log"))
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = command(postgres_bin().join("pg_ctl"));
        stop.args(["--pgdata", &self.path("data"), "--mode=immediate", "--silent", "stop"]);
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
