//! Turns that outlive their readers, or are taken from their server.

use tokio::time::{Instant, advance};

use super::*;
use crate::testing::Gate;
use crate::{Error, IdempotencyKey, LEASE, WhenBusy};

const TURN: &str = "trn_1";

fn say(thread: Option<&str>, words: &str) -> String {
    let input = serde_json::json!({"content": [{"type": "input_text", "text": words}]});
    let body = match thread {
        None => serde_json::json!({"type": "threads.create", "params": {"input": input}}),
        Some(id) => serde_json::json!({
            "type": "threads.add_user_message", "params": {"thread_id": id, "input": input},
        }),
    };
    body.to_string()
}

async fn send(server: &Scripted, body: &str, key: Option<&str>) -> Result<EventStream, Error> {
    let key = key.map(|key| IdempotencyKey::new(key.as_bytes(), body.as_bytes()).unwrap());
    let request = server.parse(body.as_bytes())?;
    match server.process_request_once(request, "ann".to_owned(), key).await? {
        Response::Stream(stream) => Ok(stream),
        Response::Json(_) => panic!("a message is answered with a stream"),
    }
}

async fn told(stream: EventStream) -> Vec<String> {
    stream.map(|event| brief(&event)).collect().await
}

/// "Hel", a pause until the gate opens, "lo".
fn hello(on_disconnect: OnDisconnect) -> (Scripted, Gate) {
    let gate = Gate::closed();
    let waiting = gate.clone();
    let options = Options { on_disconnect, ..Options::default() };
    let server = with_options(options, move || {
        vec![
            Event::added(message("a", "")).into(),
            text("a", "Hel"),
            Step::Wait(waiting.clone()),
            text("a", "lo"),
            Event::done(message("a", "Hello")).into(),
        ]
    });
    (server, gate)
}

