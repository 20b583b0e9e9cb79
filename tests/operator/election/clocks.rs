//! The machines of two operators are hours apart.

use std::{path::PathBuf, time::Duration};

use todochat_tests::{cluster::Launch, fault_proxy::FaultProxy};
use tokio::time::sleep;

use super::pair::{Arena, is_act};

/// Its clock is wrong by this.
pub(crate) fn skewed(launch: Launch, by: &str) -> Launch {
    let library = libfaketime();
    let launch = launch.variable("LD_PRELOAD", library.to_str().expect("a path of Debian's"));
    // What runs on is never set by anybody.
    launch.variable("FAKETIME", by).variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}

fn libfaketime() -> PathBuf {
    let folder = format!("/usr/lib/{}-linux-gnu/faketime", std::env::consts::ARCH);
    let library = PathBuf::from(folder).join("libfaketime.so.1");
    assert!(library.exists(), "no {}: install faketime, as tests/run does", library.display());
    library
}

#[tokio::test]
async fn two_hours_between_their_clocks_make_no_second_leader() {
    let arena = Arena::set().await;
    // Past TLS: to a clock that is late the server's certificate is not valid yet.
    let proxy = FaultProxy::start(arena.server).await;
    let launch = |pod, by| skewed(arena.launch_by(proxy.kubeconfig(), pod), by);
    let early = launch("early", "+1h").start().await;
    arena.led_by("early").await;
    let mark = arena.audit.mark();
    let mut late = launch("late", "-1h").start().await;
    // Longer than any Lease lives.
    for number in 0..20 {
        arena.make(&format!("web-{number}")).await;
        sleep(Duration::from_millis(600)).await;
    }
    let acts = arena.asked_by("late", mark).into_iter().filter(is_act).count();
    assert_eq!(acts, 0, "the late one acted beside the early one");
    arena.led_by("early").await;
    // The other way round.
    early.kill().await;
    arena.led_by("late").await;
    let _early = launch("early-again", "+1h").start().await;
    for number in 20..40 {
        arena.make(&format!("web-{number}")).await;
        sleep(Duration::from_millis(600)).await;
    }
    arena.led_by("late").await;
    arena.nobody_acted_out_of_turn();
    late.ready().await;
}
