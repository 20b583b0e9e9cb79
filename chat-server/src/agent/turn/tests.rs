//! The loop against scripted models and tools, with time that stands still until nothing else can
//! happen.

use std::{
    collections::VecDeque,
    future,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{FutureExt, stream};
use serde_json::json;
use tokio::{sync::Barrier, time::sleep};

use super::*;
use crate::agent::{LlmMode, model::ModelError};

type Said = Vec<ModelEvent>;

/// Gives one answer after the other, the last one again and again, and remembers what it was told.
struct Script {
    answers: Mutex<VecDeque<Said>>,
    told: Mutex<Vec<Vec<Message>>>,
    /// What comes after what it has to say.
    then: Then,
}

#[derive(Clone)]
enum Then {
    End,
    Silence,
    Error(ModelError),
}

impl Script {
    fn new(answers: Vec<Said>) -> Self {
        Self { answers: Mutex::new(answers.into()), told: Mutex::default(), then: Then::End }
    }

    fn once(said: Said, then: Then) -> Self {
        Self { then, ..Self::new(vec![said]) }
    }
}

impl Model for Script {
    fn mode(&self) -> LlmMode {
        LlmMode::Model
    }

    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        self.told.lock().unwrap().push(request.messages);
        let mut answers = self.answers.lock().unwrap();
        let said = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let said = stream::iter(said.unwrap_or_default().into_iter().map(Ok));
        match self.then.clone() {
            Then::End => said.boxed(),
            Then::Silence => said.chain(stream::pending()).boxed(),
            Then::Error(error) => said.chain(stream::iter([Err(error)])).boxed(),
        }
    }
}

fn text(words: &str) -> ModelEvent {
    ModelEvent::TextDelta(words.to_owned())
}

fn call(id: &str, name: &str, arguments: &str) -> ModelEvent {
    ModelEvent::ToolCall(ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    })
}

fn done() -> ModelEvent {
    finish(Finish::Complete)
}

fn finish(finish: Finish) -> ModelEvent {
    ModelEvent::Done { raw: Vec::new(), finish }
}

fn spec(name: &str, read_only: bool) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        own_name: name.to_owned(),
        description: String::new(),
        parameters: json!({}),
        read_only,
        destructive: false,
    }
}

fn result(content: String) -> ToolOutcome {
    ToolOutcome { content, is_error: false, changed: Vec::new() }
}

/// A tool that answers with its own name and arguments.
fn echoing() -> CallTool {
    caller(|call, _| future::ready(result(format!("{} {}", call.name, call.arguments))).boxed())
}

/// A tool that never answers.
fn silent() -> CallTool {
    caller(|_, _| future::pending().boxed())
}

fn turn(model: &Arc<Script>, call: CallTool) -> Turn {
    Turn {
        model: Arc::clone(model) as Arc<dyn Model>,
        limits: Limits::default(),
        tools: Arc::new([spec("add", false), spec("list", true), spec("find", true)]),
        call,
        system: String::new(),
        messages: vec![Message::User("go".to_owned())],
        id: "turn".to_owned(),
    }
}

/// What happens, a line an event; the last line may be an error.
async fn watch(events: impl Stream<Item = Result<AgentEvent, AgentError>>) -> Vec<String> {
    let line = |event: Result<AgentEvent, AgentError>| match event {
        Ok(AgentEvent::TextDelta(text)) => text,
        Ok(AgentEvent::TextDone) => "(text done)".to_owned(),
        Ok(AgentEvent::ToolStarted { index, call }) => format!("{index} {} started", call.name),
        Ok(AgentEvent::ToolFinished { index, is_error, summary, .. }) => {
            format!("{index} {}: {summary}", if is_error { "failed" } else { "finished" })
        }
        Err(error) => format!("! {error}"),
    };
    events.map(line).collect().await
}

async fn run(answers: Vec<Said>, call: CallTool) -> (Vec<String>, Vec<Vec<Message>>) {
    let model = Arc::new(Script::new(answers));
    let lines = watch(turn(&model, call).run()).await;
    let told = model.told.lock().unwrap().clone();
    (lines, told)
}

