//! The user answers questions.

use super::*;
use crate::protocol::{
    FreeformInput, MultipleChoiceInput, MultipleChoiceOption, StructuredInput, StructuredInputItem,
    StructuredInputStatus,
};

fn choice(id: &str, multiple: bool) -> StructuredInput {
    let options = ["Low", "High"].map(|value| MultipleChoiceOption { value: value.to_owned() });
    StructuredInput::MultipleChoice(MultipleChoiceInput {
        id: id.to_owned(),
        question: "Priority?".to_owned(),
        answer: None,
        options: options.into(),
        multiple,
    })
}

fn words(id: &str) -> StructuredInput {
    StructuredInput::Freeform(FreeformInput {
        id: id.to_owned(),
        question: "Notes?".to_owned(),
        answer: None,
        description: None,
    })
}

/// A server where Ann is asked `p` (one of two), `s` (some of two) and `n` (in words).
fn asking() -> Scripted {
    let server = told();
    let questions = ThreadItem::StructuredInput(StructuredInputItem {
        id: "si".to_owned(),
        thread_id: "thr_a".to_owned(),
        created_at: MemoryStore::default().now(),
        status: StructuredInputStatus::Pending,
        inputs: vec![choice("p", false), choice("s", true), words("n")],
    });
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![questions, message("m")]);
    server
}

fn answer(input: Value) -> Value {
    let params = json!({"thread_id": "thr_a", "item_id": "si", "input": input});
    op("threads.add_structured_input", params)
}

/// The status and the three answers that `input` leads to.
async fn answered(input: Value) -> (Value, [Value; 3]) {
    let events = ask(&asking(), "ann", answer(input)).await.unwrap();
    assert_eq!(events[1]["type"], "thread.item.replaced");
    let item = &events[1]["item"];
    (item["status"].clone(), [0, 1, 2].map(|place: usize| item["inputs"][place]["answer"].clone()))
}

fn given(values: &[&str]) -> Value {
    json!({"values": values, "skipped": false})
}

fn passed_over() -> Value {
    json!({"values": [], "skipped": true})
}

#[tokio::test]
async fn answers_are_filled_in_and_told_after_the_options() {
    let server = asking();
    let input = json!({"answers": {"n": {"values": ["soon"]}}});
    let events = ask(&server, "ann", answer(input)).await.unwrap();
    let kinds: Vec<&Value> = events.as_array().unwrap().iter().map(|e| &e["type"]).collect();
    assert_eq!(kinds, ["stream_options", "thread.item.replaced", "progress_update"]);
    assert_eq!(events[2]["text"], "the answers to si");
    assert_eq!(server.store().operations(), ["begin_turn"], "kept in the turn's first commit");
    let kept = server.store().items("thr_a");
    assert_eq!(serde_json::to_value(&kept[0]).unwrap(), events[1]["item"]);
    assert_eq!(kept.len(), 2, "the item stays where it is");
}

#[tokio::test]
async fn a_question_without_an_answer_is_passed_over() {
    let input = json!({"answers": {"n": {"values": ["soon"]}, "s": {"values": []}}});
    let expected = [passed_over(), passed_over(), given(&["soon"])];
    assert_eq!(answered(input).await, (json!("answered"), expected));
}

#[tokio::test]
async fn of_several_answers_to_a_single_choice_the_first_counts() {
    let values = json!({"values": ["High", "Low"]});
    let input = json!({"answers": {"p": values, "s": values, "n": values}});
    let expected = [given(&["High"]), given(&["High", "Low"]), given(&["High", "Low"])];
    assert_eq!(answered(input).await, (json!("answered"), expected));
}

#[tokio::test]
async fn an_answer_that_is_skipped_has_no_values() {
    let input = json!({"answers": {"p": {"values": ["High"], "skipped": true}}});
    let expected = [passed_over(), passed_over(), passed_over()];
    assert_eq!(answered(input).await, (json!("answered"), expected));
}

#[tokio::test]
async fn questions_that_are_skipped_as_a_whole_have_no_answers() {
    let input = json!({"status": "skipped", "answers": {"p": {"values": ["High"]}}});
    let expected = [passed_over(), passed_over(), passed_over()];
    assert_eq!(answered(input).await, (json!("skipped"), expected));
}

#[tokio::test]
async fn answers_to_questions_that_nobody_asked_are_ignored() {
    let input = json!({"answers": {"zzz": {"values": ["1"]}, "p": {"values": ["Low"]}}});
    let expected = [given(&["Low"]), passed_over(), passed_over()];
    assert_eq!(answered(input).await, (json!("answered"), expected));
}

#[tokio::test]
async fn nothing_but_the_defaults_is_answered_with_nothing() {
    let expected = [passed_over(), passed_over(), passed_over()];
    assert_eq!(answered(json!({})).await, (json!("answered"), expected));
}

#[tokio::test]
async fn questions_are_answered_once() {
    let server = asking();
    ask(&server, "ann", answer(json!({"status": "skipped"}))).await.unwrap();
    let again = refused(&server, "ann", answer(json!({}))).await;
    assert_eq!(again, (409, "already_answered".to_owned()));
}

#[tokio::test]
async fn only_questions_take_answers() {
    let server = asking();
    let at = |thread: &str, item: &str| {
        op(
            "threads.add_structured_input",
            json!({"thread_id": thread, "item_id": item, "input": {}}),
        )
    };
    assert_eq!(refused(&server, "ann", at("thr_a", "m")).await, (409, "no_questions".to_owned()));
    assert_eq!(refused(&server, "ann", at("thr_a", "none")).await.0, 404);
    assert_eq!(refused(&server, "ann", at("none", "si")).await.0, 404);
    assert_eq!(refused(&server, "bob", at("thr_a", "si")).await.0, 404);
    assert_eq!(server.store().operations(), Vec::<String>::new());
}

#[tokio::test]
async fn answers_are_no_longer_than_a_message() {
    let server = asking();
    let long = |count: usize| json!({"answers": {"n": {"values": ["é".repeat(count), "é"]}}});
    let refusal = refused(&server, "ann", answer(long(32_000))).await;
    assert_eq!(refusal, (422, "message_too_long".to_owned()));
    assert!(ask(&server, "ann", answer(long(31_999))).await.is_ok());
}
