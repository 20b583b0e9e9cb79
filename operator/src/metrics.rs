//! What the operator counts (prefix `todochat_operator_`).
//!
//! Counters are counted where things happen; what is a state (queue, watches, stores, lease, conditions) is read when somebody
//! asks, by [`Live`].

mod credentials;
mod family;
mod live;
mod objects;
mod process;
mod tools;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};

pub use self::live::{Live, Sources};

/// Prefix of every name.
pub(crate) const PREFIX: &str = "todochat_operator";

/// The counters. Clones count together.
#[derive(Clone)]
pub struct Metrics {
    /// Looks at objects, by how they ended: unchanged, changed (more than a status was written), waiting, error.
    pub reconciles: IntCounterVec,
    /// How long the steps of a look take.
    pub step_seconds: HistogramVec,
    /// How long objects stand in the queue.
    pub queue_wait_seconds: Histogram,
    /// Looks that failed, by class.
    pub errors: IntCounterVec,
    /// Children that were put right after somebody had changed them, by kind.
    pub corrections: IntCounterVec,
    /// Children that needed no request, by kind.
    pub skips: IntCounterVec,
    /// Status patches.
    pub status_writes: IntCounter,
    /// Events, by reason.
    pub events: IntCounterVec,
    /// Looks that panicked.
    pub panics: IntCounter,
    /// Credentials that were replaced, and tries that came to nothing.
    pub rotations: IntCounterVec,
    /// Tool servers that were seen to offer other tools than before.
    pub tools_changed: IntCounter,
    /// Rights that the operator lacks, by verb and kind.
    pub rbac_missing: IntGaugeVec,
}

impl Metrics {
    /// Registers them.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            reconciles: counters(
                "reconciles_total",
                "Looks at objects, by how they ended",
                &["result"],
            )?,
            step_seconds: HistogramVec::new(
                options("reconcile_duration_seconds", "How long the steps of a look take"),
                &["step"],
            )?,
            queue_wait_seconds: Histogram::with_opts(options(
                "queue_wait_seconds",
                "How long objects stand in the queue",
            ))?,
            errors: counters(
                "reconcile_errors_total",
                "Looks that failed, by class and step",
                &["class", "step"],
            )?,
            corrections: counters(
                "drift_corrections_total",
                "Children put right after a change by others",
                &["kind"],
            )?,
            skips: counters("noop_skips_total", "Children that needed no request", &["kind"])?,
            status_writes: IntCounter::new(name("status_writes_total"), "Status patches")?,
            events: counters("events_emitted_total", "Events", &["reason"])?,
            panics: IntCounter::new(name("panics_total"), "Looks that panicked")?,
            rotations: counters(
                "credential_rotation_total",
                "Credentials that were replaced, and tries that came to nothing",
                &["credential", "result"],
            )?,
            tools_changed: IntCounter::new(
                name("tools_changed_total"),
                "Tool servers that were seen to offer other tools than before",
            )?,
            rbac_missing: IntGaugeVec::new(
                Opts::new(name("rbac_missing"), "Rights that the operator lacks"),
                &["verb", "kind"],
            )?,
        };
        metrics.register_all(registry)?;
        for result in ["unchanged", "changed", "waiting", "error"] {
            metrics.reconciles.with_label_values(&[result]);
        }
        for (credential, result) in [("login", "done"), ("login", "failed"), ("key", "done")] {
            metrics.rotations.with_label_values(&[credential, result]);
        }
        Ok(metrics)
    }

    fn register_all(&self, registry: &Registry) -> prometheus::Result<()> {
        let Self {
            reconciles,
            step_seconds,
            queue_wait_seconds,
            errors,
            corrections,
            skips,
            status_writes,
            events,
            panics,
            rotations,
            tools_changed,
            rbac_missing,
        } = self.clone();
        registry.register(Box::new(reconciles))?;
        registry.register(Box::new(step_seconds))?;
        registry.register(Box::new(queue_wait_seconds))?;
        registry.register(Box::new(errors))?;
        registry.register(Box::new(corrections))?;
        registry.register(Box::new(skips))?;
        registry.register(Box::new(status_writes))?;
        registry.register(Box::new(events))?;
        registry.register(Box::new(panics))?;
        registry.register(Box::new(rotations))?;
        registry.register(Box::new(tools_changed))?;
        registry.register(Box::new(rbac_missing))
    }
}

fn name(short: &str) -> String {
    format!("{PREFIX}_{short}")
}

fn counters(short: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
    IntCounterVec::new(Opts::new(name(short), help), labels)
}

fn options(short: &str, help: &str) -> HistogramOpts {
    let buckets =
        vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
    HistogramOpts::new(name(short), help).buckets(buckets)
}

#[cfg(test)]
mod tests;