#[tokio::test(start_paused = true)]
async fn calls_are_made_and_told_until_an_answer_stands() {
    let answers = vec![
        vec![text("Let me "), text("see."), call("a", "list", ""), done()],
        vec![text("There is nothing."), done()],
    ];
    let (lines, told) = run(answers, echoing()).await;
    let expected = [
        "Let me ",
        "see.",
        "(text done)",
        "0 list started",
        "0 finished: list {}",
        "There is nothing.",
    ];
    assert_eq!(lines, expected);
    let [_, Message::Assistant { text, calls, .. }, Message::Tool { call_id, content, is_error }] =
        &told[1][..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((text.as_str(), calls.len()), ("Let me see.", 1));
    assert_eq!((call_id.as_str(), content.as_str(), *is_error), ("a", "list {}", false));
}

#[tokio::test(start_paused = true)]
async fn what_only_reads_runs_together_and_is_told_in_order() {
    let both = Arc::new(Barrier::new(2));
    let tool = caller(move |call, _| {
        let both = Arc::clone(&both);
        async move {
            both.wait().await;
            if call.name == "list" {
                sleep(Duration::from_millis(1)).await;
            }
            result(call.name)
        }
        .boxed()
    });
    let reads = vec![call("a", "list", "{}"), call("b", "find", "{}"), done()];
    let (lines, told) = run(vec![reads, vec![text("ok"), done()]], tool).await;
    let expected =
        ["0 list started", "1 find started", "1 finished: find", "0 finished: list", "ok"];
    assert_eq!(lines, expected);
    let ids = told[1][2..].iter().map(|message| match message {
        Message::Tool { call_id, .. } => call_id.as_str(),
        _ => panic!("{message:?}"),
    });
    assert_eq!(ids.collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_runs_alone_and_in_order() {
    let running = Arc::new(AtomicUsize::new(0));
    let tool = caller(move |call, key| {
        let running = Arc::clone(&running);
        async move {
            let others = running.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(if key.ends_with('0') { 9 } else { 1 })).await;
            running.fetch_sub(1, Ordering::SeqCst);
            result(format!("{} {key} beside {others}", call.name))
        }
        .boxed()
    });
    let calls = ["add", "add", "list", "find"].iter().enumerate();
    let mut answer: Said =
        calls.map(|(n, name)| call(&n.to_string(), name, &format!("{{\"n\":{n}}}"))).collect();
    answer.push(done());
    let (lines, _) = run(vec![answer, vec![text("ok"), done()]], tool).await;
    let expected = [
        "0 add started",
        "0 finished: add turn-0 beside 0",
        "1 add started",
        "1 finished: add turn-1 beside 0",
        "2 list started",
        "3 find started",
        "2 finished: list turn-2 beside 0",
        "3 finished: find turn-3 beside 1",
        "ok",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test(start_paused = true)]
async fn calls_that_cannot_be_made_have_badges_and_are_told() {
    let answers = vec![
        vec![call("a", "add", "{\"title\":"), call("b", "format_disk", "{}"), done()],
        vec![text("Sorry."), done()],
    ];
    let (lines, told) = run(answers, silent()).await;
    assert_eq!(lines[0], "0 add started");
    assert!(lines[1].starts_with("0 failed: the arguments are not a JSON object"), "{}", lines[1]);
    assert_eq!(lines[2], "1 format_disk started");
    assert!(lines[3].contains("there is no such tool; the tools are: add, list, find"));
    assert_eq!(lines[4], "Sorry.");
    assert!(matches!(&told[1][2], Message::Tool { is_error: true, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_call_made_again_and_again_is_made_once() {
    let made = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&made);
    let tool = caller(move |_, _| {
        counting.fetch_add(1, Ordering::SeqCst);
        future::ready(result("added #1".to_owned())).boxed()
    });
    let again = vec![call("a", "add", "{\"title\": \"Milk\"}"), done()];
    let (lines, told) = run(vec![again], tool).await;
    assert_eq!(made.load(Ordering::SeqCst), 1);
    assert_eq!(lines.last().unwrap(), GOING_IN_CIRCLES);
    assert_eq!(told.len(), 3);
    let Message::Tool { content, .. } = &told[2][4] else { panic!("{told:?}") };
    assert_eq!(content, "already done, not done again; the result was: added #1");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_never_ends_is_stopped() {
    let answers = (0..20).map(|n| vec![call("a", "add", &format!("{{\"n\":{n}}}")), done()]);
    let (lines, told) = run(answers.collect(), echoing()).await;
    assert_eq!(told.len(), Limits::default().model_turns);
    assert_eq!(lines.last().unwrap(), TOO_MANY_STEPS);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_made_than_allowed() {
    let mut answer: Said =
        (0..50).map(|n| call(&n.to_string(), "add", &format!("{{\"n\":{n}}}"))).collect();
    answer.push(done());
    let (lines, told) = run(vec![answer], echoing()).await;
    assert_eq!(lines.iter().filter(|line| line.ends_with("started")).count(), 20);
    assert_eq!(lines.last().unwrap(), TOO_MANY_CALLS);
    assert_eq!(told.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_left_without_a_word() {
    let said = |said: Said| async { run(vec![said], echoing()).await.0 };
    assert_eq!(said(vec![done()]).await, [NOTHING_SAID]);
    assert_eq!(said(vec![text("a"), finish(Finish::Length)]).await, ["a", TOO_LONG]);
    assert_eq!(said(vec![finish(Finish::Filtered)]).await, [WITHHELD]);
    let answers = vec![vec![call("a", "add", "{}"), done()], vec![text(" "), done()]];
    assert_eq!(run(answers, echoing()).await.0.last().unwrap(), NOTHING_ADDED);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_is_an_error_after_what_was_said() {
    let (lines, _) = run(vec![vec![text("Hel")]], echoing()).await;
    assert_eq!(lines, ["Hel", "! the model's answer was cut off"]);
    let refused = ModelError::Refused { status: 401, reason: String::new() };
    let model = Arc::new(Script::once(Vec::new(), Then::Error(refused)));
    assert_eq!(watch(turn(&model, echoing()).run()).await, ["! the model is unavailable"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_given_up_before_and_after_its_first_byte() {
    for (said, expected) in [
        (vec![], vec!["! the model did not begin to answer in time"]),
        (vec![text("Hel")], vec!["Hel", "! the model stopped answering"]),
        (vec![ModelEvent::Alive], vec!["! the model stopped answering"]),
    ] {
        let model = Arc::new(Script::once(said, Then::Silence));
        assert_eq!(watch(turn(&model, echoing()).run()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_model_that_is_alive_is_waited_for() {
    struct Slow;
    impl Model for Slow {
        fn mode(&self) -> LlmMode {
            LlmMode::Model
        }
        fn stream(&self, _: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
            let said = [ModelEvent::Alive, text("a"), text("b"), done()];
            stream::iter(said)
                .then(|event| async {
                    sleep(Duration::from_secs(29)).await;
                    Ok(event)
                })
                .boxed()
        }
    }
    let silent = Arc::new(Script::new(Vec::new()));
    let turn = Turn { model: Arc::new(Slow), ..turn(&silent, echoing()) };
    assert_eq!(watch(turn.run()).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_ends_when_its_time_is_over() {
    let model = Arc::new(Script::new(vec![vec![call("a", "add", "{}"), done()]]));
    let turn = turn(&model, silent());
    let within = within(Duration::from_mins(2), CancellationToken::new(), turn.run().boxed());
    assert_eq!(watch(within).await, ["0 add started", "! the answer took too long"]);
}

#[tokio::test(start_paused = true)]
async fn cancelling_drops_the_model_and_the_calls() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let cancel = CancellationToken::new();
    let (cancels, drops) = (cancel.clone(), Arc::clone(&dropped));
    let tool = caller(move |_, _| {
        let (cancels, dropped) = (cancels.clone(), Dropped(Arc::clone(&drops)));
        async move {
            cancels.cancel();
            future::pending::<()>().await;
            drop(dropped);
            result(String::new())
        }
        .boxed()
    });
    let model = Arc::new(Script::new(vec![vec![call("a", "add", "{}"), done()]]));
    let answer = within(Duration::from_mins(2), cancel, turn(&model, tool).run().boxed());
    assert_eq!(watch(answer).await, ["0 add started"]);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);

    let cancel = CancellationToken::new();
    cancel.cancel();
    let model = Arc::new(Script::once(vec![text("never said")], Then::Silence));
    let answer = within(Duration::from_mins(2), cancel, turn(&model, silent()).run().boxed());
    assert_eq!(watch(answer).await, [] as [&str; 0]);
    assert_eq!(Arc::strong_count(&model), 1);
}
