//! Logs on standard error: one line each, for people at a terminal, JSON everywhere else.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// What is logged and how; before or after a subcommand.
#[derive(Clone, Debug, clap::Args)]
pub struct LogArgs {
    /// What to log, as in `todochat=debug,warn`
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "TODOCHAT_LOG",
        default_value = "todochat=info,warn"
    )]
    pub log: String,

    /// How to write a log line; auto is pretty on a terminal and JSON otherwise
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "TODOCHAT_LOG_FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise
    Auto,
    /// One JSON object a line
    Json,
    /// One coloured sentence a line
    Pretty,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// `--log` is not a filter.
    #[error("the log filter cannot be read")]
    Filter(#[from] ParseError),
    /// Something else logs in this process already.
    #[error("logging is set up already")]
    Twice(#[from] TryInitError),
}

/// Sends logs, and panics as log lines, to standard error. Called once, by `main`.
pub fn init(args: &LogArgs) -> Result<(), InitError> {
    let LogArgs { log, log_format } = args;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(log)?)
        .with_writer(std::io::stderr);
    if is_pretty(*log_format) {
        builder.with_ansi(std::io::stderr().is_terminal()).finish().try_init()?;
    } else {
        builder.json().flatten_event(true).with_span_list(false).finish().try_init()?;
    }
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn is_pretty(format: LogFormat) -> bool {
    match format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    }
}

/// A panic is one log line like any other, so that it is not lost between JSON lines.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    tracing::error!(
        panic.place = panic.location().map(tracing::field::display),
        panic.backtrace = backtrace.as_ref().map(tracing::field::display),
        "Panicked: {}",
        panic.payload_as_str().unwrap_or("no message"),
    );
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        log: LogArgs,
    }

    #[test]
    fn one_filter_covers_the_house() {
        let Program { log } = Program::parse_from(["program"]);
        assert_eq!(EnvFilter::try_new(&log.log).unwrap().to_string(), "todochat=info,warn");
        assert_eq!(log.log_format, LogFormat::Auto);
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        let log = LogArgs { log: "todochat=loud=very".to_owned(), log_format: LogFormat::Json };
        assert!(matches!(init(&log), Err(InitError::Filter(_))));
    }
}
