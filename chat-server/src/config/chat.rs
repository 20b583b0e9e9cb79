//! The flags of the chat itself.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use todochat_service::duration;

use super::{AccountArgs, AttachmentArgs, BadgeArgs, ChatUi, ModelArgs, TranscribeArgs};
use crate::agent::Limits;

/// The flags that the chat server and `todochat up` share.
#[derive(Debug, Clone, Args)]
pub struct ChatArgs {
    /// The address people use, without a trailing slash. It is the issuer of our tokens; with
    /// `https` cookies are `Secure`. Default: `http://` and the listening address.
    #[arg(long, env = "TODOCHAT_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Which model answers.
    #[command(flatten)]
    pub model: ModelArgs,
    /// How far one answer may go.
    #[command(flatten)]
    pub limits: Limits,
    /// What badges show.
    #[command(flatten)]
    pub badges: BadgeArgs,
    /// Who may have an account.
    #[command(flatten)]
    pub accounts: AccountArgs,
    /// Files that users add to messages.
    #[command(flatten)]
    pub attachments: AttachmentArgs,
    /// Dictation.
    #[command(flatten)]
    pub transcribe: TranscribeArgs,
    /// Addresses, besides public ones, that models, issuers, tool servers and buckets may resolve to.
    /// May be repeated.
    #[arg(long, env = "TODOCHAT_OUTGOING_ALLOW", value_name = "CIDR", value_delimiter = ',')]
    pub outgoing_allow: Vec<String>,
    /// Messages a minute that each user may send, ChatKit and `/api/chat` together; as many may
    /// come at once.
    #[arg(long, env = "TODOCHAT_RATE_LIMIT_PER_MINUTE", value_name = "N", default_value = "20",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate_limit_per_minute: u32,
    /// Which panel the web app shows.
    #[arg(long, env = "TODOCHAT_CHAT_UI", value_enum, default_value = "builtin")]
    pub chat_ui: ChatUi,
    /// What happens to an answer whose reader went away.
    #[arg(long, env = "TODOCHAT_ON_DISCONNECT", value_enum, default_value = "grace")]
    pub on_disconnect: OnDisconnect,
    /// How long an answer goes on without a reader, with `--on-disconnect grace`.
    #[arg(long, env = "TODOCHAT_DISCONNECT_GRACE", value_name = "DURATION", default_value = "5s",
          value_parser = duration::parse)]
    pub disconnect_grace: Duration,
    /// What happens to a message while the conversation's last one is being answered.
    #[arg(long, env = "TODOCHAT_WHEN_BUSY", value_enum, default_value = "queue")]
    pub when_busy: WhenBusy,
    /// How long a message waits for its turn, with `--when-busy queue`; then it is refused with 409.
    #[arg(long, env = "TODOCHAT_QUEUE_TIME", value_name = "DURATION", default_value = "60s",
          value_parser = duration::parse)]
    pub queue_time: Duration,
    /// How often a stream that has nothing to say shows that it lives, so that proxies keep it open.
    #[arg(long, env = "TODOCHAT_HEARTBEAT", value_name = "DURATION", default_value = "15s",
          value_parser = heartbeat)]
    pub heartbeat: Duration,
    /// Most answers at a time, and as many live feeds; more are refused with 503.
    #[arg(long, env = "TODOCHAT_MAX_STREAMS", value_name = "N", default_value = "10000",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_streams: u32,
    /// File with more rules for the model, said after the built-in ones (UTF-8, at most 64 KiB); read
    /// once, at start.
    #[arg(long, env = "TODOCHAT_SYSTEM_PROMPT_FILE", value_name = "FILE")]
    pub system_prompt_file: Option<PathBuf>,
    /// The user's time zone as the model is told it, an IANA name.
    #[arg(long, env = "TODOCHAT_TIME_ZONE", value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
}

/// What happens to an answer whose reader went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnDisconnect {
    /// It ends at once.
    Cancel,
    /// It runs to its end.
    Continue,
    /// It has `--disconnect-grace` to end.
    Grace,
}

/// What happens to a message while the conversation's last one is being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhenBusy {
    /// It waits for its turn.
    Queue,
    /// It is refused with 409.
    Conflict,
}

impl ChatArgs {
    /// The public URL, without a trailing slash; by default the one of the listening address.
    pub fn public_url(&self, listen: SocketAddr) -> String {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        url.trim_end_matches('/').to_owned()
    }

    /// The policy for a reader that went away, as the ChatKit server takes it.
    pub fn on_disconnect(&self) -> chatkit_server::OnDisconnect {
        match self.on_disconnect {
            OnDisconnect::Cancel => chatkit_server::OnDisconnect::Cancel,
            OnDisconnect::Continue => chatkit_server::OnDisconnect::Continue,
            OnDisconnect::Grace => chatkit_server::OnDisconnect::Grace(self.disconnect_grace),
        }
    }

    /// The policy for a message that comes too soon, as the ChatKit server takes it.
    pub fn when_busy(&self) -> chatkit_server::WhenBusy {
        match self.when_busy {
            WhenBusy::Queue => chatkit_server::WhenBusy::Queue(self.queue_time),
            WhenBusy::Conflict => chatkit_server::WhenBusy::Conflict,
        }
    }
}

/// Often enough for the most impatient proxy, and not all the time.
fn heartbeat(text: &str) -> Result<Duration, String> {
    let every = duration::parse(text).map_err(|error| error.to_string())?;
    let sensible = Duration::from_secs(1)..=Duration::from_mins(10);
    if sensible.contains(&every) { Ok(every) } else { Err("must be 1s to 10m".to_owned()) }
}
