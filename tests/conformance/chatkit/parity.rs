//! docs/chatkit-parity.md, made of the SDK's own list of types, the names of the tests, and the differences they name.
//!
//! `TODOCHAT_GENERATE=1` writes the page; otherwise a page that says something else fails a test.

mod elsewhere;
mod list;
mod page;
pub(crate) mod samples;
mod sources;

use std::fs;
use std::path::PathBuf;

use self::elsewhere::ELSEWHERE;
use self::list::CASES;
use self::sources::{Found, cases};

/// Where this checkout begins.
fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../.."].iter().collect()
}

#[test]
fn the_page_says_what_the_tests_say() {
    let path = root().join("docs/chatkit-parity.md");
    let page = page::page(&cases());
    #[expect(clippy::disallowed_methods, reason = "a test has no flags")]
    if std::env::var("TODOCHAT_GENERATE").is_ok() {
        fs::write(&path, page).unwrap();
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/chatkit-parity.md is stale: make generate");
}

#[test]
fn every_case_has_a_test() {
    let here = cases();
    for (number, _) in CASES {
        let found = here.iter().any(|found| found.number == number)
            || ELSEWHERE.iter().any(|(cases, ..)| cases.contains(&number));
        assert!(found, "case {number} has no test");
    }
    assert_eq!(
        CASES.map(|(number, _)| number),
        std::array::from_fn(|at| u32::try_from(at).unwrap() + 1)
    );
}

#[test]
fn the_tests_that_are_elsewhere_are_there() {
    for (cases, path, name) in ELSEWHERE {
        let text =
            fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("there is no {path}"));
        let there = text.contains(&format!("fn {name}(")) || text.contains(&format!("\"{name}\""));
        assert!(there, "case {cases:?}: {path} has no test \"{name}\"");
    }
}

/// The tests of a case, here and elsewhere: the file and the name of each.
fn tests_of(number: u32, here: &[Found]) -> Vec<(String, String)> {
    let found = here.iter().filter(|found| found.number == number);
    let mut tests: Vec<_> = found.map(|it| (it.path.clone(), it.name.clone())).collect();
    let others = ELSEWHERE.iter().filter(|(cases, ..)| cases.contains(&number));
    tests.extend(others.map(|(_, path, name)| ((*path).to_owned(), (*name).to_owned())));
    tests
}
