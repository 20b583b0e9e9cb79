//! The chat server's flags. Every flag has an environment twin, `TODOCHAT_<FLAG>`; `--help` is the
//! reference, and it is these comments.

mod attachments;
mod badges;

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, ValueEnum, error::ErrorKind,
};
use todochat_database::DatabaseArgs;
use todochat_service::{
    admin::AdminArgs, duration, listener::ListenerArgs, shutdown::ShutdownArgs, telemetry::LogArgs,
};

pub use self::attachments::{
    AttachmentArgs, AttachmentPlace, S3Addressing, S3Args, TranscribeArgs,
};
pub use self::badges::{BadgeArgs, BadgeArguments};
use crate::{
    agent::Limits,
    outgoing::Outgoing,
    tool_servers::{self, ToolServerSettings},
};

/// ChatKit over SSE, accounts, REST, the agent and the web app.
#[derive(Debug, Clone, Parser)]
#[command(name = "todochat-chat-server", version)]
pub struct Config {
    /// The public listener.
    #[command(flatten)]
    pub listener: ListenerArgs,
    /// The admin listener.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// How it ends.
    #[command(flatten)]
    pub shutdown: ShutdownArgs,
    /// Where the data is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Whether to bring the database's schema up to date at start. In a cluster a Job does that
    /// before, with rights that the server does not have.
    #[arg(long, env = "TODOCHAT_MIGRATE", value_name = "BOOL", default_value = "true",
          action = clap::ArgAction::Set)]
    pub migrate: bool,
    /// File with the signing keys of the built-in issuer (JSON, as `todochat up` writes it); read again when it changes.
    #[arg(long, env = "TODOCHAT_SIGNING_KEYS_FILE", value_name = "FILE")]
    pub signing_keys_file: PathBuf,
    /// Where the tools are.
    #[command(flatten)]
    pub tools: ToolArgs,
    /// What the chat itself is told.
    #[command(flatten)]
    pub chat: ChatArgs,
}

/// Where the tools are; one of the two.
#[derive(Debug, Clone, Args)]
#[group(id = "tool-servers", required = true, multiple = false)]
pub struct ToolArgs {
    /// Address of the tool server, e.g. `http://todo-tool-todo:8081/mcp`. It is also the audience of
    /// the tokens minted for it.
    #[arg(long, env = "TODOCHAT_MCP_URL", value_name = "URL")]
    pub mcp_url: Option<String>,
    /// File that names several tool servers (JSON, see docs/api.md); read once, at start.
    #[arg(long, env = "TODOCHAT_TOOL_SERVERS_FILE", value_name = "FILE")]
    pub tool_servers_file: Option<PathBuf>,
}

impl ToolArgs {
    /// The tool servers, judged as far as that can be done without asking them.
    pub fn servers(&self, outgoing: &Outgoing) -> anyhow::Result<Vec<ToolServerSettings>> {
        match &self.tool_servers_file {
            Some(file) => tool_servers::read(file, outgoing),
            None => Ok(self.mcp_url.clone().map(ToolServerSettings::ours).into_iter().collect()),
        }
    }
}

/// Bring the schema up to date, and make the login that the servers use. In a cluster a Job does
/// this before any server of the new version starts.
#[derive(Debug, Clone, Parser)]
#[command(name = "migrate", version)]
pub struct MigrateConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// The database, with a login that owns the schema, or with `--migrator-url-file` one that may make roles.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// File that holds the URL the servers connect with. Its role is made, with its password and
    /// the right to read and write rows and nothing else, or brought to that state.
    #[arg(long, env = "TODOCHAT_RUNTIME_URL_FILE", value_name = "FILE")]
    pub runtime_url_file: Option<PathBuf>,
    /// File that holds the URL to migrate with. Its role is made, with its password, and one that it acts as, which owns the
    /// tables and which nobody logs in as; tables that are there already are given to that one.
    #[arg(
        long,
        env = "TODOCHAT_MIGRATOR_URL_FILE",
        value_name = "FILE",
        requires = "runtime_url_file"
    )]
    pub migrator_url_file: Option<PathBuf>,
    /// How long to wait for the database to accept connections.
    #[arg(long, env = "TODOCHAT_WAIT", value_name = "DURATION", default_value = "60s",
          value_parser = duration::parse)]
    pub wait: Duration,
}

