//! Readers that go away, are slow or do not read at all.

use super::*;
use crate::testing::Gate;

/// Text, a pause of two seconds' work, and the rest of the answer.
fn with_gate(on_disconnect: OnDisconnect) -> (Scripted, Gate) {
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

fn deltas(count: usize) -> Vec<Step> {
    let added = Event::added(message("a", "")).into();
    std::iter::once(added).chain((0..count).map(|n| text("a", &format!("{n} ")))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_continues_comes_to_its_end_without_a_reader() {
    let (server, gate) = with_gate(OnDisconnect::Continue);
    drop(say_hi(&server).await);
    tokio::time::advance(Duration::from_hours(1)).await;
    gate.open();
    ended(&server).await;
    assert_eq!(kept(&server), ["a Hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_with_grace_may_come_to_its_end_without_a_reader() {
    let (server, gate) = with_gate(OnDisconnect::Grace(Duration::from_secs(5)));
    drop(say_hi(&server).await);
    taken(&server, 3).await;
    tokio::time::advance(Duration::from_secs(4)).await;
    gate.open();
    ended(&server).await;
    assert_eq!(kept(&server), ["a Hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_grace_is_over_is_cancelled() {
    let (server, _gate) = with_gate(OnDisconnect::Grace(Duration::from_secs(5)));
    let began = tokio::time::Instant::now();
    drop(say_hi(&server).await);
    ended(&server).await;
    assert_eq!(kept(&server)[0], "a Hel");
    assert_eq!(kept(&server).len(), 2, "the text and the note");
    assert!(began.elapsed() >= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_cancelled_ends_at_once() {
    let (server, _gate) = with_gate(OnDisconnect::Cancel);
    let began = tokio::time::Instant::now();
    let stream = say_hi(&server).await;
    taken(&server, 3).await;
    drop(stream);
    ended(&server).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(kept(&server)[0], "a Hel");
}

#[tokio::test]
async fn two_hundred_deltas_arrive_in_order() {
    let server = server(OnDisconnect::Cancel, || deltas(200));
    let events = played(&server).await;
    let expected: Vec<_> = (0..200).map(|n| format!("a +{n} ")).collect();
    assert_eq!(events[1..=200], expected);
    let whole = (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(kept(&server), [format!("a {whole}")]);
}

#[tokio::test]
async fn a_slow_reader_holds_the_responder_back() {
    let server = server(OnDisconnect::Cancel, || deltas(5_000));
    let mut stream = say_hi(&server).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let ahead = *server.responder().taken().borrow();
    assert!(ahead < 400, "{ahead} steps taken though nobody reads");
    let mut seen = 0;
    while let Some(event) = stream.next().await {
        seen += usize::from(brief(&event).starts_with("a +"));
    }
    assert_eq!(seen, 5_000);
}

#[tokio::test]
async fn a_hundred_slow_readers_hold_back_their_own_answers_and_nobody_elses() {
    let server = server(OnDisconnect::Cancel, || deltas(5_000));
    let mut slow = Vec::new();
    for _ in 0..100 {
        slow.push(say_hi(&server).await);
    }
    let read = async |stream: EventStream| {
        let events: Vec<_> = stream.map(|event| brief(&event)).collect().await;
        events.iter().filter(|event| event.starts_with("a +")).count()
    };
    let prompt = read(say_hi(&server).await);
    let prompt = tokio::time::timeout(Duration::from_secs(30), prompt).await;
    assert_eq!(prompt.expect("it waits for nobody"), 5_000);
    let ahead = *server.responder().taken().borrow() - 5_001;
    assert!(ahead < 100 * 400, "{ahead} steps taken though nobody reads");
    for stream in slow {
        assert_eq!(read(stream).await, 5_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_does_not_hold_a_turn_that_continues() {
    let server = server(OnDisconnect::Continue, || {
        let mut steps = deltas(5_000);
        steps.push(Event::done(message("a", "all of it")).into());
        steps
    });
    let stream = say_hi(&server).await;
    ended(&server).await;
    assert_eq!(kept(&server), ["a all of it"]);
    let last = stream.map(|event| brief(&event)).collect::<Vec<_>>().await.pop().unwrap();
    assert_eq!(
        last,
        "error custom The connection was too slow. Reload to see the answer. retry=false"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_counts_as_gone_when_turns_are_cancelled() {
    let server = server(OnDisconnect::Cancel, || deltas(5_000));
    let stream = say_hi(&server).await;
    ended(&server).await;
    assert!(kept(&server)[1].starts_with("shcx_1"));
    drop(stream);
}

#[tokio::test]
async fn a_burst_leaves_in_few_pieces() {
    let server = server(OnDisconnect::Cancel, || deltas(200));
    let pieces: Vec<_> = say_hi(&server).await.into_sse().collect().await;
    let whole = String::from_utf8(pieces.concat()).unwrap();
    assert!(pieces.len() < 20, "{} pieces", pieces.len());
    assert_eq!(whole.matches("data: ").count(), 3 + 1 + 200 + 1);
    assert!(whole.ends_with("\n\n"));
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_says_every_fifteen_seconds_that_it_lives() {
    let server = server(OnDisconnect::Cancel, || vec![Step::Hang]);
    let mut stream = say_hi(&server).await.into_sse();
    stream.next().await.unwrap();
    for _ in 0..3 {
        let before = tokio::time::Instant::now();
        assert_eq!(stream.next().await.unwrap(), ": keepalive\n\n");
        assert_eq!(before.elapsed(), Duration::from_secs(15));
    }
}

#[tokio::test]
async fn a_stream_is_not_ready_before_there_is_something() {
    let server = server(OnDisconnect::Cancel, || vec![Step::Hang]);
    let mut stream = say_hi(&server).await;
    for _ in 0..3 {
        stream.next().await;
    }
    let pending =
        poll_fn(|context| std::task::Poll::Ready(stream.poll_next_unpin(context).is_pending()));
    assert!(pending.await);
}
