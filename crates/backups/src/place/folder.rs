//! A folder. Files are written aside, and synced before they get their names.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::PathBuf,
};

use bytes::Bytes;

use super::{PIECE, PlaceError};

/// What the name of a file ends with that is not whole.
const PARTIAL: &str = ".partial";

/// A folder.
pub struct Folder(pub(super) PathBuf);

impl Folder {
    fn failed(&self, file: &str) -> impl Fn(io::Error) -> PlaceError {
        let path = self.0.join(file).display().to_string();
        move |source| PlaceError::Folder { path: path.clone(), source }
    }

    pub(super) fn files(&self) -> Result<Vec<String>, PlaceError> {
        let entries = fs::read_dir(&self.0).map_err(self.failed(""))?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect::<io::Result<_>>().map_err(self.failed(""))
    }

    pub(super) fn get(&self, file: &str) -> Result<Option<Vec<u8>>, PlaceError> {
        match fs::read(self.0.join(file)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(file)(error)),
        }
    }

    pub(super) fn put(&self, file: &str, content: &[u8]) -> Result<(), PlaceError> {
        let mut new = self.create(file)?;
        new.push(content)?;
        new.finish()
    }

    pub(super) fn remove(&self, file: &str) -> Result<(), PlaceError> {
        match fs::remove_file(self.0.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(file)(error)),
            _ => Ok(()),
        }
    }

    /// What an earlier try has left behind goes: there is one writer at a time for a volume.
    pub(super) fn create(&self, file: &str) -> Result<File, PlaceError> {
        for left in self.files()?.iter().filter(|left| left.ends_with(PARTIAL)) {
            self.remove(left)?;
        }
        let path = self.0.join(file);
        let aside = self.0.join(format!("{file}{PARTIAL}"));
        let opened = fs::File::create(&aside).map_err(self.failed(file))?;
        Ok(File { written: opened, aside, path })
    }

    pub(super) fn open(&self, file: &str) -> Result<Open, PlaceError> {
        let opened = fs::File::open(self.0.join(file)).map_err(self.failed(file))?;
        Ok(Open { file: opened, path: self.0.join(file) })
    }
}

/// A file that is being written.
pub struct File {
    written: fs::File,
    aside: PathBuf,
    path: PathBuf,
}

impl File {
    fn failed(&self) -> impl Fn(io::Error) -> PlaceError {
        let path = self.path.display().to_string();
        move |source| PlaceError::Folder { path: path.clone(), source }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), PlaceError> {
        self.written.write_all(bytes).map_err(self.failed())
    }

    pub(super) fn finish(self) -> Result<(), PlaceError> {
        let synced = self.written.sync_all().and_then(|()| fs::rename(&self.aside, &self.path));
        let folder = self.path.parent().map(fs::File::open);
        synced
            .and_then(|()| folder.map_or(Ok(()), |folder| folder?.sync_all()))
            .map_err(self.failed())
    }

    pub(super) fn abandon(self) {
        // The next one that is taken removes it.
        let _ = fs::remove_file(&self.aside);
    }
}

/// A file that is being read.
pub struct Open {
    file: fs::File,
    path: PathBuf,
}

impl Open {
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, PlaceError> {
        let mut piece = vec![0; PIECE];
        let length = self.file.read(&mut piece).map_err(|source| PlaceError::Folder {
            path: self.path.display().to_string(),
            source,
        })?;
        piece.truncate(length);
        Ok((length > 0).then(|| piece.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_whole_and_what_was_left_behind_goes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder(dir.path().to_owned());
        let mut first = folder.create("a.dump").unwrap();
        first.push(b"half").unwrap();
        assert_eq!(folder.files().unwrap(), ["a.dump.partial"]);
        drop(first);
        let mut second = folder.create("b.dump").unwrap();
        second.push(b"all").unwrap();
        second.push(b" of it").unwrap();
        second.finish().unwrap();
        assert_eq!(folder.files().unwrap(), ["b.dump"]);
        assert_eq!(folder.get("b.dump").unwrap().unwrap(), b"all of it");
        assert_eq!(folder.get("a.dump").unwrap(), None);
        folder.create("c.dump").unwrap().abandon();
        assert_eq!(folder.files().unwrap(), ["b.dump"]);
        folder.remove("b.dump").unwrap();
        folder.remove("b.dump").unwrap();
        assert!(folder.files().unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = Folder("/nowhere/at/all".into());
        assert!(folder.create("a").err().unwrap().to_string().contains("/nowhere/at/all"));
    }
}
