//! What the badge of a tool call shows.

use clap::{Args, ValueEnum};

/// How much of a tool call's arguments its badge shows. What a badge does not show is kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct BadgeArgs {
    /// What the badge of a tool call shows of its arguments. Only that is kept, and it is what `/api/chat` tells of a call.
    #[arg(
        long = "badge-arguments",
        env = "TODOCHAT_BADGE_ARGUMENTS",
        value_enum,
        default_value = "all"
    )]
    pub arguments: BadgeArguments,
    /// The longest text in such arguments, in characters; what is longer is cut. Default: none is cut.
    #[arg(long = "badge-text-length", env = "TODOCHAT_BADGE_TEXT_LENGTH", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub text_length: Option<u32>,
}

/// What a badge shows of a call's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BadgeArguments {
    /// Names and values, as the model wrote them.
    All,
    /// The names, each with `…` as its value.
    Names,
    /// Nothing.
    None,
}
