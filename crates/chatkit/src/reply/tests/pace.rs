//! How far a writer runs ahead of its reader, and how both end.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use super::*;

/// Counts how often it got to write.
async fn count_up(reply: &Reply, written: &AtomicUsize, times: usize) {
    for _ in 0..times {
        reply.progress("x").await;
        written.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn nothing_is_done_that_nobody_reads() {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let mut events = answer(async move |reply| {
        count_up(&reply, &counter, 1_000).await;
        Ok(())
    });
    assert_eq!(written.load(Ordering::Relaxed), 0, "it began before anybody read");
    events.next().await.unwrap().unwrap();
    let ahead = written.load(Ordering::Relaxed);
    assert!((1..=32).contains(&ahead), "{ahead} ahead");
    assert_eq!(events.by_ref().take(499).count().await, 499);
    assert!(written.load(Ordering::Relaxed) <= 532);
    assert_eq!(events.count().await, 500);
    assert_eq!(written.load(Ordering::Relaxed), 1_000);
}

#[tokio::test]
async fn dropping_the_stream_drops_the_work() {
    let (held, mut dropped) = oneshot::channel::<()>();
    let mut events = answer(async move |reply| {
        reply.progress("x").await;
        let _held = held;
        std::future::pending().await
    });
    events.next().await.unwrap().unwrap();
    assert!((&mut dropped).now_or_never().is_none());
    drop(events);
    dropped.await.unwrap_err();
}

#[tokio::test]
async fn an_error_comes_after_all_that_was_written() {
    let mut events = answer(async |reply| {
        reply.progress("x").await;
        Err(RespondError::custom("Quota reached", true))
    });
    events.next().await.unwrap().unwrap();
    assert_eq!(events.next().await.unwrap().unwrap_err().message.as_deref(), Some("Quota reached"));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn other_tasks_write_too_and_wake_the_reader() {
    let events = written(async |reply| {
        let writing = |reply: Reply, text: &'static str| async move {
            for _ in 0..100 {
                reply.progress(text).await;
                tokio::task::yield_now().await;
            }
        };
        let (a, b) = (writing(reply.clone(), "a"), writing(reply, "b"));
        let tasks = [tokio::spawn(a), tokio::spawn(b)];
        for task in tasks {
            task.await.unwrap();
        }
    })
    .await;
    let of = |text: &str| events.iter().filter(|event| event["text"] == text).count();
    assert_eq!((of("a"), of("b")), (100, 100));
}

#[tokio::test]
async fn a_task_that_outlives_the_answer_is_let_go() {
    let (sender, receiver) = oneshot::channel();
    let events = written(async |reply| {
        sender.send(reply).unwrap();
    })
    .await;
    assert!(events.is_empty());
    let reply = receiver.await.unwrap();
    count_up(&reply, &AtomicUsize::new(0), 100).await;
}

#[tokio::test]
async fn an_empty_answer_ends_at_once() {
    assert!(written(async |_| {}).await.is_empty());
}