async fn back(server: &Scripted, after: Option<u64>) -> Result<EventStream, Error> {
    server.turn_events("ann".to_owned(), TURN, after).await
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_is_kept_within_a_second() {
    let (server, gate) = hello(OnDisconnect::Continue);
    let stream = say_hi(&server).await;
    taken(&server, 3).await;
    advance(Duration::from_millis(900)).await;
    assert_eq!(kept(&server), Vec::<String>::new());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(kept(&server), ["a Hel"]);
    gate.open();
    drop(stream);
    ended(&server).await;
    assert_eq!(kept(&server), ["a Hello"]);
    let operations = server.store().operations();
    assert_eq!(
        operations,
        ["begin_turn new", "checkpoint assistant_message", "add_item assistant_message"]
    );
}

#[tokio::test(start_paused = true)]
async fn two_kilobytes_are_kept_at_once() {
    let server = server(OnDisconnect::Continue, || {
        vec![
            Event::added(message("a", "")).into(),
            text("a", &"x".repeat(1_500)),
            text("a", &"y".repeat(600)),
            Step::Hang,
        ]
    });
    let _stream = say_hi(&server).await;
    let began = Instant::now();
    while server.store().operations().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(kept(&server)[0].ends_with("yyy"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_again_when_nothing_is_new() {
    let (server, _gate) = hello(OnDisconnect::Continue);
    let _stream = say_hi(&server).await;
    taken(&server, 3).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(server.store().operations().len(), 2, "the beginning and one checkpoint");
}

#[tokio::test(start_paused = true)]
async fn an_item_that_was_kept_before_it_came_to_nothing_is_deleted() {
    let gate = Gate::closed();
    let waiting = gate.clone();
    let server = with_options(Options::default(), move || {
        let empty = ThreadItemUpdate::ContentPartDone {
            content_index: 0,
            content: AssistantMessageContent::text(""),
        };
        vec![
            Event::added(message("a", "")).into(),
            text("a", "Hel"),
            Step::Wait(waiting.clone()),
            Event::updated("a", empty).into(),
        ]
    });
    let stream = say_hi(&server).await;
    taken(&server, 3).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(kept(&server), ["a Hel"]);
    gate.open();
    assert_eq!(told(stream).await.last().unwrap(), "removed a");
    assert_eq!(kept(&server), Vec::<String>::new());
}

#[tokio::test]
async fn the_end_of_an_answer_and_of_its_turn_are_one_commit() {
    let server = server(OnDisconnect::Cancel, || {
        vec![Event::done(message("a", "one")).into(), Event::done(message("b", "two")).into()]
    });
    server.store().refuse("save_item", || panic!("nothing is saved"));
    assert_eq!(played(&server).await, ["done a one", "done b two"]);
    assert!(server.running_turn(&"ann".to_owned(), THREAD).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_turn_taken_by_another_server_ends_with_an_error_and_writes_nothing_more() {
    let (server, gate) = hello(OnDisconnect::Cancel);
    let stream = say_hi(&server).await;
    taken(&server, 3).await;
    server.store().take_over(TURN);
    gate.open();
    let events = told(stream).await;
    assert_eq!(events.last().unwrap(), "error stream.error - retry=true");
    assert_eq!(kept(&server), Vec::<String>::new());
    assert!(!events.iter().any(|event| event.starts_with("done a")), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_another_servers_ends_a_silent_turn_too() {
    let server = server(OnDisconnect::Cancel, || vec![Step::Hang]);
    let stream = say_hi(&server).await;
    server.store().take_over(TURN);
    let began = Instant::now();
    assert_eq!(told(stream).await.last().unwrap(), "error stream.error - retry=true");
    assert!(began.elapsed() <= Duration::from_secs(6), "the next sign of life tells");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_renewed_is_lost_when_it_is_over() {
    let server = server(OnDisconnect::Cancel, || vec![Step::Hang]);
    server.store().refuse("renew_turns", || crate::StoreError::failed("no line"));
    let stream = say_hi(&server).await;
    let began = Instant::now();
    assert_eq!(told(stream).await.last().unwrap(), "error stream.error - retry=true");
    let took = began.elapsed();
    assert!((LEASE..=LEASE + Duration::from_secs(2)).contains(&took), "{took:?}");
    assert_eq!(server.store().operations(), ["begin_turn new"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_message_waits_for_the_first_ones_answer() {
    let (server, gate) = hello(OnDisconnect::Cancel);
    let first = say_hi(&server).await;
    let body = say(Some(THREAD), "and?");
    let second = send(&server, &body, None);
    let (second, ()) = tokio::join!(second, async {
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert_eq!(server.store().operations().first().unwrap(), "begin_turn new");
        assert_eq!(kept(&server), ["a Hel"], "nothing of the second message is kept yet");
        gate.open();
    });
    assert_eq!(told(first).await.last().unwrap(), "done a Hello");
    gate.open();
    assert_eq!(told(second.unwrap()).await[0], "done msg_2");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waited_too_long_is_refused_and_not_kept() {
    let (server, _gate) = hello(OnDisconnect::Cancel);
    let _first = say_hi(&server).await;
    let began = Instant::now();
    let refused = send(&server, &say(Some(THREAD), "and?"), None).await.err().unwrap();
    assert_eq!((refused.status(), refused.code()), (409, "thread_busy"));
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn by_configuration_a_second_message_is_refused_at_once() {
    let options = Options { when_busy: WhenBusy::Conflict, ..Options::default() };
    let server = with_options(options, || vec![Step::Hang]);
    let _first = say_hi(&server).await;
    let refused = send(&server, &say(Some(THREAD), "and?"), None).await.err().unwrap();
    assert_eq!((refused.status(), refused.code()), (409, "thread_busy"));
}

#[tokio::test]
async fn the_same_key_joins_the_running_turn_and_then_is_told_how_it_went() {
    let (server, gate) = hello(OnDisconnect::Cancel);
    let body = say(None, "hi");
    let first = send(&server, &body, Some("k")).await.unwrap();
    taken(&server, 3).await;
    let second = send(&server, &body, Some("k")).await.unwrap();
    assert_eq!(second.turn_id(), first.turn_id());
    gate.open();
    let (first, second) = tokio::join!(told(first), told(second));
    assert_eq!(first, second, "from the first event on");
    ended(&server).await;
    let third = told(send(&server, &body, Some("k")).await.unwrap()).await;
    assert_eq!(third, ["created thr_1", "done msg_1", "done a Hello"]);
    assert_eq!(server.store().operations()[0], "begin_turn new");
    assert_eq!(server.store().operations().len(), 2, "one turn");
}

#[tokio::test]
async fn a_key_is_good_for_one_request_only() {
    let server = server(OnDisconnect::Cancel, Vec::new);
    told(send(&server, &say(None, "hi"), Some("k")).await.unwrap()).await;
    let refused = send(&server, &say(None, "ho"), Some("k")).await.err().unwrap();
    assert_eq!((refused.status(), refused.code()), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn a_reader_that_comes_back_is_told_just_what_it_missed() {
    let (server, gate) = hello(OnDisconnect::Continue);
    let mut first = say_hi(&server).await;
    for _ in 0..4 {
        first.next().await;
    }
    assert_eq!(first.position(), Some(4));
    drop(first);
    taken(&server, 3).await;
    let second = back(&server, Some(4)).await.unwrap();
    gate.open();
    assert_eq!(told(second).await, ["a +Hel", "a +lo", "done a Hello"]);
}

#[tokio::test]
async fn a_reader_that_knows_nothing_is_told_what_there_is() {
    let (server, gate) = hello(OnDisconnect::Continue);
    drop(say_hi(&server).await);
    taken(&server, 3).await;
    for after in [None, Some(99)] {
        let mut second = back(&server, after).await.unwrap();
        let mut events = Vec::new();
        for _ in 0..3 {
            events.push(brief(&second.next().await.unwrap()));
        }
        assert_eq!(events, ["done msg_1", "cancel? true", "added a Hel"]);
    }
    let second = back(&server, None).await.unwrap();
    gate.open();
    assert_eq!(told(second).await[3..], ["a +lo", "done a Hello"]);
}

#[tokio::test]
async fn a_turn_that_has_ended_is_told_with_its_error() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Event::done(message("a", "Hello")).into(),
            Step::Fail(crate::RespondError::custom("Quota reached", false)),
        ]
    });
    played(&server).await;
    let events = told(back(&server, None).await.unwrap()).await;
    assert_eq!(events, ["done msg_1", "done a Hello", "error custom Quota reached retry=false"]);
}

#[tokio::test]
async fn anothers_turn_is_none() {
    let server = server(OnDisconnect::Continue, || vec![Step::Hang]);
    let _stream = say_hi(&server).await;
    let eve = "eve".to_owned();
    let of = |error: Error| (error.status(), error.code().to_owned(), error.to_string());
    let foreign = of(server.turn_events(eve.clone(), TURN, Some(0)).await.err().unwrap());
    let unknown = of(server.turn_events(eve.clone(), "trn_9", None).await.err().unwrap());
    assert_eq!(foreign, unknown);
    assert_eq!(foreign.0, 404);
    assert_eq!(server.running_turn(&"ann".to_owned(), THREAD).await.unwrap(), TURN);
    assert_eq!(of(server.running_turn(&eve, THREAD).await.unwrap_err()), foreign);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_comes_back_within_the_grace_keeps_the_turn_alive() {
    let (server, gate) = hello(OnDisconnect::Grace(Duration::from_secs(5)));
    drop(say_hi(&server).await);
    taken(&server, 3).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let second = back(&server, None).await.unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    gate.open();
    assert_eq!(told(second).await.last().unwrap(), "done a Hello");
    assert_eq!(kept(&server), ["a Hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_came_back_and_went_again_leaves_the_turn_its_grace() {
    let (server, _gate) = hello(OnDisconnect::Grace(Duration::from_secs(5)));
    drop(say_hi(&server).await);
    taken(&server, 3).await;
    drop(back(&server, None).await.unwrap());
    let began = Instant::now();
    ended(&server).await;
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(kept(&server).len(), 2, "the text and the note");
}

#[tokio::test]
async fn two_readers_hear_the_same_and_a_lazy_second_one_holds_nobody_back() {
    let gate = Gate::closed();
    let waiting = gate.clone();
    let server = with_options(Options::default(), move || {
        let mut steps = vec![Event::added(message("a", "")).into(), Step::Wait(waiting.clone())];
        steps.extend((0..2_000).map(|n| text("a", &format!("{n} "))));
        steps
    });
    let first = say_hi(&server).await;
    taken(&server, 2).await;
    let lazy = back(&server, None).await.unwrap();
    gate.open();
    let events = told(first).await;
    assert_eq!(events.iter().filter(|event| event.starts_with("a +")).count(), 2_000);
    let last = told(lazy).await.pop().unwrap();
    assert!(last.starts_with("error custom The connection was too slow"), "{last}");
}

#[tokio::test]
async fn each_chunk_ends_with_the_number_of_its_last_event() {
    let (server, gate) = hello(OnDisconnect::Continue);
    let mut stream = say_hi(&server).await.into_sse();
    let first = stream.next().await.unwrap();
    let first = std::str::from_utf8(&first).unwrap();
    let lines: Vec<_> = first.lines().filter(|line| line.starts_with("id: ")).collect();
    assert_eq!(lines, ["id: 3"]);
    let last = first.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("id: 3\ndata: {\"type\":\"stream_options\""), "{last}");
    gate.open();
    let rest: Vec<_> = stream.collect().await;
    let rest = String::from_utf8(rest.concat()).unwrap();
    assert_eq!(rest.lines().rfind(|line| line.starts_with("id: ")), Some("id: 7"));
}
