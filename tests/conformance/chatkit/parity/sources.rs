//! What the tests of `cases/` say of themselves.

use std::fs;

use super::root;
use crate::differences::{DIFFERENCES, Difference};

/// A test of a case.
pub(super) struct Found {
    pub(super) number: u32,
    pub(super) path: String,
    pub(super) name: String,
    /// The differences that it shows.
    pub(super) differences: Vec<Difference>,
}

/// All of them, by file and in order.
pub(super) fn cases() -> Vec<Found> {
    let folder = "tests/conformance/chatkit/cases";
    let files = fs::read_dir(root().join(folder)).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let found = names.iter().flat_map(|name| {
        let path = format!("{folder}/{name}");
        let text = fs::read_to_string(root().join(&path)).unwrap();
        let tests: Vec<_> = text.split("fn case_").skip(1).map(|test| read(&path, test)).collect();
        tests
    });
    found.collect()
}

/// Reads a test from its number to its end.
fn read(path: &str, text: &str) -> Found {
    let (name, rest) = text.split_once('(').expect("a test has a name");
    let (body, _) = rest.split_once("\n}").expect("a test ends");
    let (number, _) = name.split_once('_').expect("a case has a number");
    let shows = |difference: &Difference| body.contains(&format!("{difference:?}"));
    Found {
        number: number.parse().expect("a case has a number"),
        path: path.to_owned(),
        name: format!("case_{name}"),
        differences: DIFFERENCES
            .map(|(difference, _)| difference)
            .into_iter()
            .filter(shows)
            .collect(),
    }
}
