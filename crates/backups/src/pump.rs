//! The bytes of a dump on their way, hashed as they pass.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStdin, ChildStdout},
};

use crate::{
    BackupError, Manifest, Name,
    place::{Reading, Writing},
};

/// What is read at once.
const PIECE: usize = 256 * 1024;

/// How many bytes went by, and their hash.
#[derive(Default)]
pub(crate) struct Passed {
    pub(crate) bytes: u64,
    hash: Sha256,
}

impl Passed {
    fn see(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.hash.update(piece);
    }

    pub(crate) fn sha256(self) -> String {
        let mut text = String::new();
        for byte in self.hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// From a program to where it is kept.
pub(crate) async fn keep(
    mut from: ChildStdout,
    to: &mut Writing<'_>,
) -> Result<Passed, BackupError> {
    let (mut passed, mut piece) = (Passed::default(), vec![0; PIECE]);
    loop {
        let length = from
            .read(&mut piece)
            .await
            .map_err(|error| BackupError::Program { program: "pg_dump", how: error.to_string() })?;
        if length == 0 {
            return Ok(passed);
        }
        passed.see(&piece[..length]);
        to.push(&piece[..length]).await?;
    }
}

/// From where it is kept to a program. It is the dump that the manifest tells of, or it is an error, whatever the program has
/// made of it until then.
pub(crate) async fn feed(
    mut from: Reading,
    mut to: ChildStdin,
    (name, manifest): (&Name, &Manifest),
) -> Result<(), BackupError> {
    let mut passed = Passed::default();
    while let Some(piece) = from.next().await? {
        passed.see(&piece);
        if let Err(error) = to.write_all(&piece).await {
            // It ended before its input did, and says itself why.
            return Err(BackupError::Program { program: "pg_restore", how: error.to_string() });
        }
    }
    drop(to);
    check(passed, name, manifest)
}

fn check(passed: Passed, name: &Name, manifest: &Manifest) -> Result<(), BackupError> {
    let bytes = passed.bytes;
    let what = if bytes != manifest.bytes {
        format!("it has {bytes} bytes and had {}", manifest.bytes)
    } else if passed.sha256() != manifest.sha256 {
        "its hash is another".to_owned()
    } else {
        return Ok(());
    };
    Err(BackupError::Broken { name: name.dump(), what })
}
