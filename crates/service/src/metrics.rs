//! What a program counts about its HTTP traffic.

use std::time::Duration;

use http::{Method, StatusCode};
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Requests, their duration up to the head of the answer, panics and connections of one server.
///
/// Labels are bounded: the route is the template it was registered with, never the path a client
/// sent, and a method nobody knows is `other`.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: IntCounterVec,
    duration: HistogramVec,
    panics: IntCounter,
    open: IntGauge,
    refused: IntCounterVec,
    cut: IntCounterVec,
}

impl HttpMetrics {
    /// Registers the metrics with names that begin with `prefix`, for example `todochat_chat`.
    pub fn register(registry: &Registry, prefix: &str) -> Result<Self, prometheus::Error> {
        let metrics = Self::new(prefix)?;
        // There at 0 from the start: of a counter that begins at 1, the first rise is not seen.
        for reason in ["total", "address"] {
            metrics.refused.with_label_values(&[reason]);
        }
        for reason in ["header", "idle", "write"] {
            metrics.cut.with_label_values(&[reason]);
        }
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.duration.clone()))?;
        registry.register(Box::new(metrics.panics.clone()))?;
        registry.register(Box::new(metrics.open.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.cut.clone()))?;
        Ok(metrics)
    }

    /// Counts without showing it anywhere, for a listener nobody asks about (admin, tests).
    pub fn detached() -> Self {
        Self::new("detached").expect("the names are valid whatever happens at run time")
    }

    fn new(prefix: &str) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| Opts::new(format!("{prefix}_http_{name}"), help);
        let duration = opts(
            "request_duration_seconds",
            "Time from the head of a request to the head of its answer.",
        );
        Ok(Self {
            requests: IntCounterVec::new(
                opts("requests_total", "Requests answered."),
                &["method", "route", "status"],
            )?,
            duration: HistogramVec::new(
                HistogramOpts::from(duration).buckets(SECONDS.to_vec()),
                &["method", "route"],
            )?,
            panics: IntCounter::with_opts(opts("panics_total", "Panics caught in handlers."))?,
            open: IntGauge::with_opts(opts("connections_open", "Connections open now."))?,
            refused: IntCounterVec::new(
                opts("connections_refused_total", "Connections refused because of a cap."),
                &["reason"],
            )?,
            cut: IntCounterVec::new(
                opts("connections_cut_total", "Connections closed because of a time-out."),
                &["reason"],
            )?,
        })
    }

    pub(crate) fn answered(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
    ) {
        let method = known(method);
        self.requests.with_label_values(&[method, route, status.as_str()]).inc();
        self.duration.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    pub(crate) fn opened(&self) {
        self.open.inc();
    }

    pub(crate) fn closed(&self) {
        self.open.dec();
    }

    pub(crate) fn refused(&self, reason: &str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    pub(crate) fn cut(&self, reason: &str) {
        self.cut.with_label_values(&[reason]).inc();
    }
}

fn known(method: &Method) -> &str {
    match method.as_str() {
        name @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => name,
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn names_begin_with_the_prefix_and_labels_are_bounded() {
        let registry = Registry::new();
        let metrics = HttpMetrics::register(&registry, "todochat_chat").unwrap();
        let method = Method::from_bytes(b"BREW").unwrap();
        metrics.answered(&method, "/api/tasks/{id}", StatusCode::OK, Duration::from_millis(2));
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        let line = r#"todochat_chat_http_requests_total{method="other",route="/api/tasks/{id}",status="200"} 1"#;
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn two_servers_share_a_registry_under_different_prefixes() {
        let registry = Registry::new();
        HttpMetrics::register(&registry, "todochat_chat").unwrap();
        HttpMetrics::register(&registry, "todochat_mcp").unwrap();
        assert!(HttpMetrics::register(&registry, "todochat_mcp").is_err());
    }
}