/// Make the login of the servers that is to be used next, or retire the one that was used before it. Neither is ever without
/// the right to log in while servers use it
#[derive(Debug, Clone, Parser)]
#[command(name = "rotate-login", version)]
pub struct RotateLoginConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// The database, with a login that may make others.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// File that holds the URL of the login to make; with `--retire`, of the one that is in use.
    #[arg(long, env = "TODOCHAT_RUNTIME_URL_FILE", value_name = "FILE")]
    pub runtime_url_file: PathBuf,
    /// The login to retire: as soon as it has no session left it may not log in any more.
    #[arg(long, env = "TODOCHAT_RETIRE", value_name = "ROLE")]
    pub retire: Option<String>,
    /// How long to wait for its last session to end.
    #[arg(long, env = "TODOCHAT_GRACE", value_name = "DURATION", default_value = "10m",
          value_parser = duration::parse)]
    pub grace: Duration,
    /// How often its sessions are counted meanwhile.
    #[arg(long, env = "TODOCHAT_PAUSE", value_name = "DURATION", default_value = "2s",
          value_parser = duration::parse)]
    pub pause: Duration,
    /// How long to wait for the database to accept connections.
    #[arg(long, env = "TODOCHAT_WAIT", value_name = "DURATION", default_value = "60s",
          value_parser = duration::parse)]
    pub wait: Duration,
}

/// Take, restore, verify or list backups of the database. It runs beside the programs of PostgreSQL: `install` brings it
/// there.
#[derive(Debug, Clone, Parser)]
#[command(name = "backup", version)]
pub struct BackupConfig {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(flatten)]
    pub backup: todochat_backups::BackupArgs,
}

/// The command line: what to do, with its flags.
///
/// Written by hand, because the flags of serving are required only without a subcommand.
#[derive(Debug, Clone)]
pub enum Cli {
    /// Without a subcommand.
    Serve(Box<Config>),
    /// `migrate`.
    Migrate(Box<MigrateConfig>),
    /// `rotate-login`.
    RotateLogin(Box<RotateLoginConfig>),
    /// `backup`.
    Backup(Box<BackupConfig>),
}

impl Parser for Cli {}

impl CommandFactory for Cli {
    fn command() -> Command {
        Config::command()
            .subcommand(MigrateConfig::command())
            .subcommand(RotateLoginConfig::command())
            .subcommand(BackupConfig::command())
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }

    fn command_for_update() -> Command {
        Self::command()
    }
}

