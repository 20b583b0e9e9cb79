//! How far one answer may go.

use std::time::Duration;

use clap::Args;

/// How far one answer may go. Each limit ends in a sentence the person sees.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Limits {
    /// Times the model may be asked for one answer.
    #[arg(long = "agent-model-turns", env = "TODOCHAT_AGENT_MODEL_TURNS", value_name = "N",
          default_value_t = Self::default().model_turns)]
    pub model_turns: usize,
    /// Tool calls for one answer.
    #[arg(long = "agent-tool-calls", env = "TODOCHAT_AGENT_TOOL_CALLS", value_name = "N",
          default_value_t = Self::default().tool_calls)]
    pub tool_calls: usize,
    /// Time for one answer, tools and all.
    #[arg(long = "agent-time", env = "TODOCHAT_AGENT_TIME", value_name = "SECONDS",
          value_parser = seconds, default_value = "120")]
    pub turn: Duration,
    /// Time to the model's first byte, each time it is asked.
    #[arg(long = "model-first-byte", env = "TODOCHAT_MODEL_FIRST_BYTE", value_name = "SECONDS",
          value_parser = seconds, default_value = "30")]
    pub first_byte: Duration,
    /// Longest silence of the model once it has begun.
    #[arg(long = "model-stall", env = "TODOCHAT_MODEL_STALL", value_name = "SECONDS",
          value_parser = seconds, default_value = "30")]
    pub stall: Duration,
    /// Time for one tool call, where --tool-servers-file says nothing else.
    #[arg(long = "tool-time", env = "TODOCHAT_TOOL_TIME", value_name = "SECONDS",
          value_parser = seconds, default_value = "10")]
    pub tool: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            model_turns: 8,
            tool_calls: 20,
            turn: Duration::from_mins(2),
            first_byte: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            tool: Duration::from_secs(10),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero() && *time <= Duration::from_hours(1))
        .ok_or_else(|| "must be more than 0 and at most 3600 seconds".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        limits: Limits,
    }

    #[test]
    fn the_flags_say_what_the_defaults_are() {
        assert_eq!(Program::parse_from(["program"]).limits, Limits::default());
    }

    #[test]
    fn times_may_be_fractions_but_not_nothing() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for bad in ["0", "-1", "NaN", "inf", "3601", "ten", ""] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
