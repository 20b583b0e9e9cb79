//! What is counted about requests (prefix `todochat_operator_`).

use std::time::Duration;

use prometheus::{Counter, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use crate::metrics::PREFIX;

/// The counters of requests. Clones count together.
#[derive(Clone, Debug)]
pub struct WriteMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    writes: IntCounterVec,
    throttled: Counter,
    secret_reads: IntCounter,
}

impl WriteMetrics {
    /// Registers them.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            requests: IntCounterVec::new(
                options("api_requests_total", "Requests to the API server, by what became of them"),
                &["verb", "kind", "code"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new(
                    format!("{PREFIX}_api_request_duration_seconds"),
                    "How long the API server took to answer",
                )
                .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0]),
                &["verb"],
            )?,
            writes: IntCounterVec::new(
                options("writes_total", "Writes that succeeded, by kind and what was done"),
                &["kind", "op"],
            )?,
            throttled: Counter::with_opts(options(
                "throttled_seconds_total",
                "Seconds that writes waited for the budget or for a pause of the API server",
            ))?,
            secret_reads: IntCounter::with_opts(options(
                "secret_reads_total",
                "Secrets whose content was read",
            ))?,
        };
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.writes.clone()))?;
        registry.register(Box::new(metrics.throttled.clone()))?;
        registry.register(Box::new(metrics.secret_reads.clone()))?;
        Ok(metrics)
    }

    pub(super) fn waited(&self, wait: Duration) {
        self.throttled.inc_by(wait.as_secs_f64());
    }

    pub(super) fn answered(&self, verb: &str, kind: &str, code: &str, took: Duration) {
        self.requests.with_label_values(&[verb, kind, code]).inc();
        self.seconds.with_label_values(&[verb]).observe(took.as_secs_f64());
    }

    pub(super) fn wrote(&self, kind: &str, op: &str) {
        self.writes.with_label_values(&[kind, op]).inc();
    }

    pub(super) fn read_secret(&self) {
        self.secret_reads.inc();
    }
}

fn options(name: &str, help: &str) -> Opts {
    Opts::new(format!("{PREFIX}_{name}"), help)
}