impl FromArgMatches for Cli {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        match matches.subcommand() {
            None => Config::from_arg_matches(matches).map(|config| Self::Serve(config.into())),
            Some(("migrate", matches)) => {
                MigrateConfig::from_arg_matches(matches).map(|config| Self::Migrate(config.into()))
            }
            Some(("rotate-login", matches)) => RotateLoginConfig::from_arg_matches(matches)
                .map(|config| Self::RotateLogin(config.into())),
            Some(("backup", matches)) => {
                BackupConfig::from_arg_matches(matches).map(|config| Self::Backup(config.into()))
            }
            Some(_) => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Cli {
    /// What is logged, and how.
    pub fn log(&self) -> &LogArgs {
        match self {
            Self::Serve(config) => &config.log,
            Self::Migrate(config) => &config.log,
            Self::RotateLogin(config) => &config.log,
            Self::Backup(config) => &config.log,
        }
    }
}

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

/// Which model answers, and how it is reached.
#[derive(Clone, Args)]
pub struct ModelArgs {
    /// Base URL of an OpenAI-compatible API, e.g. `http://127.0.0.1:11434/v1`. Default: OpenAI's
    /// own, when there is a key.
    #[arg(long = "model-base-url", env = "TODOCHAT_MODEL_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// The model's name.
    #[arg(long = "model-name", env = "TODOCHAT_MODEL_NAME", default_value = "gpt-5-mini")]
    pub name: String,
    /// The wire API: `auto` is Responses for OpenAI and Azure, Chat Completions for all others.
    #[arg(long = "model-api", env = "TODOCHAT_MODEL_API", value_enum, default_value = "auto")]
    pub api: ModelApi,
    /// File that holds the API key; read again when it changes.
    #[arg(long = "model-api-key-file", env = "TODOCHAT_MODEL_API_KEY_FILE", value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// The API key itself; from the environment only.
    #[arg(long = "model-api-key", env = "OPENAI_API_KEY", hide = true, hide_env_values = true)]
    pub api_key: Option<String>,
    /// Whether the model is shown pictures that users add to messages. Default: with the Responses API only, because many
    /// servers refuse them.
    #[arg(long = "model-images", env = "TODOCHAT_MODEL_IMAGES", value_name = "BOOL")]
    pub images: Option<bool>,
    /// Without a model: `auto` answers with the offline command mode, `off` refuses with 503.
    #[arg(long, env = "TODOCHAT_OFFLINE_MODE", value_enum, default_value = "auto")]
    pub offline_mode: OfflineMode,
}

/// Who may have an account, and from where.
#[derive(Debug, Clone, Args)]
pub struct AccountArgs {
    /// Who may sign up.
    #[arg(long, env = "TODOCHAT_SIGNUP", value_enum, default_value = "open")]
    pub signup: Signup,
    /// File with one invitation code a line, for `--signup invite`.
    #[arg(long, env = "TODOCHAT_INVITE_CODES_FILE", value_name = "FILE")]
    pub invite_codes_file: Option<PathBuf>,
    /// Sign-ups an hour from one address.
    #[arg(long, env = "TODOCHAT_SIGNUPS_PER_HOUR", value_name = "N", default_value = "60")]
    pub signups_per_hour: u32,
    /// The least number of characters in a password.
    #[arg(long, env = "TODOCHAT_PASSWORD_MIN_LENGTH", value_name = "N", default_value = "8")]
    pub password_min_length: usize,
    /// Whether built-in accounts exist; `false` leaves only external issuers.
    #[arg(long, env = "TODOCHAT_BUILTIN_ACCOUNTS", value_name = "BOOL", default_value = "true",
          action = clap::ArgAction::Set)]
    pub builtin_accounts: bool,
    /// JSON list of external issuers.
    #[arg(long, env = "TODOCHAT_ISSUERS_FILE", value_name = "FILE")]
    pub issuers_file: Option<PathBuf>,
}

/// The wire API of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModelApi {
    /// By the host's name.
    Auto,
    /// OpenAI Responses.
    Responses,
    /// Chat Completions.
    Chat,
}

/// What answers when no model is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OfflineMode {
    /// The offline command mode.
    Auto,
    /// Nothing: 503.
    Off,
}

/// Who may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Signup {
    /// Everybody.
    Open,
    /// Those with a code.
    Invite,
    /// Nobody.
    Disabled,
}

impl Signup {
    /// The word in `/config.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Disabled => "disabled",
        }
    }
}

/// Which panel the web app shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChatUi {
    /// The open element, from this server.
    Builtin,
    /// The closed element, from its vendor's network.
    OpenaiCdn,
    /// None.
    Off,
}

impl ChatUi {
    /// The word in `/config.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::OpenaiCdn => "openai-cdn",
            Self::Off => "off",
        }
    }

    /// Where its script is.
    pub fn script(self) -> Option<&'static str> {
        match self {
            Self::Builtin => Some("/chatkit.js"),
            Self::OpenaiCdn => {
                Some("https://cdn.platform.openai.com/deployments/chatkit/chatkit.js")
            }
            Self::Off => None,
        }
    }
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

impl fmt::Debug for ModelArgs {
    /// Never shows the key.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base_url, name, api, api_key_file, api_key: _, images, offline_mode } = self;
        out.debug_struct("ModelArgs")
            .field("base_url", base_url)
            .field("name", name)
            .field("api", api)
            .field("api_key_file", api_key_file)
            .field("images", images)
            .field("offline_mode", offline_mode)
            .finish_non_exhaustive()
    }
}

impl ModelArgs {
    /// The base URL; an empty one, as some shells leave it, is none.
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|url| !url.trim().is_empty())
    }

    /// The key; an empty one is none.
    pub fn api_key(&self) -> Option<&str> {
        self.api_key.as_deref().filter(|key| !key.trim().is_empty())
    }
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

#[cfg(test)]
mod tests;
