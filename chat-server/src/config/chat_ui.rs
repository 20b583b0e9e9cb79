//! Which panel the web app shows.

use clap::ValueEnum;

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
