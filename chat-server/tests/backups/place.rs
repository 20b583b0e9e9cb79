//! A database of the test's own with rows in it, a folder for its backups, and the program that works on both.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::Command;

/// How many rows it has at first.
pub(crate) const ROWS: i64 = 100;

pub(crate) struct Place {
    pub(crate) database: String,
    pub(crate) folder: TempDir,
    pub(crate) scratch: TempDir,
    pub(crate) url_file: PathBuf,
    /// Where everybody may run it: it was copied there by itself.
    tools: TempDir,
    server: String,
}

fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
    let found = std::env::var(name);
    found.unwrap_or_else(|_| panic!("{name} is set by `make test`"))
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_todochat-chat-server")
}

fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

impl Place {
    /// With the schema of the release, and a table with rows.
    pub(crate) async fn new() -> Self {
        let place = Self::bare(open_folder()).await;
        let migrated = Command::new(program())
            .arg("migrate")
            .arg("--database-url-file")
            .arg(&place.url_file)
            .output()
            .await
            .unwrap();
        assert_eq!(code(&migrated), 0, "{}", text(&migrated.stderr));
        place.sql("CREATE TABLE tasks_of_the_test (id int PRIMARY KEY)").await;
        place.sql("INSERT INTO tasks_of_the_test SELECT generate_series(1, 100)").await;
        place
    }

    /// With nothing in it, beside the backups of another.
    pub(crate) async fn empty(other: &Self) -> Self {
        let place = Self::bare(open_folder()).await;
        for entry in fs::read_dir(other.folder.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), place.folder.path().join(entry.file_name())).unwrap();
        }
        place
    }

    async fn bare(folder: TempDir) -> Self {
        let server = variable("TODOCHAT_TEST_POSTGRES_URL");
        let database =
            format!("backups_{}", &folder.path().file_name().unwrap().to_str().unwrap()[4..]);
        let database = database.to_lowercase();
        let (tools, scratch) = (open_folder(), open_folder());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {database}"));
        sqlx::query(create).execute(&mut connection).await.unwrap();
        let url_file = tools.path().join("url");
        let url = url_of(&server, &database);
        fs::write(&url_file, url).unwrap();
        let installed = Command::new(program())
            .args(["backup", "install"])
            .arg(tools.path())
            .output()
            .await
            .unwrap();
        assert_eq!(code(&installed), 0, "{}", text(&installed.stderr));
        Self { database, folder, scratch, url_file, tools, server }
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&url_of(&self.server, &self.database)).await.unwrap()
    }

    pub(crate) async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&mut self.connect().await).await.unwrap();
    }

    pub(crate) async fn rows(&self) -> i64 {
        let count = "SELECT count(*) FROM tasks_of_the_test";
        sqlx::query_scalar(count).fetch_one(&mut self.connect().await).await.unwrap()
    }

    pub(crate) async fn has_table(&self, table: &str) -> bool {
        let there = "SELECT to_regclass($1) IS NOT NULL";
        sqlx::query_scalar(there).bind(table).fetch_one(&mut self.connect().await).await.unwrap()
    }

    /// Those of this place.
    pub(crate) async fn databases(&self) -> Vec<String> {
        let names = "SELECT datname::text FROM pg_database WHERE datname LIKE $1 || '%' ORDER BY 1";
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        sqlx::query_scalar(names).bind(&self.database).fetch_all(&mut connection).await.unwrap()
    }

    /// Runs `backup …` on the folder.
    pub(crate) async fn run(&self, words: &[&str]) -> Output {
        let folder = self.folder.path().to_str().unwrap();
        self.run_on(folder, words).await
    }

    pub(crate) async fn run_on(&self, folder: &str, words: &[&str]) -> Output {
        let mut all = vec![words[0].to_owned(), format!("--folder={folder}")];
        if matches!(words[0], "take" | "restore") {
            all.push(format!("--database-url-file={}", self.url_file.display()));
        }
        all.extend(words[1..].iter().map(|&word| word.to_owned()));
        self.program(&all).await
    }

    /// The program as it is in a pod: by its name there, with PostgreSQL's own beside it, by a user who may not do everything.
    pub(crate) async fn program(&self, words: &[String]) -> Output {
        let path =
            format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", variable("TODOCHAT_TEST_POSTGRES_BIN"));
        let program = self.tools.path().join("todochat-backup");
        let mut command = if rustix::process::getuid().is_root() && words[0] == "verify" {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("backup").args(words).env_clear().env("PATH", path);
        command.current_dir("/").output().await.unwrap()
    }

    pub(crate) async fn verify(&self, words: &[&str]) -> Output {
        let scratch = format!("--scratch={}", self.scratch.path().display());
        let words: Vec<&str> =
            ["verify", &scratch].into_iter().chain(words.iter().copied()).collect();
        self.run(&words).await
    }

    /// Takes one, and says its name.
    pub(crate) async fn take(&self) -> String {
        self.take_with(&[]).await
    }

    pub(crate) async fn take_with(&self, words: &[&str]) -> String {
        let before = self.list().await;
        let words: Vec<&str> = ["take"].into_iter().chain(words.iter().copied()).collect();
        // Their names are seconds.
        loop {
            let taken = self.run(&words).await;
            assert_eq!(code(&taken), 0, "{}", text(&taken.stderr));
            let last = self.list().await.pop().unwrap();
            if !before.contains(&last) {
                return last;
            }
        }
    }

    pub(crate) async fn list(&self) -> Vec<String> {
        let listed = self.run(&["list"]).await;
        assert_eq!(code(&listed), 0, "{}", text(&listed.stderr));
        names(&text(&listed.stdout))
    }
}

/// The names in a list.
pub(crate) fn names(listed: &str) -> Vec<String> {
    listed.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

fn url_of(server: &str, database: &str) -> String {
    let (before, after) = server.split_once("/postgres").unwrap();
    format!("{before}/{database}{after}")
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file with this content in the place's own folder.
pub(crate) fn file(folder: &Path, name: &str, content: &str) {
    fs::write(folder.join(name), content).unwrap();
}
