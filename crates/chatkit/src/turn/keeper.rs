//! Looks after the turns: tells the store that those of this process live, and puts those in order
//! whose server died.
//!
//! Time is measured here, not compared with a time of day: a lease that could not be renewed for as
//! long as it lasts is lost, whatever the clocks of this and other machines say.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::server::Inner;
use crate::store::chain;
use crate::{Responder, Store};

/// How long a store believes in a turn without a sign of life.
pub const LEASE: Duration = Duration::from_secs(15);

/// How often one is given.
const RENEW: Duration = Duration::from_secs(5);

/// How soon after a sign of life that did not arrive.
const AGAIN: Duration = Duration::from_secs(1);

/// How often dead turns are looked for, at least and at most: replicas that started together shall
/// not look together.
const SWEEP: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));

/// Begins to look after the turns, unless somebody does. It ends with the server.
pub(crate) fn ensure<S: Store, R: Responder<S::Context>>(server: &Arc<Inner<S, R>>) {
    if server.live.is_kept.swap(true, Ordering::AcqRel) {
        return;
    }
    tokio::spawn(renew(Arc::downgrade(server)));
    tokio::spawn(sweep(Arc::downgrade(server)));
}

async fn renew<S: Store, R: Responder<S::Context>>(server: Weak<Inner<S, R>>) {
    let mut renewed = Instant::now();
    let mut next = renewed + RENEW;
    loop {
        sleep_until(next).await;
        let Some(server) = server.upgrade() else { return };
        let asked = Instant::now();
        if ask(&server, (renewed + LEASE).max(asked + AGAIN)).await {
            renewed = asked;
            next = asked + RENEW;
            continue;
        }
        next = Instant::now() + AGAIN;
        if let Some(expired) = Instant::now().checked_sub(LEASE)
            && expired >= renewed
        {
            server.live.lose_older_than(expired);
        }
    }
}

/// Says whether the store has heard.
async fn ask<S: Store, R>(server: &Inner<S, R>, deadline: Instant) -> bool {
    let leases = server.live.leases();
    if leases.is_empty() {
        return true;
    }
    match timeout_at(deadline, server.store.renew_turns(&leases)).await {
        Ok(Ok(lost)) => {
            server.live.lose(&lost);
            true
        }
        Ok(Err(error)) => {
            tracing::warn!(error = %chain(&error), "The leases of running turns were not renewed");
            false
        }
        Err(_) => {
            tracing::warn!("The leases of running turns were not renewed in time");
            false
        }
    }
}

async fn sweep<S: Store, R: Responder<S::Context>>(server: Weak<Inner<S, R>>) {
    loop {
        sleep(pause()).await;
        let Some(server) = server.upgrade() else { return };
        match server.store.sweep_turns().await {
            Ok(0) => {}
            Ok(turns) => tracing::warn!(turns, "Ended turns whose server died"),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "Dead turns could not be looked for");
            }
        }
    }
}

/// Some time between the least and the most.
fn pause() -> Duration {
    let (least, most) = SWEEP;
    let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(1);
    least + Duration::from_millis(RandomState::new().hash_one(0_u8) % span)
}
