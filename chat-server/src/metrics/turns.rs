//! What is counted of turns.

use chatkit_server::TurnState;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// What is counted of turns. Clones count the same.
#[derive(Clone, Debug)]
pub struct TurnCounters {
    ended: IntCounterVec,
    swept: IntCounter,
    sweeps: IntCounter,
}

impl TurnCounters {
    /// Registers them in `registry`.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let ended = Opts::new("todochat_chat_turns_ended_total", "Turns by how they ended.");
        let counters = Self {
            ended: IntCounterVec::new(ended, &["state"])?,
            swept: IntCounter::new(
                "todochat_chat_turns_swept_total",
                "Turns of servers that died, ended by this one.",
            )?,
            sweeps: IntCounter::new(
                "todochat_chat_turn_sweeps_total",
                "Times that this server has looked for turns of servers that died.",
            )?,
        };
        // Of a counter that begins at 1 the first rise is not seen.
        for state in ["done", "failed", "cancelled", "interrupted"] {
            counters.ended.with_label_values(&[state]);
        }
        registry.register(Box::new(counters.ended.clone()))?;
        registry.register(Box::new(counters.swept.clone()))?;
        registry.register(Box::new(counters.sweeps.clone()))?;
        Ok(counters)
    }

    /// A turn of this server has ended.
    pub fn ended(&self, state: TurnState) {
        self.ended.with_label_values(&[state.as_str()]).inc();
    }

    /// This server has looked for turns of dead ones, and ended so many.
    pub fn swept(&self, turns: usize) {
        self.sweeps.inc();
        self.swept.inc_by(u64::try_from(turns).unwrap_or(u64::MAX));
    }
}
