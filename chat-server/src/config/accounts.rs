//! The flags of accounts.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
