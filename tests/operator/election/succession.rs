//! The leader goes, in every way that a process can go.

use std::time::Duration;

use rustix::process::Signal;
use todochat_tests::cluster::{Operator, soon};
use tokio::time::sleep;

use super::pair::{Arena, is_act};

/// Two of them; `a` leads.
async fn two(arena: &Arena) -> (Operator, Operator) {
    let leader = arena.launch("a").start().await;
    arena.led_by("a").await;
    let follower = arena.launch("b").start().await;
    arena.follows("b").await;
    (leader, follower)
}

#[tokio::test]
async fn after_a_kill_another_acts_within_ten_seconds() {
    let arena = Arena::set().await;
    let (a, _b) = two(&arena).await;
    let mark = arena.audit.mark();
    a.kill().await;
    arena.make("web").await;
    let took = arena.acts("b", mark).await;
    assert!(took <= Duration::from_secs(10), "{took:?}");
    arena.nobody_acted_out_of_turn();
}

#[tokio::test]
async fn after_sigterm_the_lease_is_given_up_and_another_acts_soon() {
    let arena = Arena::set().await;
    let (a, _b) = two(&arena).await;
    let mark = arena.audit.mark();
    arena.make("before").await;
    arena.acts("a", mark).await;
    let mark = arena.audit.mark();
    a.signal(Signal::TERM);
    arena.make("after").await;
    let took = arena.acts("b", mark).await;
    // How soon is measured in `bench/`; a machine that does much else takes longer, but not as long as a Lease that is left to end.
    assert!(took <= Duration::from_secs(7), "{took:?}");
    let (ended, log) = a.ended().await;
    assert!(ended.success(), "{ended}\n{log}");
    arena.led_by("b").await;
    arena.nobody_acted_out_of_turn();
}

#[tokio::test]
async fn one_that_was_stopped_past_its_lease_writes_nothing_more_and_ends() {
    let arena = Arena::set().await;
    let (a, _b) = two(&arena).await;
    let mark = arena.audit.mark();
    arena.make("before").await;
    arena.acts("a", mark).await;
    arena.is_calm("a").await;
    a.signal(Signal::STOP);
    // What it will hear of first when it goes on.
    for number in 0..8 {
        arena.make(&format!("web-{number}")).await;
    }
    arena.led_by("b").await;
    let mark = arena.audit.mark();
    a.signal(Signal::CONT);
    let (ended, log) = a.ended().await;
    assert!(!ended.success(), "it ended well:\n{log}");
    let acts: Vec<_> = arena.asked_by("a", mark).into_iter().filter(is_act).collect();
    assert!(acts.is_empty(), "{acts:?}");
}

#[tokio::test]
async fn a_leader_renews_every_five_seconds_by_one_request() {
    let arena = Arena::set().await;
    let (_a, _b) = two(&arena).await;
    let mark = arena.audit.mark();
    sleep(Duration::from_secs(16)).await; // this is about time
    let asked = |pod| {
        let all = arena.asked_by(pod, mark).into_iter();
        all.filter(|asked| asked.resource == "leases").map(|asked| asked.verb).collect::<Vec<_>>()
    };
    let (leader, follower) = (asked("a"), asked("b"));
    assert!((3..=4).contains(&leader.len()), "{leader:?}");
    assert!(leader.iter().all(|verb| verb == "update"), "{leader:?}");
    assert!(follower.is_empty(), "who only watches asks nothing: {follower:?}");
    soon("the lease", arena.led_by("a")).await;
}
