//! What was written is found equal: by the same process without a request, by a new one without a write, whatever the server
//! has filled in and however it writes things.

use std::{collections::BTreeMap, fs, path::PathBuf};

use futures_util::{StreamExt as _, stream};
use todochat_operator::kinds::Kind;
use todochat_tests::cluster::tally;

use super::bench::Bench;

/// The cases of the goldens.
fn cases() -> Vec<(String, String)> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "operator", "tests", "pure", "goldens"].iter().collect();
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let cases = paths.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".yaml")?.to_owned();
        (!name.contains(".out")).then(|| (name, fs::read_to_string(&path).unwrap()))
    });
    cases.collect()
}

#[tokio::test]
async fn every_case_is_written_once_and_then_left_alone() {
    let visits = cases().into_iter().map(|(name, text)| async move {
        let differing = visited_again(&text).await;
        (!differing.is_empty()).then(|| format!("{name}: {differing}"))
    });
    let differing: Vec<_> = stream::iter(visits).buffer_unordered(4).collect().await;
    let differing: Vec<_> = differing.into_iter().flatten().collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Visits again as the same process, as a new one that knows the status, and as one that knows nothing; tells what was written.
async fn visited_again(text: &str) -> String {
    let mut bench = Bench::of(text).await;
    let first = bench.visit().await;
    let mut told = String::new();
    if first.created.is_empty() || !first.changed.is_empty() || !first.corrected.is_empty() {
        told = format!("the first visit {first:?}");
    }
    for (who, restart) in [("same", None), ("new", Some(true)), ("ignorant", Some(false))] {
        if let Some(with_inventory) = restart {
            bench.restart(with_inventory);
        }
        let again = bench.visit().await;
        if again.wrote() || again.skipped.len() != first.created.len() {
            told = format!("{told} {who} {again:?}");
        }
        let asked = again.seen.iter().filter(|(id, _)| id.kind != Kind::Secret).count();
        if who != "ignorant" && asked > 0 {
            told = format!("{told} {who} read {asked}");
        }
    }
    told
}

#[tokio::test]
async fn at_rest_nothing_is_asked_and_by_a_new_process_only_what_secrets_hold() {
    let server = super::bench::server().await;
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let namespace = bench.namespace.clone();
    let asked = |mark| {
        let asked = server.audit().since(mark).into_iter();
        let here: Vec<_> = asked.filter(|asked| asked.namespace == namespace).collect();
        tally(&here)
    };
    let mark = server.audit().mark();
    bench.visit().await;
    assert_eq!(asked(mark), BTreeMap::new());

    bench.restart(true);
    let mark = server.audit().mark();
    bench.visit().await;
    bench.visit().await;
    let secrets = bench.world.children.keys().filter(|id| id.kind == Kind::Secret).count();
    assert_eq!(asked(mark), BTreeMap::from([("get secrets".to_owned(), secrets)]));
}
