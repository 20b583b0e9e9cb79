//! A server of one's own, for as long as a backup is tried: nobody else can reach it, and nothing of it stays.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::{
    BackupError, programs,
    server::{MAINTENANCE, Server},
};

/// How long it may take to start, and how often it is asked.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);
/// A server that need not survive anything, and takes little.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=10",
    "shared_buffers=16MB",
];

/// A server in a folder.
pub(crate) struct Scratch {
    pub(crate) server: Server,
    folder: PathBuf,
    child: Child,
}

impl Scratch {
    /// Makes it and starts it.
    pub(crate) async fn start(within: &Path) -> Result<Self, BackupError> {
        let folder = within.join(format!("todochat-scratch-{}", std::process::id()));
        let failed =
            |source: io::Error| BackupError::File { what: folder.display().to_string(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        let data = folder.join("data");
        let mut initdb = Command::new("initdb");
        initdb.arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        initdb.stdout(Stdio::null()).kill_on_drop(true);
        let mut child = programs::start("initdb", &mut initdb)?;
        programs::end("initdb", &mut child).await?;
        let child = programs::start("postgres", &mut server(&folder, &data))?;
        let address = format!("postgres://postgres@localhost/?host={}", folder.display());
        let mut scratch = Self { server: Server::new(&address)?, folder, child };
        scratch.until_it_answers().await?;
        Ok(scratch)
    }

    async fn until_it_answers(&mut self) -> Result<(), BackupError> {
        let answers = async {
            while self.server.connect(MAINTENANCE).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = answers => Ok(()),
            ended = programs::end("postgres", &mut self.child) => {
                ended.and(Err(BackupError::Program { program: "postgres", how: "it ended".to_owned() }))
            }
            () = tokio::time::sleep(PATIENCE) => {
                Err(BackupError::Program { program: "postgres", how: "it does not answer".to_owned() })
            }
        }
    }

    /// Ends it.
    pub(crate) async fn end(mut self) {
        // At once, but so that its own children end too. There is nothing in it that anybody wants.
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = self.child.wait().await;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn server(folder: &Path, data: &Path) -> Command {
    let mut command = Command::new("postgres");
    command.arg("-D").arg(data).arg("-k").arg(folder);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.stdout(Stdio::null()).kill_on_drop(true);
    command
}
