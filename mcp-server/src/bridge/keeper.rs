//! Keeps the child running.

use std::{sync::Arc, time::Duration};

use prometheus::{IntCounter, Registry};
use rmcp::{Peer, RoleClient};
use todochat_service::chain;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::child::{Child, Greeting};

/// The pause before the child is started again: from the first to the second, doubled each time.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// A child that lived this long is started again as if it were the first.
const STEADY: Duration = Duration::from_mins(1);

/// The line to the child while it serves; none while it is being started.
pub(super) type Live = watch::Receiver<Option<Peer<RoleClient>>>;

/// Starts the child, and starts it again.
pub(super) struct Keeper {
    command: Arc<[String]>,
    live: watch::Sender<Option<Peer<RoleClient>>>,
    starts: IntCounter,
}

impl Keeper {
    pub(super) fn new(
        command: Vec<String>,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let starts = IntCounter::new(
            "todochat_mcp_bridge_child_starts_total",
            "Times the bridged program was started.",
        )?;
        registry.register(Box::new(starts.clone()))?;
        Ok(Self { command: command.into(), live: watch::Sender::new(None), starts })
    }

    /// The line to the child.
    pub(super) fn live(&self) -> Live {
        self.live.subscribe()
    }

    /// Keeps it running until `stop` is cancelled, and ends it then.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let (mut pause, most) = PAUSE;
        let mut greeting = Greeting::Discover;
        while !stop.is_cancelled() {
            let began = Instant::now();
            self.starts.inc();
            let started = tokio::select! {
                started = Child::start(&self.command, greeting) => started,
                () = stop.cancelled() => return,
            };
            match started {
                Ok(child) => self.serve(child, &stop).await,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "The child does not serve");
                    greeting = greeting.other();
                }
            }
            if began.elapsed() > STEADY {
                pause = PAUSE.0;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
            pause = (pause * 2).min(most);
        }
    }

    async fn serve(&self, mut child: Child, stop: &CancellationToken) {
        tracing::info!("The child serves");
        self.live.send_replace(Some(child.peer.clone()));
        let ended = tokio::select! {
            status = child.ended() => Some(status),
            () = stop.cancelled() => None,
        };
        self.live.send_replace(None);
        match ended {
            None => child.end().await,
            Some(Some(status)) => tracing::warn!(%status, "The child has ended: {status}"),
            Some(None) => tracing::warn!("The child fell silent and was killed"),
        }
    }
}
