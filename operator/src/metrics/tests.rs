//! What is told is what there is, series by series.

use prometheus::{TextEncoder, proto::MetricFamily};

use super::family::Family;

/// The series as they are told, in the order of their labels.
fn series(family: MetricFamily) -> Vec<String> {
    let text = TextEncoder::new().encode_to_string(&[family]).unwrap();
    let mut told: Vec<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    told.sort_unstable();
    told
}

#[test]
fn objects_whose_names_read_the_same_together_have_a_series_each() {
    let family = Family::gauge("trial", "A trial", &["namespace", "name"]).unwrap();
    family.add(&["a", "bc"], 1.0);
    family.add(&["ab", "c"], 2.0);
    assert_eq!(
        series(family.take()),
        [
            "todochat_operator_trial{namespace=\"a\",name=\"bc\"} 1",
            "todochat_operator_trial{namespace=\"ab\",name=\"c\"} 2",
        ]
    );
}

#[test]
fn nothing_is_left_for_who_asks_next() {
    let family = Family::counter("trial", "A trial", &[]).unwrap();
    family.add(&[], 7.0);
    assert_eq!(series(family.take()), ["todochat_operator_trial 7"]);
    assert!(family.take().get_metric().is_empty());
}
