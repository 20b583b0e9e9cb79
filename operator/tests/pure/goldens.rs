//! Whole inputs and whole outputs: `goldens/<case>.yaml` is an object and its surroundings, `<case>.out.yaml` all that it
//! becomes, Secrets as recipes. What becomes the same as in `minimal` is only named, so that a golden shows what its case is
//! about. `UPDATE_GOLDENS=1 cargo test --workspace --test pure goldens` writes what it becomes now; look at every line that
//! changed.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::{Value, json};
use todochat_operator::{
    build::build,
    children::{Children, Prepared},
    kinds::ChildId,
    render,
    testing::Case,
};

use crate::children::check;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "pure", "goldens"].iter().collect()
}

/// The cases by name, each with its text.
pub(crate) fn cases() -> Vec<(String, String)> {
    let mut cases: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".yaml")?.to_owned();
            name.strip_suffix(".out").is_none().then(|| (name, fs::read_to_string(&path).unwrap()))
        })
        .collect();
    cases.sort();
    cases
}

fn children(text: &str) -> Children<Prepared> {
    let validated = Case::read(text).validated().unwrap_or_else(|refusals| panic!("{refusals:#?}"));
    build(&validated)
}

/// What a case becomes, as YAML documents; at the end what is as in `minimal`, and what is held.
fn rendered(name: &str, text: &str, minimal: &[Value]) -> String {
    let children = children(text);
    let known = |document: &Value| name != "minimal" && minimal.contains(document);
    let (known, mut shown): (Vec<_>, Vec<_>) =
        render::manifests(&children).into_iter().partition(known);
    let known: Vec<_> = known.iter().map(title).collect();
    let held: Vec<_> = children.held.iter().map(ChildId::to_inventory).collect();
    shown.push(json!({ "asInMinimal": known, "held": held }));
    render::yaml(&shown).unwrap()
}

fn title(document: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    format!("{} {}", text(&document["kind"]), text(&document["metadata"]["name"]))
}

#[test]
fn every_object_becomes_what_its_golden_says() {
    let update = std::env::vars().any(|(name, value)| name == "UPDATE_GOLDENS" && value == "1");
    let minimal = render::manifests(&children("{}"));
    let mut differing = Vec::new();
    for (name, text) in cases() {
        let path = folder().join(format!("{name}.out.yaml"));
        let now = rendered(&name, &text, &minimal);
        if update {
            fs::write(&path, now).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != now {
            differing.push(name);
        }
    }
    assert!(differing.is_empty(), "{differing:?} become something else; see the top of this file");
}

#[test]
fn every_golden_has_its_case() {
    let cases: BTreeSet<_> = cases().into_iter().map(|(name, _)| name).collect();
    assert!(cases.len() >= 40);
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let case = file.trim_end_matches(".yaml").trim_end_matches(".out");
        assert!(cases.contains(case), "{file} is left over");
    }
}

#[test]
fn every_rule_holds_for_every_case() {
    for (name, text) in cases() {
        eprintln!("{name}");
        check(&Case::read(&text).validated().unwrap());
    }
}
