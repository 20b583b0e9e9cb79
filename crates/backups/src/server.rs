//! A server, as our own connections and the programs of PostgreSQL reach it.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use percent_encoding::percent_decode_str;
use sqlx::{ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use tokio::process::Command;
use url::Url;

use crate::BackupError;

/// The database that is in every server, and that nobody keeps anything in.
pub(crate) const MAINTENANCE: &str = "postgres";

/// A server, and a login that may do everything there.
pub(crate) struct Server {
    url: Url,
    options: PgConnectOptions,
    password: Option<PasswordFile>,
}

impl Server {
    /// The one of a URL. Its password goes into a file of its own: into no command line and no environment.
    pub(crate) fn new(url: &str) -> Result<Self, BackupError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| BackupError::Url)?;
        let mut url = Url::parse(url).map_err(|_| BackupError::Url)?;
        let password = url.password().map(|password| {
            let password = percent_decode_str(password).decode_utf8_lossy().into_owned();
            PasswordFile::write(&password)
        });
        url.set_password(None).map_err(|()| BackupError::Url)?;
        Ok(Self {
            url,
            options: options.application_name("todochat-backup").disable_statement_logging(),
            password: password.transpose()?,
        })
    }

    /// The database that the URL names.
    pub(crate) fn database(&self) -> String {
        let name = self.url.path().trim_start_matches('/');
        percent_decode_str(name).decode_utf8_lossy().into_owned()
    }

    /// A connection to one of its databases.
    pub(crate) async fn connect(&self, database: &str) -> Result<PgConnection, BackupError> {
        let options = self.options.clone().database(database);
        options.connect().await.map_err(BackupError::database("connecting"))
    }

    /// A program of PostgreSQL that works on one of its databases.
    pub(crate) fn program(&self, program: &str, database: &str) -> Command {
        let mut url = self.url.clone();
        url.set_path(
            &percent_encoding::utf8_percent_encode(database, percent_encoding::NON_ALPHANUMERIC)
                .to_string(),
        );
        let mut command = Command::new(program);
        command.arg("--no-password").arg(format!("--dbname={url}")).kill_on_drop(true);
        if let Some(file) = &self.password {
            command.env("PGPASSFILE", &file.0);
        }
        command
    }
}

/// A password as libpq reads it; gone with this.
struct PasswordFile(PathBuf);

impl PasswordFile {
    fn write(password: &str) -> Result<Self, BackupError> {
        let path = env::temp_dir().join(format!("todochat-pgpass-{}", std::process::id()));
        let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
        write_private(&path, &format!("*:*:*:*:{escaped}\n"))
            .map_err(|source| BackupError::File { what: path.display().to_string(), source })?;
        Ok(Self(path))
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

impl Drop for PasswordFile {
    fn drop(&mut self) {
        // It goes with the pod at the latest.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_the_database_and_never_the_password() {
        let server =
            Server::new("postgres://me:s%3Acret@db:5432/todochat?sslmode=disable").unwrap();
        assert_eq!(server.database(), "todochat");
        let command = server.program("pg_dump", "other one");
        let shown = format!("{:?}", command.as_std());
        assert!(shown.contains("postgres://me@db:5432/other%20one?sslmode=disable"), "{shown}");
        assert!(!shown.contains("cret"), "{shown}");
        let file = server.password.as_ref().unwrap().0.clone();
        assert_eq!(fs::read_to_string(&file).unwrap(), "*:*:*:*:s\\:cret\n");
        drop(server);
        assert!(!file.exists());
    }
}
