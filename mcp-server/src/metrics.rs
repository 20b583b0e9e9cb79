//! What the tool server counts, under `todochat_mcp_`. No label ever holds a user, a title or an
//! argument.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// How a call of a tool ended, as the label `outcome` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a result.
    Ok,
    /// With a result that tells the model what to do instead.
    Refused,
    /// The request was no call the caller may make: unknown tool, bound to another call.
    Rejected,
    /// The store did not work.
    Failed,
    /// The client went away.
    Cancelled,
}

impl Outcome {
    const ALL: [Self; 5] = [Self::Ok, Self::Refused, Self::Rejected, Self::Failed, Self::Cancelled];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The tool server's own metrics; HTTP's are kept by `todochat-service`.
#[derive(Debug, Clone)]
pub struct Metrics {
    calls: IntCounterVec,
    call_seconds: HistogramVec,
    tokens_refused: IntCounterVec,
}

impl Metrics {
    /// Registers everything in `registry`.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            calls: IntCounterVec::new(
                Opts::new("todochat_mcp_tool_calls_total", "Tool calls by how they ended."),
                &["tool", "outcome"],
            )?,
            call_seconds: HistogramVec::new(
                HistogramOpts::new("todochat_mcp_tool_call_seconds", "Seconds a tool call took.")
                    .buckets(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0]),
                &["tool"],
            )?,
            tokens_refused: IntCounterVec::new(
                Opts::new("todochat_mcp_tokens_refused_total", "Credentials refused."),
                &["reason"],
            )?,
        };
        let Self { calls, call_seconds, tokens_refused } = metrics.clone();
        registry.register(Box::new(calls))?;
        registry.register(Box::new(call_seconds))?;
        registry.register(Box::new(tokens_refused))?;
        Ok(metrics)
    }

    /// Begins to count the calls of `tool`: of a counter that begins at 1 the first rise is not seen.
    pub(crate) fn begin_at_zero(&self, tool: &str) {
        for outcome in Outcome::ALL {
            self.calls.with_label_values(&[tool, outcome.as_str()]);
        }
    }

    /// One call of `tool` has ended. `tool` is one of our own names, never one a client made up.
    pub(crate) fn called(&self, tool: &str, outcome: Outcome, duration: Duration) {
        self.calls.with_label_values(&[tool, outcome.as_str()]).inc();
        self.call_seconds.with_label_values(&[tool]).observe(duration.as_secs_f64());
    }

    /// A credential was refused.
    pub(crate) fn token_refused(&self, reason: &str) {
        self.tokens_refused.with_label_values(&[reason]).inc();
    }
}
