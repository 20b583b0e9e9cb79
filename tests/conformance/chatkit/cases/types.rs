//! Every type of the protocol, with every field: what the SDK lists is what we can say, and it is read and written the same.

use serde_json::{Value, json};

use crate::differences::Difference::TimesInUtc;
use crate::oracle;
use crate::parity::samples::{self, Sample};
use crate::play::play;
use crate::script::{Case, create};

#[test]
fn case_31_every_type_is_read_and_written_the_same_by_both() {
    for sample in samples::all() {
        let ours = sample.written().unwrap_or_else(|error| panic!("{error}: {}", sample.value));
        assert_eq!(ours, sample.value, "we write it otherwise");
        let sent = (sample.model.to_owned(), ours.to_string());
        assert_eq!(oracle::problems([&sent]), Vec::<String>::new());
    }
}

#[test]
fn case_31_no_type_and_no_field_of_the_sdk_is_missing() {
    let inventory = oracle::ask(&json!({"ask": "inventory"}));
    let samples = samples::all();
    for (part, types) in inventory.as_object().unwrap() {
        for (kind, fields) in types.as_object().unwrap() {
            let of_it: Vec<&Sample> =
                samples.iter().filter(|it| it.part == part && it.value["type"] == *kind).collect();
            assert!(!of_it.is_empty(), "there is no sample of {part} {kind}");
            for field in fields.as_array().unwrap() {
                let field = field.as_str().unwrap();
                let said = of_it.iter().any(|sample| sample.value.get(field).is_some());
                assert!(said || withheld(part, field), "no sample of {part} {kind} has `{field}`");
            }
        }
    }
}

/// What is never written: the application's own data.
fn withheld(part: &str, field: &str) -> bool {
    ["requests", "attachments"].contains(&part) && field == "metadata"
        // Deprecated, and ignored by every client.
        || part == "sources" && field == "preview"
}

#[tokio::test]
async fn case_31_times_are_in_utc() {
    let case = Case::new().ask(create("hi"));
    let mut question = serde_json::to_value(&case).unwrap();
    question["ask"] = "play".into();
    let at =
        |answer: &Value| answer["events"][0]["thread"]["created_at"].as_str().unwrap().to_owned();
    let (ours, theirs) = (play(&case).await, oracle::ask(&question));
    let different =
        at(&ours.answers[0]).ends_with('Z') && !at(&theirs["answers"][0]).ends_with('Z');
    assert!(different, "{TimesInUtc:?}");
}
