//! What the chat server counts, under `todochat_chat_`. No label ever holds a user, a title or a
//! text.

use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// The chat server's own metrics; HTTP's are kept by `todochat-service`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Answers by how they ended: `completed`, `failed`, `cancelled`.
    pub answers: IntCounterVec,
    /// Answers under way.
    pub answers_running: IntGauge,
    /// Seconds from a message to the first event of its answer that shows something.
    pub first_token_seconds: Histogram,
    /// Tool calls by tool and outcome (`ok`, `error`).
    pub tool_calls: IntCounterVec,
    /// Credentials refused, by reason.
    pub tokens_refused: IntCounterVec,
    /// Requests to the model by status.
    pub model_requests: IntCounterVec,
    build_info: IntGaugeVec,
}

impl Metrics {
    /// Registers everything in `registry`. `llm_mode` is `offline`, `model` or `none`.
    pub fn new(registry: &Registry, llm_mode: &str) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            answers: counters("answers_total", "Answers by how they ended.", &["outcome"])?,
            answers_running: IntGauge::new(
                "todochat_chat_answers_running",
                "Answers under way.",
            )?,
            first_token_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "todochat_chat_first_token_seconds",
                    "Seconds from a message to the first text or badge of its answer.",
                )
                .buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0]),
            )?,
            tool_calls: counters("tool_calls_total", "Tool calls.", &["tool", "outcome"])?,
            tokens_refused: counters("tokens_refused_total", "Credentials refused.", &["reason"])?,
            model_requests: counters("model_requests_total", "Requests to the model.", &["status"])?,
            build_info: IntGaugeVec::new(
                Opts::new("todochat_chat_build_info", "Always 1; the labels say what runs."),
                &["version", "llm_mode"],
            )?,
        };
        metrics.register(registry)?;
        metrics.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), llm_mode]).set(1);
        Ok(metrics)
    }

    fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self {
            answers,
            answers_running,
            first_token_seconds,
            tool_calls,
            tokens_refused,
            model_requests,
            build_info,
        } = self.clone();
        registry.register(Box::new(answers))?;
        registry.register(Box::new(answers_running))?;
        registry.register(Box::new(first_token_seconds))?;
        registry.register(Box::new(tool_calls))?;
        registry.register(Box::new(tokens_refused))?;
        registry.register(Box::new(model_requests))?;
        registry.register(Box::new(build_info))
    }
}

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(format!("todochat_chat_{name}"), help), labels)
}
