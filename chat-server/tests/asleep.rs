//! A server that stands still for longer than its leases, on the real program and Postgres: a machine that was suspended, a
//! container that was frozen. Another one has taken its turns by then, and when it wakes up, with the rest of the model's words
//! waiting in its sockets, it may not write any of them. Needs `TODOCHAT_TEST_POSTGRES_URL`, which `make test` sets.

#[cfg(test)]
#[path = "asleep/conversation.rs"]
mod conversation;
#[cfg(test)]
#[path = "asleep/model.rs"]
mod model;
#[cfg(test)]
#[path = "asleep/replica.rs"]
mod replica;

use std::time::Duration;

use conversation::{Begun, begin, go_on, items, texts};
use futures_util::future::join_all;
use replica::{PATIENCE, Place};
use rustix::process::Signal;
use tokio::time::timeout;

const SEEDS: usize = 25;

/// From the moment a server stands still until each of its conversations goes on elsewhere.
const FREED: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_server_that_slept_through_its_leases_writes_nothing_when_it_wakes_up() {
    let place = Place::new().await;
    let (sleeper, other) = tokio::join!(place.replica(), place.replica());
    let token = sleeper.sign_up().await;
    let begun = join_all((0..SEEDS).map(|seed| begin(&sleeper, &token, seed))).await;
    let kept = async |thread: &str| {
        while items(&other, &token, thread).await.len() < 2 {}
    };
    let all_kept = join_all(begun.iter().map(|begun| kept(&begun.thread)));
    timeout(PATIENCE, all_kept).await.expect("what was said is kept within a second");

    sleeper.send(Signal::STOP);
    let slept = std::time::Instant::now();
    place.model.says_the_rest();
    let again = join_all(begun.iter().map(|begun| go_on(&other, &token, &begun.thread))).await;
    assert!(slept.elapsed() < FREED, "{:?} until the last of them went on", slept.elapsed());
    for answer in again {
        assert!(answer.contains("\"again\"") && !answer.contains("\"error\""), "{answer}");
    }
    let read = || join_all(begun.iter().map(|begun| items(&other, &token, &begun.thread)));
    let before = read().await;
    for (seed, items) in before.iter().enumerate() {
        assert_eq!(texts(items), [&format!("seed {seed}"), "first ", "again", "again"]);
    }

    sleeper.send(Signal::CONT);
    let threads: Vec<_> = begun.iter().map(|begun| begun.thread.clone()).collect();
    for Begun { answer, .. } in begun {
        let rest = timeout(PATIENCE, answer.text()).await.expect("it ends").unwrap();
        assert!(rest.contains("\"type\":\"error\""), "its reader is told: {rest}");
        assert!(!rest.contains("thread.item.done"), "and not that it is done: {rest}");
    }
    let after = join_all(threads.iter().map(|thread| items(&other, &token, thread))).await;
    assert_eq!(after, before);
    let fresh = go_on(&sleeper, &token, &threads[0]).await;
    assert!(fresh.contains("\"again\""), "it is as good as any other now: {fresh}");
}
