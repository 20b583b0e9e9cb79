//! `threads.add_structured_input`: the user answers the assistant's questions.

use super::{Limits, Server, input};
use crate::protocol::{
    StructuredInput, StructuredInputAnswer, StructuredInputItem, StructuredInputStatus,
    StructuredInputSubmission, StructuredInputSubmissionStatus as Submitted,
    ThreadAddStructuredInputParams, ThreadItem, ThreadStreamEvent,
};
use crate::turn::{self, Asked, Opening};
use crate::{Begun, Cause, Error, EventStream, Responder, Store, TurnStart};

/// Fills the answers in, tells the client, and starts the turn that goes on with them.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    params: ThreadAddStructuredInputParams,
    context: S::Context,
) -> Result<EventStream, Error> {
    let ThreadAddStructuredInputParams { thread_id, item_id, input } = params;
    check(&input, &server.options().limits)?;
    let store = server.store();
    let thread = store.load_thread(&context, &thread_id).await?;
    let waiting = store.load_item(&context, &thread_id, &item_id).await?;
    let questions = answered(pending(&waiting)?, &input);
    let item = ThreadItem::StructuredInput(questions.clone());
    let start =
        TurnStart { item: Some(&item), instead_of: Some(&waiting), ..TurnStart::of(&thread) };
    let Begun { turn, thread } = server.begin(&context, start).await?;
    let asked = Asked::Answer { input: None, cause: Cause::StructuredInput(questions) };
    let mut opening = Opening::new(thread, asked, context);
    opening.after.push(ThreadStreamEvent::ThreadItemReplaced { item });
    Ok(turn::start(&server.inner, turn, opening))
}

/// Refuses answers that say too much.
fn check(submission: &StructuredInputSubmission, limits: &Limits) -> Result<(), Error> {
    let values = submission.answers.values().flat_map(|answer| &answer.values);
    input::check_length(values.map(String::as_str), limits)
}

/// The item as questions that wait for the user.
fn pending(item: &ThreadItem) -> Result<&StructuredInputItem, Error> {
    match item {
        ThreadItem::StructuredInput(item) if item.status == StructuredInputStatus::Pending => {
            Ok(item)
        }
        ThreadItem::StructuredInput(_) => {
            Err(Error::conflict("already_answered", "the questions have been answered"))
        }
        _ => Err(Error::conflict("no_questions", "the item asks no questions")),
    }
}

/// The questions with their answers.
fn answered(item: &StructuredInputItem, given: &StructuredInputSubmission) -> StructuredInputItem {
    let mut item = item.clone();
    item.status = match given.status {
        Submitted::Answered => StructuredInputStatus::Answered,
        Submitted::Skipped => StructuredInputStatus::Skipped,
    };
    for question in &mut item.inputs {
        let answer = answer(question, given);
        question.set_answer(answer);
    }
    let asked = |id: &String| item.inputs.iter().any(|question| question.id() == id);
    let unasked = given.answers.keys().filter(|id| !asked(id)).count();
    if unasked > 0 {
        tracing::info!(unasked, "Answers to questions that nobody asked were ignored");
    }
    item
}

/// The answer to one question. One that says nothing passes the question over.
fn answer(question: &StructuredInput, given: &StructuredInputSubmission) -> StructuredInputAnswer {
    let answer = given.answers.get(question.id());
    let values = match answer {
        Some(answer) if given.status == Submitted::Answered && !answer.skipped => {
            &answer.values[..]
        }
        _ => &[],
    };
    let most = if question.takes_one() { 1 } else { values.len() };
    let values: Vec<String> = values.iter().take(most).cloned().collect();
    StructuredInputAnswer { skipped: values.is_empty(), values }
}
