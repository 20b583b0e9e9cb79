//! At rest the operator asks for nothing: the server's own log says so.

use std::{collections::BTreeMap, time::Duration};

use todochat_tests::cluster::{soon, tally};

use crate::scene::Scene;

/// After this long without a request the operator has done what there was to do: a status that may wait does so for a second.
const SETTLED: Duration = Duration::from_millis(1300);

/// Waits until the operator has done what there was to do.
pub(super) async fn settled(scene: &Scene<'_>) {
    soon("the operator's rest", async {
        loop {
            let mark = scene.mark();
            tokio::time::sleep(SETTLED).await;
            if scene.asked(mark).is_empty() {
                return;
            }
        }
    })
    .await;
}

/// What is asked for in this time, but that the Lease is renewed.
pub(crate) async fn asked_in(scene: &Scene<'_>, time: Duration) -> BTreeMap<String, usize> {
    let mark = scene.mark();
    tokio::time::sleep(time).await;
    tally(&scene.asked(mark))
}
