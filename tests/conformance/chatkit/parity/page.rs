//! The page.

use std::fmt::Write as _;

use serde_json::json;

use super::sources::Found;
use super::{CASES, tests_of};
use crate::differences::DIFFERENCES;
use crate::oracle;

const BEGINNING: &str = "# ChatKit: parity with the Python SDK

Written by `make generate` from the tests in `tests/conformance/chatkit`; do not edit.

`crates/chatkit` is held against the official Python SDK, `openai-chatkit` 1.6.5, in three ways, each time with the SDK itself:

- every byte that we send is read by the SDK's own types and written again the same;
- every case is played on the SDK's server and on ours, with the same requests and the same application: answers, what the store is asked
  to write, what the application is asked, and what is there in the end are the same, but for the differences below;
- an independent reducer over our events comes to what `threads.get_by_id` answers.

Besides the cases there are 10,000 generated bodies (never a 500, never a broken stream, and what the SDK reads we read) and 1,000
generated scripts with clients that hang up anywhere (what is kept is what the reducer says), of which 100 more are played on both.

Three things are brought to one form before they are held against each other: ids by the order in which they appear, times that a server
stamps, and the one commit with which our turns begin, which counts as the writes that it stands for.

## What is there besides

Stock clients skip or ignore all of it: comments (`: keepalive`) in an idle stream, the response header `chatkit-turn-id` and `id:` lines,
with which a turn can be read on after a reload, and the request header `Idempotency-Key`. What happens to a turn whose client hangs up is
a setting; the cases play the SDK's way, which ends it.
";

/// The whole page.
pub(super) fn page(here: &[Found]) -> String {
    let mut page = BEGINNING.to_owned();
    types(&mut page);
    differences(&mut page, here);
    cases(&mut page, here);
    page
}

fn types(page: &mut String) {
    page.push_str("\n## What there is\n\nEvery type that the SDK's protocol has, with every field of it, is read and written the same (case 31).\n\n| part | types |\n|---|---|\n");
    let inventory = oracle::ask(&json!({"ask": "inventory"}));
    for (part, types) in inventory.as_object().unwrap() {
        let names: Vec<_> =
            types.as_object().unwrap().keys().map(|name| format!("`{name}`")).collect();
        line(page, &[&format!("{part} ({})", names.len()), &names.join(", ")]);
    }
}

fn differences(page: &mut String, here: &[Found]) {
    page.push_str("\n## What is different, and why\n\n| the SDK | here | because | cases |\n|---|---|---|---|\n");
    for (difference, [theirs, ours, reason]) in DIFFERENCES {
        let shown = here.iter().filter(|found| found.differences.contains(&difference));
        let mut numbers: Vec<_> = shown.map(|found| found.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
        let numbers = if numbers.is_empty() { "generated".to_owned() } else { numbers.join(", ") };
        line(page, &[theirs, ours, reason, &numbers]);
    }
}

fn cases(page: &mut String, here: &[Found]) {
    page.push_str("\n## The cases\n\n| | case | proved by |\n|---|---|---|\n");
    for (number, about) in CASES {
        let tests = tests_of(number, here);
        let tests: Vec<_> = tests
            .iter()
            .map(|(path, name)| format!("{name} ([{}](../{path}))", file(path)))
            .collect();
        line(page, &[&number.to_string(), about, &tests.join("; ")]);
    }
}

/// The last two parts of a path.
fn file(path: &str) -> String {
    let parts: Vec<_> = path.rsplitn(3, '/').collect();
    parts[..parts.len().min(2)].iter().rev().copied().collect::<Vec<_>>().join("/")
}

fn line(page: &mut String, cells: &[&str]) {
    writeln!(page, "| {} |", cells.join(" | ")).expect("writing to a String does not fail");
}
