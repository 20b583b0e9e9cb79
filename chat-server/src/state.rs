//! What every handler is given, and the settings it goes by.

use std::{ops::Deref, sync::Arc, time::Duration};

use todochat_auth::{Issuer, Passwords, Verifier};
use todochat_database::Database;
use todochat_service::{Clock, Ids, shutdown::Shutdown};

use crate::{
    accounts::Revoked,
    agent::{Agent, LlmMode},
    attachments::Attachments,
    chatkit::ChatKit,
    config::{ChatUi, Signup},
    identity::KnownUsers,
    metrics::Metrics,
    streams::Streams,
};

/// What every handler is given. Each request clones it several times, so it is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Inside>);

/// What is in it.
pub struct Inside {
    /// Where everything is kept.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Mints our tokens.
    pub issuer: Issuer,
    /// Verifies everybody's.
    pub verifier: Arc<Verifier>,
    /// Whom external issuers mean.
    pub known_users: KnownUsers,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Sessions that ended while their access tokens were still good.
    pub revoked: Revoked,
    /// The flags, as decisions.
    pub settings: Arc<Settings>,
    /// The ChatKit server.
    pub chat: Arc<ChatKit>,
    /// Files that users add to messages; none when they are off.
    pub attachments: Option<Attachments>,
    /// What answers; none when there is no model and `--offline-mode off`.
    pub agent: Option<Arc<Agent>>,
    /// What is counted.
    pub metrics: Metrics,
    /// The places for answers.
    pub answers: Streams,
    /// The places for live feeds: many pages lie open, and must not keep others from asking.
    pub feeds: Streams,
    /// Ends event streams when the server stops.
    pub shutdown: Shutdown,
}

impl AppState {
    /// Shares it.
    pub fn new(inside: Inside) -> Self {
        Self(Arc::new(inside))
    }
}

impl Deref for AppState {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

/// The flags, as decisions.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address people use, without a trailing slash; also the issuer of our tokens.
    pub public_url: String,
    /// Who may sign up.
    pub signup: Signup,
    /// The codes that `Signup::Invite` asks for.
    pub invite_codes: Vec<String>,
    /// Sign-ups an hour from one address.
    pub signups_per_hour: u32,
    /// The least number of characters in a password.
    pub password_min_length: usize,
    /// Whether built-in accounts exist.
    pub builtin_accounts: bool,
    /// What answers.
    pub llm_mode: Option<LlmMode>,
    /// Which panel the web app shows.
    pub chat_ui: ChatUi,
    /// The user's time zone as the model is told it.
    pub time_zone: String,
    /// How often a silent stream shows that it lives.
    pub heartbeat: Duration,
    /// Whether speech can be turned into text.
    pub dictation: bool,
}

impl Settings {
    /// What the tokens for this server's API have as their audience.
    pub fn api_audience(&self) -> String {
        api_audience(&self.public_url)
    }

    /// Whether cookies may be sent over TLS only.
    pub fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The word for what answers, in `/config.json` and in metrics.
    pub fn llm_mode_word(&self) -> &'static str {
        self.llm_mode.map_or("none", LlmMode::as_str)
    }
}

/// The audience of the API at a public URL.
pub fn api_audience(public_url: &str) -> String {
    format!("{public_url}/api")
}
