//! Somebody lays hands on the Lease.

use std::time::Duration;

use kube::api::DeleteParams;
use serde_json::json;
use tokio::time::sleep;

use super::pair::Arena;

#[tokio::test]
async fn a_label_on_the_lease_does_not_end_the_leader() {
    let arena = Arena::set().await;
    let a = arena.launch("a").start().await;
    arena.led_by("a").await;
    arena.edit_lease(&json!({"metadata": {"labels": {"looked-at": "by-me"}}})).await;
    sleep(Duration::from_secs(6)).await; // past the next renewal
    arena.led_by("a").await;
    let mark = arena.audit.mark();
    arena.make("web").await;
    arena.acts("a", mark).await;
    assert!(a.status("/livez").await.is_some_and(|status| status.is_success()));
}

#[tokio::test]
async fn a_lease_that_is_given_to_somebody_else_is_lost() {
    let arena = Arena::set().await;
    let a = arena.launch("a").start().await;
    arena.led_by("a").await;
    arena.edit_lease(&json!({"spec": {"holderIdentity": "a-person"}})).await;
    let (ended, log) = a.ended().await;
    assert!(!ended.success(), "it ended well:\n{log}");
    // Whoever was written there does not renew it.
    let _b = arena.launch("b").start().await;
    arena.led_by("b").await;
}

#[tokio::test]
async fn a_lease_that_is_deleted_makes_no_second_leader() {
    let arena = Arena::set().await;
    let _a = arena.launch("a").start().await;
    arena.led_by("a").await;
    let _b = arena.launch("b").start().await;
    arena.follows("b").await;
    arena.leases().delete("todochat-operator", &DeleteParams::default()).await.unwrap();
    // Either may have it in the end; in between there is something to do for whoever thinks that he leads.
    for number in 0..30 {
        arena.make(&format!("web-{number}")).await;
        sleep(Duration::from_millis(300)).await;
    }
    arena.nobody_acted_out_of_turn();
    let lease = arena.leases().get("todochat-operator").await.unwrap();
    assert!(super::pair::holder(Some(&lease)).is_some_and(|holder| holder == "a" || holder == "b"));
}
