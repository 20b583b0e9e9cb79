//! What the chat server counts, under `todochat_chat_`. No label ever holds a user, a title or a
//! text.

mod turns;

use chrono::{DateTime, Utc};
use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use todochat_service::Clock;

use crate::agent::AgentEvent;

pub use self::turns::TurnCounters;

/// The chat server's own metrics; HTTP's are kept by `todochat-service`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Answers by how they ended: `completed`, `failed`, `cancelled`.
    pub answers: IntCounterVec,
    /// Answers under way.
    pub answers_running: IntGauge,
    /// Answers being given to somebody who waits for them: what autoscalers go by.
    pub streams_active: IntGauge,
    /// Live feeds that lie open.
    pub feeds_active: IntGauge,
    /// Most of each of the two at a time.
    pub streams_limit: IntGauge,
    /// Seconds from a message to the first event of its answer that shows something.
    pub first_token_seconds: Histogram,
    /// Tool calls by outcome (`ok`, `error`). Which tool is the tool server's to count: a model may
    /// make up names without end.
    pub tool_calls: IntCounterVec,
    /// Credentials refused, by reason.
    pub tokens_refused: IntCounterVec,
    /// Requests to the model by status; `none` if no answer came: not reached, or given up on.
    pub model_requests: IntCounterVec,
    /// Uploads of files by outcome: `stored`, `refused`, `failed`.
    pub uploads: IntCounterVec,
    /// Verdicts on answers: `positive`, `negative`.
    pub feedback: IntCounterVec,
    build_info: IntGaugeVec,
}

impl Metrics {
    /// Registers everything in `registry`. `llm_mode` is `offline`, `model` or `none`.
    pub fn new(registry: &Registry, llm_mode: &str) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            answers: counters("answers_total", "Answers by how they ended.", &["outcome"])?,
            answers_running: gauge("answers_running", "Answers under way.")?,
            streams_active: gauge("streams_active", "Answers that somebody waits for.")?,
            feeds_active: gauge("feeds_active", "Live feeds that lie open.")?,
            streams_limit: gauge("streams_limit", "Most answers, and most feeds, at a time.")?,
            first_token_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "todochat_chat_first_token_seconds",
                    "Seconds from a message to the first text or badge of its answer.",
                )
                .buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0]),
            )?,
            tool_calls: counters("tool_calls_total", "Tool calls.", &["outcome"])?,
            tokens_refused: counters("tokens_refused_total", "Credentials refused.", &["reason"])?,
            model_requests: counters(
                "model_requests_total",
                "Requests to the model.",
                &["status"],
            )?,
            uploads: counters("uploads_total", "Uploads of files.", &["outcome"])?,
            feedback: counters("feedback_total", "Verdicts on answers.", &["kind"])?,
            build_info: IntGaugeVec::new(
                Opts::new("todochat_chat_build_info", "Always 1; the labels say what runs."),
                &["version", "llm_mode"],
            )?,
        };
        metrics.register(registry)?;
        metrics.begin_at_zero();
        metrics.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), llm_mode]).set(1);
        Ok(metrics)
    }

    /// Begins to count an answer.
    pub fn answer(&self, now: DateTime<Utc>) -> CountedAnswer {
        self.answers_running.inc();
        CountedAnswer { metrics: self.clone(), began: now, shown: false, outcome: "cancelled" }
    }

    /// Of a counter that begins at 1 the first rise is not seen, so these are there from the start.
    fn begin_at_zero(&self) {
        for outcome in ["completed", "failed", "cancelled"] {
            self.answers.with_label_values(&[outcome]);
        }
        for outcome in ["ok", "error"] {
            self.tool_calls.with_label_values(&[outcome]);
        }
        for outcome in ["stored", "refused", "failed"] {
            self.uploads.with_label_values(&[outcome]);
        }
        for kind in ["positive", "negative"] {
            self.feedback.with_label_values(&[kind]);
        }
        for status in ["200", "none"] {
            self.model_requests.with_label_values(&[status]);
        }
    }

    fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self {
            answers,
            answers_running,
            streams_active,
            feeds_active,
            streams_limit,
            first_token_seconds,
            tool_calls,
            tokens_refused,
            model_requests,
            uploads,
            feedback,
            build_info,
        } = self.clone();
        registry.register(Box::new(answers))?;
        registry.register(Box::new(answers_running))?;
        registry.register(Box::new(streams_active))?;
        registry.register(Box::new(feeds_active))?;
        registry.register(Box::new(streams_limit))?;
        registry.register(Box::new(first_token_seconds))?;
        registry.register(Box::new(tool_calls))?;
        registry.register(Box::new(tokens_refused))?;
        registry.register(Box::new(model_requests))?;
        registry.register(Box::new(uploads))?;
        registry.register(Box::new(feedback))?;
        registry.register(Box::new(build_info))
    }
}

/// One answer, counted when it ends: as cancelled unless it said otherwise.
#[derive(Debug)]
pub struct CountedAnswer {
    metrics: Metrics,
    began: DateTime<Utc>,
    shown: bool,
    outcome: &'static str,
}

impl CountedAnswer {
    /// Something happened; the first time is when the user first sees something.
    pub fn saw(&mut self, event: &AgentEvent, clock: &Clock) {
        if !self.shown {
            self.shown = true;
            let waited = (clock.now() - self.began).to_std().unwrap_or_default();
            self.metrics.first_token_seconds.observe(waited.as_secs_f64());
        }
        if let AgentEvent::ToolFinished { is_error, .. } = event {
            let outcome = if *is_error { "error" } else { "ok" };
            self.metrics.tool_calls.with_label_values(&[outcome]).inc();
        }
    }

    /// It ended well.
    pub fn completed(&mut self) {
        self.outcome = "completed";
    }

    /// It ended with an error.
    pub fn failed(&mut self) {
        self.outcome = "failed";
    }
}

impl Drop for CountedAnswer {
    fn drop(&mut self) {
        self.metrics.answers_running.dec();
        self.metrics.answers.with_label_values(&[self.outcome]).inc();
    }
}

fn gauge(name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    IntGauge::new(format!("todochat_chat_{name}"), help)
}

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(format!("todochat_chat_{name}"), help), labels)
}
